# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Medians, ratios and limits, as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from .measure import Run
from .variants import ALL, BY_HAND, EMPTY, HEALTHY, INCIDENT, TYPED_OVER, Variant

Value = Callable[[Run], float | None]
MIB = 1024 * 1024


def wall(run: Run) -> float | None:
    return run.wall_s


def cpu(run: Run) -> float | None:
    return run.cpu_s


def healthy(run: Run) -> float | None:
    return run.healthy_s


@dataclass(frozen=True)
class Limit:
    """A ratio, and how large it may be. Without a value: not measured."""

    what: str
    most: float
    value: float | None
    rounds: tuple[float, ...] = ()

    @property
    def holds(self) -> bool:
        return self.value is not None and self.value <= self.most

    def line(self) -> str:
        if self.value is None:
            return f"  not measured      ≤ {self.most:.2f}  {self.what}"
        verdict = "holds" if self.holds else "FAILS"
        spread = f"  (by round {spread_of(self.rounds)})" if self.rounds else ""
        return f"  {verdict}  {self.value:9.2f}   ≤ {self.most:.2f}  {self.what}{spread}"


class Figures:
    """The runs that count, by number of targets and variant, in order of their rounds."""

    def __init__(self) -> None:
        self.runs: dict[tuple[int, Variant], list[Run]] = {}
        self.memory: dict[tuple[int, Variant], Run] = {}

    def add(self, targets: int, variant: Variant, run: Run) -> None:
        self.runs.setdefault((targets, variant), []).append(run)

    def values(self, targets: int, variant: Variant, value: Value) -> list[float]:
        found = map(value, self.runs.get((targets, variant), []))
        return [each for each in found if each is not None]

    def middle(self, targets: int, variant: Variant, value: Value) -> float | None:
        found = self.values(targets, variant, value)
        return median(found) if found else None

    def targets(self) -> list[int]:
        return sorted({count for count, _unused in self.runs})

    def per_added(self, variant: Variant, most: int) -> float | None:
        """CPU of one target more, between one target and that many."""
        few, many = self.middle(1, variant, cpu), self.middle(most, variant, cpu)
        return None if few is None or many is None or most <= 1 else (many - few) / (most - 1)

    def ratio(self, what: str, most: float, value: Value, mine: Variant, other: Variant) -> Limit:
        a, b = self.values(1, mine, value), self.values(1, other, value)
        if not a or not b:
            return Limit(what, most, None)
        pairs = tuple(x / y for x, y in zip(a, b, strict=False))
        return Limit(what, most, median(a) / median(b), pairs)

    def limits(self) -> list[Limit]:
        """What the bench must show."""
        most = max(self.targets(), default=1)
        a, b = self.per_added(INCIDENT, most), self.per_added(TYPED_OVER, most)
        added = a / b if a is not None and b else None
        return [
            self.ratio("healthy run / empty playbook", 3.0, wall, HEALTHY, EMPTY),
            self.ratio(
                "to the first healthy reading, ours / shell script",
                1.0, healthy, INCIDENT, BY_HAND,
            ),
            self.ratio(
                "to the first healthy reading, ours / typed over",
                0.4, healthy, INCIDENT, TYPED_OVER,
            ),
            Limit("CPU per added target, ours / typed over", 0.35, added),
        ]  # fmt: skip


def short(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def spread_of(values: Sequence[float]) -> str:
    return f"{short(min(values))}-{short(max(values))}"


def cell(values: Sequence[float]) -> str:
    if not values:
        return f"{'-':>20}"
    spread = f"({spread_of(values)})"
    return f"{short(median(values)):>6} {spread:>13}"


def table(figures: Figures, targets: int) -> Iterator[str]:
    plural = "target" if targets == 1 else "targets"
    yield f"{targets} {plural}: median (min-max)"
    yield f"  {'':30}{'time s':>20}{'first healthy s':>20}{'CPU s':>20}{'peak MiB':>10}{'runs':>6}"
    for variant in ALL:
        runs = figures.runs.get((targets, variant))
        if not runs:
            continue
        columns = "".join(cell(figures.values(targets, variant, v)) for v in (wall, healthy, cpu))
        sampled = figures.memory.get((targets, variant))
        peak = f"{sampled.memory / MIB:.0f}" if sampled and sampled.memory else "-"
        yield f"  {variant.title:30}{columns}{peak:>10}{len(runs):6}"


def text(figures: Figures) -> Iterator[str]:
    for targets in figures.targets():
        yield from table(figures, targets)
        yield ""
    for most in figures.targets():
        for variant in (BY_HAND, TYPED_OVER, INCIDENT):
            if (added := figures.per_added(variant, most)) is not None:
                yield f"  CPU per added target, 1 to {most:2}: {added:6.3f} s  {variant.title}"
    yield "\nLimits (ratio of medians; CPU at the most targets)"
    yield from (limit.line() for limit in figures.limits())

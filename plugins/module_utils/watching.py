# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A watch over time: how many looks failed, and whether its target can still be met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

Finding = Mapping[str, Any]


@dataclass(frozen=True)
class Watch:
    planned: int  # looks
    checks: int = 0
    failed: int = 0
    last_ok: bool | None = None
    last_failure: str = ""
    outages: int = 0  # failures without a break count as one

    def as_data(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def percent(self) -> float:
        return round(100 * self.failed / self.checks, 2) if self.checks else 0.0


def planned(minutes: int, every_seconds: int) -> int:
    """The first look is at once, the last when the time is over."""
    return minutes * 60 // every_seconds + 1


def advance(before: Watch, findings: Sequence[Finding]) -> Watch:
    """One more look. What could not be asked is no proof, and counts as failed."""
    bad = [finding for finding in findings if finding["severity"] in ("crit", "unknown")]
    ok = bool(findings) and not bad
    said = bad[0]["summary"] if bad else ("" if ok else "nothing was read")
    return replace(
        before,
        checks=before.checks + 1,
        failed=before.failed + (not ok),
        last_ok=ok,
        last_failure=said or before.last_failure,
        outages=before.outages + (not ok and before.last_ok is not False),
    )


def lost(watch: Watch, error_percent: int) -> bool:
    """Whether so many failed that the whole time cannot meet the target any more."""
    return 100 * watch.failed > error_percent * watch.planned


def done(watch: Watch) -> bool:
    return watch.checks >= watch.planned


def text(watch: Watch) -> str:
    """What a person reads while waiting."""
    state = "well" if watch.last_ok else watch.last_failure
    failed = f"{watch.failed} failed" if watch.failed else "none failed"
    return f"{watch.checks} of {watch.planned}, {failed}: {state}"


def together(lines: Iterable[Mapping[str, Any]], service: str) -> tuple[int, int]:
    """Looks and failures of earlier watches of this incident, from its journal."""
    checks = failed = 0
    for line in lines:
        if line["type"] == "watch" and line["service"] == service and line["data"]["ended"]:
            checks += line["data"]["checks"]
            failed += line["data"]["failed"]
    return checks, failed

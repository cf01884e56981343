# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is the symptom gone, and does it stay gone? One reading at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import compared

# The first readings follow quickly, so that a person knows at once; later ones spare the server.
PAUSES_S = (0.1, 0.2, 0.5)
LONGEST_PAUSE_S = 1.0
# More than this no reading makes the next one wait.
LONGEST_RESPITE_S = 5.0


@dataclass(frozen=True)
class Progress:
    started: float
    attempts: int = 0
    first_healthy: float | None = None  # of all
    healthy_since: float | None = None  # without a break
    held_s: float = 0.0
    # What a scenario that can tell it said first of how long it would take, and when that was.
    estimate_s: float | None = None
    estimated_at: float | None = None

    @property
    def took_s(self) -> float | None:
        """From the first estimate to the first healthy reading."""
        if self.estimated_at is None or self.first_healthy is None:
            return None
        return self.first_healthy - self.estimated_at


@dataclass(frozen=True)
class Step:
    progress: Progress
    status: str  # waiting, verified, failed
    pause_s: float
    text: str

    @property
    def done(self) -> bool:
        return self.status != "waiting"


def advance(
    before: Progress,
    findings: Sequence[Mapping[str, Any]],
    now: float,
    hold_s: float,
    timeout_s: float,
    estimate_s: float | None = None,
) -> Step:
    """One more reading. No finding at all is no proof."""
    attempts = before.attempts + 1
    if before.estimate_s is None and estimate_s is not None:
        before = replace(before, estimate_s=estimate_s, estimated_at=now)
    healthy = bool(findings) and all(finding["severity"] == "ok" for finding in findings)
    if not healthy:
        progress = replace(before, attempts=attempts, healthy_since=None, held_s=0.0)
        worst = next(
            (finding["summary"] for finding in findings if finding["severity"] != "ok"),
            "nothing was read",
        )
        status = "failed" if now - before.started >= timeout_s else "waiting"
        return Step(progress, status, pause(attempts, timeout_s), worst)
    since = before.healthy_since if before.healthy_since is not None else now
    held = now - since
    progress = replace(
        before,
        attempts=attempts,
        first_healthy=now if before.first_healthy is None else before.first_healthy,
        healthy_since=since,
        held_s=held,
    )
    if held >= hold_s:
        said = f"healthy, held for {held:.1f} s{compared(progress.estimate_s, progress.took_s)}"
        return Step(progress, "verified", 0.0, said)
    return Step(
        progress,
        "waiting",
        min(LONGEST_PAUSE_S, hold_s - held),
        f"healthy, holding {held:.1f} of {hold_s:g} s",
    )


def respite(pause_s: float, took_s: float) -> float:
    """Seconds until the next reading, at least as many as the last one took: where looking costs
    much, or everything is slow already, who looks again and again would be part of the trouble."""
    return max(pause_s, min(took_s, LONGEST_RESPITE_S))


def pause(attempts: int, timeout_s: float) -> float:
    chosen = PAUSES_S[attempts - 1] if attempts <= len(PAUSES_S) else LONGEST_PAUSE_S
    return min(chosen, timeout_s)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a verb has done its work: what must run does, and goes on to, or what was stopped has ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.workload import serves, why_not

# By then a platform that starts an instance again has begun to.
GIVE_UP_S = 5.0
EXPECTED = ("serving", "stopped")
# What the caller of a verb learns of a reading: what a verb can change.
TOLD = ("instances", "desired", "current", "limits")


@dataclass(frozen=True)
class Goal:
    expect: str
    # How many instances there must be, all serving; None for as many as there should be.
    number: int | None = None
    # The only instance that is looked at.
    key: str | None = None


@dataclass(frozen=True)
class Wait:
    """Where a wait stands. `seen` is what runs: when another does, it starts to hold anew."""

    since: float | None = None
    seen: tuple[tuple[str, str | None], ...] = ()
    text: str = ""
    done: bool = False
    # What does not serve has ended, and nothing starts it again: waiting longer changes nothing.
    hopeless: bool = False


def advance(
    before: Wait, reading: Mapping[str, Any], goal: Goal, now: float, hold_s: float
) -> Wait:
    """One more reading. A platform that judges health itself needs no time to be believed."""
    text, chosen = missing(reading, goal), looked_at(reading, goal)
    seen = tuple((one["key"], one["started_at"]) for one in chosen)
    since = before.since if before.since is not None and before.seen == seen else now
    if text:
        ended = goal.expect == "serving" and all_ended(chosen)
        return Wait(
            since if ended else None, seen, text, hopeless=ended and now - since >= GIVE_UP_S
        )
    sure = goal.expect == "stopped" or all(one["ready"] for one in chosen)
    return replace(Wait(since, seen), done=sure or now - since >= hold_s)


def missing(reading: Mapping[str, Any], goal: Goal) -> str:
    """What is not yet as it should be; nothing when it is."""
    if reading["refused"]:
        return str(reading["refused"]["message"])
    chosen = looked_at(reading, goal)
    if goal.expect == "stopped":
        running = [one["name"] for one in chosen if one["state"] != "stopped"]
        return f"{', '.join(running)} still runs" if running else ""
    serving = sum(serves(one) for one in chosen)
    wanted = 1 if goal.key else max(1, goal.number or reading["desired"] or len(chosen))
    if serving < wanted or serving < len(chosen):
        why = f"; {why_not(chosen)[1]}" if serving < len(chosen) or not chosen else ""
        return f"{serving} of {max(wanted, len(chosen))} serve{why}"
    if goal.number is not None and len(chosen) > goal.number:
        return f"there are {len(chosen)}, {len(chosen) - goal.number} too many"
    return ""


def all_ended(chosen: list[Mapping[str, Any]]) -> bool:
    broken = [one for one in chosen if not serves(one)]
    return bool(broken) and all(one["state"] == "stopped" for one in broken)


def looked_at(reading: Mapping[str, Any], goal: Goal) -> list[Mapping[str, Any]]:
    return [one for one in reading["instances"] if goal.key in (None, one["key"])]


def told(reading: Mapping[str, Any]) -> dict[str, Any]:
    return {key: reading[key] for key in TOLD}

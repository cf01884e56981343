# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is the first instance of a new release well, and does it stay so? One reading at a time.

What it does once is enough against it: one that ended and was started again is not tried twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.workload import (
    last_end,
    serves,
    why_not,
)

Reading = Mapping[str, Any]
# What a platform says of an instance that will not come right by itself.
HOPELESS = (
    *("crash_loop", "image_pull", "start_limit_hit", "unit_failed", "oom_killed"),
    *("config_invalid", "port_conflict", "progress_deadline_exceeded"),
)


@dataclass(frozen=True)
class Goal:
    hold_s: float
    patience_s: float  # until it is well for the first time
    key: str | None = None  # of the only instance that is meant; else all that are not
    old: str | None = None  # of this release


@dataclass(frozen=True)
class Trial:
    began: float
    since: float | None = None  # well without a break
    # By key, when it was started and how often it was started again.
    seen: Mapping[str, tuple[str | None, int]] = field(default_factory=dict)
    status: str = "waiting"  # passed, failed
    text: str = ""

    @property
    def done(self) -> bool:
        return self.status != "waiting"


def advance(
    before: Trial, reading: Reading, answer: Mapping[str, Any], goal: Goal, now: float
) -> Trial:
    """`answer` is the reading 'health'; one that cannot be asked, or that is not held against it, is empty."""
    chosen = meant(reading, goal)
    broken = failure(before, reading, chosen)
    if broken:
        return replace(before, status="failed", text=broken)
    seen = {**before.seen, **{one["key"]: moment(one) for one in chosen if serves(one)}}
    missing = lacking(reading, chosen, answer)
    if missing:
        over = now - before.began >= goal.patience_s + (goal.hold_s if before.seen else 0)
        return Trial(before.began, None, seen, "failed" if over else "waiting", missing)
    since = before.since if before.since is not None else now
    held = now - since
    status = "passed" if held >= goal.hold_s else "waiting"
    return Trial(before.began, since, seen, status, f"well for {held:.1f} of {goal.hold_s:g} s")


def meant(reading: Reading, goal: Goal) -> list[Mapping[str, Any]]:
    alive = [one for one in reading["instances"] if one["state"] != "terminating"]
    if goal.key is not None:
        return [one for one in alive if one["key"] == goal.key]
    return [one for one in alive if one["release"] != goal.old]


def moment(one: Mapping[str, Any]) -> tuple[str | None, int]:
    return one["started_at"], one["restarts"]


def failure(before: Trial, reading: Reading, chosen: list[Mapping[str, Any]]) -> str:
    """Why waiting longer is of no use; nothing while it may still come right."""
    keys = {name for one in chosen for name in (one["key"], one["name"])}
    for one in chosen:
        if one["key"] in before.seen and before.seen[one["key"]] != moment(one):
            return f"{one['name']} ended and was started again{last_end(one)}"
        if one["state"] in ("restarting", "stopped"):
            return why_not([one])[1]
    for told in reading["conditions"]:
        if told["reason"] in HOPELESS and told["instance"] in keys:
            return str(told["message"])
    return ""


def lacking(reading: Reading, chosen: list[Mapping[str, Any]], answer: Mapping[str, Any]) -> str:
    if reading["refused"]:
        return str(reading["refused"]["message"])
    if not chosen:
        said = [told["message"] for told in reading["conditions"]]
        return f"no instance of it is there{': ' + said[0] if said else ''}"
    if not all(serves(one) for one in chosen):
        return why_not(chosen)[1]
    if answer.get("reason") not in (None, "ok"):
        return f"{answer['target']}: {answer['message']}"
    return ""

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does it run, on what it runs on? The same judgement for every platform.

A platform's own conditions come first: they say why, where the states of instances only say that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "workload"
# What cannot be read is not known. The platform's own reason stays.
UNREADABLE = (
    "not_managed",
    "host_unreachable",
    "container_runtime_unavailable",
    "service_manager_unavailable",
    "apiserver_unavailable",
    "forbidden",
    "client_missing",
)
# What somebody decided, or has to decide: acting against it is nobody's job here.
HELD = ("masked_by_operator", "paused_by_operator", "paused", "stopped_by_operator")
CRITICAL = (
    "missing",
    "config_invalid",
    "port_conflict",
    "dependency_down",
    "image_pull",
    "unschedulable",
    "oom_killed",  # says why it ends, the next three only that it does
    "crash_loop",
    "start_limit_hit",
    "unit_failed",
    "node_not_ready",
    "progress_deadline_exceeded",
    "stopped",
    "unhealthy",
)
WARNINGS = ("need_daemon_reload", "partial", "starting", "restarted")
REASONS = (*UNREADABLE, *HELD, *CRITICAL, *WARNINGS)


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    refused = reading["refused"]
    if refused:
        return [finding("unknown", refused["reason"], refused["message"])]
    instances, desired = reading["instances"], reading["desired"]
    serving = [one for one in instances if serves(one)]
    wanted = max(desired if desired is not None else len(instances), 1)
    found = [
        one
        for one in (told(condition, serving, wanted) for condition in reading["conditions"])
        if one is not None
    ]
    if not any(one["severity"] == "crit" for one in found):
        found += from_states(instances, serving, wanted)
    if not found:
        return [finding("ok", "ok", summary(serving, wanted), len(serving), "instances", wanted)]
    return sorted(found, key=lambda one: order(one["reason"]))


def serves(one: Mapping[str, Any]) -> bool:
    return one["state"] == "running" and one["ready"] is not False


def order(reason: str) -> int:
    ranked = (*HELD, *CRITICAL, *WARNINGS)
    return ranked.index(reason) if reason in ranked else len(ranked)


def told(condition: Mapping[str, Any], serving: Sequence[Any], wanted: int) -> Finding | None:
    """A cause is critical when it takes the service down, and a warning while enough of it serves."""
    reason = condition["reason"]
    down = len(serving) < wanted
    severity = "crit" if reason in (*CRITICAL, *HELD) and down else "warn"
    return finding(severity, reason, condition["message"], len(serving), "instances", wanted)


def from_states(
    instances: Sequence[Mapping[str, Any]], serving: Sequence[Any], wanted: int
) -> list[Finding]:
    if len(serving) >= wanted:
        return []
    reason, said = why_not(instances)
    if serving:
        text = f"{len(serving)} of {wanted} serve; {said}"
        return [finding("warn", "partial", text, len(serving), "instances", wanted)]
    return [
        finding("warn" if reason == "starting" else "crit", reason, said, 0, "instances", wanted)
    ]


def why_not(instances: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """What the first instance that does not serve is about."""
    broken = [one for one in instances if not serves(one)]
    if not broken:
        return "stopped", "nothing of it runs"
    one = broken[0]
    name, ended = one["name"], last_end(one)
    if one["state"] == "paused":
        return "paused", f"{name} is paused"
    if one["state"] == "restarting":
        # Why it ends says more than that it does.
        why = "oom_killed" if one["oom_killed"] else "crash_loop"
        return why, f"{name} starts and ends again{ended}"
    if one["state"] in ("starting", "pending", "terminating"):
        return "starting", f"{name} is {one['state']}"
    if one["state"] == "running":
        return "unhealthy", f"{name} runs, but its health check fails{ended}"
    return ("oom_killed" if one["oom_killed"] else "stopped"), f"{name} does not run{ended}"


def last_end(one: Mapping[str, Any]) -> str:
    parts = [
        "killed for want of memory" if one["oom_killed"] else "",
        f"exit code {one['exit_code']}" if one["exit_code"] is not None else "",
        f"{one['restarts']} restarts" if one["restarts"] else "",
        one["message"],
    ]
    said = ", ".join(part for part in parts if part)
    return f" ({said})" if said else ""


def summary(serving: Sequence[Mapping[str, Any]], wanted: int) -> str:
    since = min((one["started_at"] for one in serving if one["started_at"]), default=None)
    many = f"{len(serving)} of {wanted} serve"
    return f"{many}, since {since}" if since else many

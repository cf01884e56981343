# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The reading 'health': what was asked, and how the answer compares with the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.health.entry import Health
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt

Reading = dict[str, Any]
KEYS = ("target", "from", "reason", "message", "status", "seconds", "certificate_seconds")
TIMED_OUT = 124
NOT_FOUND = (126, 127)


def not_configured() -> Reading:
    return dict.fromkeys(KEYS) | {"message": ""}


def of_answer(health: Health, answer: Mapping[str, Any]) -> Reading:
    """Held against the catalog: another status or another text is no health."""
    reason, message, status = answer["reason"], answer["message"], answer["status"]
    if reason == "ok" and not accepted(health, status):
        wanted = " or ".join(map(str, health.statuses)) or "200 to 299"
        said = excerpt(answer["body"])
        reason, message = (
            "wrong_status",
            f"{status} instead of {wanted}" + (f": {said}" if said else ""),
        )
    elif reason == "ok" and health.body not in answer["body"]:
        reason, message = "wrong_body", f"the answer does not hold {health.body!r}"
    found = reading(health, reason, message, status, answer["seconds"])
    return {**found, "certificate_seconds": answer.get("certificate_seconds")}


def of_command(health: Health, done: Done, seconds: float) -> Reading:
    reason, message = "ok", ""
    said = excerpt(done.stderr or done.stdout)
    if done.rc == TIMED_OUT:
        reason, message = "timeout", f"no answer within {health.seconds} s"
    elif done.rc in NOT_FOUND:
        reason, message = "client_missing", f"the command cannot be run: {said}"
    elif done.rc:
        reason, message = "command_failed", f"status {done.rc}" + (f": {said}" if said else "")
    elif health.body not in done.stdout:
        reason, message = "wrong_body", f"the answer does not hold {health.body!r}"
    return reading(health, reason, message, None, round(seconds, 4))


def unreachable(health: Health, message: str) -> Reading:
    return reading(health, "host_unreachable", message, None, None)


def reading(
    health: Health, reason: str, message: str, status: int | None, seconds: float | None
) -> Reading:
    return {
        "target": health.target,
        "from": health.place,
        "reason": reason,
        "message": message,
        "status": status,
        "seconds": seconds,
        "certificate_seconds": None,
    }


def accepted(health: Health, status: int | None) -> bool:
    return status in health.statuses if health.statuses else 200 <= (status or 0) <= 299

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is the webhook set as the catalog says, and does Telegram deliver? An error of the past is none of now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp

PROBE = "telegram"
SET_WRONG = ("webhook_missing", "url_differs", "settings_differ")
REASONS = (*SET_WRONG, "delivery_failing", "backlog", "webhook_beside_polling")
Found = list[Finding]


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    if reading["refused"]:
        return []
    now, earlier = reading["webhook"], reading["earlier"]
    pending = now["pending_update_count"]
    falls = earlier is not None and pending < earlier["pending"]
    if reading["expected"] == "polling":
        return beside_polling(now) or backlog(pending, falls, inputs) or fine("it polls", pending)
    return (
        wrong(reading)
        or failing(now, pending, falls, inputs)
        or backlog(pending, falls, inputs)
        or fine(f"the webhook is {now['url']}", pending)
    )


def wrong(reading: Mapping[str, Any]) -> Found:
    now, differing = reading["webhook"], reading["differences"]
    waiting = f"; {now['pending_update_count']} updates wait"
    if not now["url"]:
        return [finding("crit", "webhook_missing", f"no webhook is set{waiting}")]
    if "url" in differing:
        said = f"the webhook is {now['url']} instead of {reading['url']}{waiting}"
        return [finding("crit", "url_differs", said)]
    if differing:
        said = f"the webhook has another {', '.join(differing)} than the catalog{waiting}"
        return [finding("warn", "settings_differ", said)]
    return []


def failing(now: Mapping[str, Any], pending: int, falls: bool, inputs: Mapping[str, Any]) -> Found:
    """With nothing left to deliver, or less than a moment ago, the last error is over."""
    error, recent = now["last_error"], inputs["recent_seconds"]
    if error is None or not pending or falls or error["age_seconds"] > recent:
        return []
    said = (
        f"Telegram cannot deliver, the last time {stamp(error['at'])}: {error['message']}; {pending} updates wait. "
        f"{error['remedy']}"
    )
    return [finding("crit", "delivery_failing", said, pending, "updates", 0)]


def backlog(pending: int, falls: bool, inputs: Mapping[str, Any]) -> Found:
    most = inputs["max_pending"]
    if pending <= most or falls:
        return []
    said = (
        f"{pending} updates wait, and no fewer than a moment ago: the bot is slower than its users"
    )
    return [finding("warn", "backlog", said, pending, "updates", most)]


def beside_polling(now: Mapping[str, Any]) -> Found:
    if not now["url"]:
        return []
    said = f"a webhook is set ({now['url']}), so nothing can poll"
    return [finding("crit", "webhook_beside_polling", said)]


def fine(said: str, pending: int) -> Found:
    return [finding("ok", "ok", f"{said}; {pending} updates wait", pending, "updates", None)]

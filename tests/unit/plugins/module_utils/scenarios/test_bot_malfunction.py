# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is planned for a bot that does not answer its users: the bot before its webhook, and nobody's updates lost."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import instance
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import webhook as webhooks
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils import (
    service_situations as situations,
)

NOW = 1_795_000_000
URL = "https://bot.example.org/hook"
CHECKS = (
    "workload", "health", "dependencies", "bot_api", "bot_endpoint", "bot_webhook", "bot_consumers", "history",
)  # fmt: skip
SET = {"url": URL, "pending_update_count": 0}
FAILING = {
    **SET,
    "pending_update_count": 5,
    "last_error_date": NOW - 10,
    "last_error_message": "Wrong response from the webhook: 502 Bad Gateway",
}
NONE = {"url": "", "pending_update_count": 3}
OTHER = {"url": "https://other.example.org/", "pending_update_count": 3}
COMMANDS = {
    "commands": {"polling_on": ["on"], "polling_off": ["off"], "polling_status": ["status"]}
}
STOPPED = situations.workload(instance("bot-1", "stopped"))
FALLEN_BACK = situations.change("fall_back_to_polling", expires_at="2027-01-01T00:00:00.000000Z")


def telegram(
    info: dict[str, Any], differences: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    return {
        "refused": None, "bot": {"id": 1, "username": "shop_bot"}, "webhook": webhooks.reading(info, NOW),
        "differences": list(differences), "url": URL, "expected": "webhook", "earlier": None, **more,
    }  # fmt: skip


def refused(reason: str) -> dict[str, Any]:
    found = telegram(SET, refused={"reason": reason, "message": f"it is {reason}"})
    return {**found, "webhook": None, "bot": None}


def endpoint(reason: str = "ok", status: int | None = 200) -> dict[str, Any]:
    return {**situations.health(reason, status), "target": URL}


def planned(
    asked: dict[str, Any],
    answers: dict[str, Any] | None = None,
    log: str | None = None,
    catalog: dict[str, Any] | None = None,
    approvals: tuple[str, ...] = (),
    **readings: Any,
) -> list[dict[str, Any]]:
    given = {
        "telegram": asked,
        "bot_endpoint": answers or endpoint(),
        "bot_log": {"conflict": log, "line": "…"},
        **readings,
    }
    return situations.planned(
        "bot_malfunction",
        given,
        kind="bot",
        approve_up_to="safe",
        catalog=COMMANDS if catalog is None else catalog,
        checks=CHECKS,
        approvals=approvals,
    )


WELL = telegram(SET)
SICK = endpoint("wrong_status", 502)
SILENT = endpoint("timeout", None)
EXPIRED = endpoint("tls_expired", None)
UNASKED = endpoint("dns_failure", None)
NO_HEALTH = {"health": {**situations.health(), "target": None, "reason": None}}
RESET, RESTART, FALLBACK = "reset_webhook", "restart_service", "fall_back_to_polling"
AGAIN = {"history": situations.history(situations.change(RESET))}
THRICE = {"history": situations.history(*[situations.change(RESET)] * 3)}
POLLS = (
    {**endpoint(), "target": None},
    {"history": situations.history(pending=[FALLEN_BACK])},
)


@pytest.mark.parametrize(
    ("asked", "answers", "more", "expected"),
    [
        (WELL, endpoint(), {}, []),
        # An error of long ago, or one after which all was delivered, is none of now.
        (telegram({**FAILING, "last_error_date": NOW - 601}), endpoint(), {}, []),
        (telegram({**FAILING, "pending_update_count": 0}), endpoint(), {}, []),
        (telegram(FAILING, earlier={"pending": 6}), endpoint(), {}, []),
        (telegram(FAILING, earlier={"pending": 5}), endpoint(), {}, [(RESET, "planned")]),
        (telegram(NONE, ("url",)), endpoint(), {}, [(RESET, "planned")]),
        (telegram(OTHER, ("url",)), endpoint(), {}, [(RESET, "planned")]),
        (telegram(SET, ("max_connections",)), endpoint(), {}, [(RESET, "planned")]),
        # The bot first.
        (telegram(FAILING), SICK, {}, [(RESTART, "planned")]),
        (telegram(FAILING), SILENT, {"workload": STOPPED}, [("start_service", "planned")]),
        (telegram(NONE, ("url",)), SICK, {}, [(RESTART, "planned"), (RESET, "planned")]),
        (WELL, SILENT, NO_HEALTH, [(RESTART, "planned")]),
        # What lies before it, and its own settings.
        (WELL, SILENT, {}, [(RESTART, "refused"), (FALLBACK, "needs_approval")]),
        (WELL, EXPIRED, {}, [(RESTART, "refused"), (FALLBACK, "needs_approval")]),
        (WELL, EXPIRED, {"approvals": (FALLBACK,)}, [(RESTART, "refused"), (FALLBACK, "planned")]),
        (WELL, EXPIRED, {"catalog": {}}, [(RESTART, "refused"), (FALLBACK, "refused")]),
        (WELL, endpoint("wrong_status", 404), {}, [(RESTART, "refused"), (FALLBACK, "needs_approval")]),
        (WELL, endpoint("wrong_status", 401), {}, [(RESTART, "refused")]),
        (WELL, SICK, {"approvals": (FALLBACK,)}, [(FALLBACK, "planned"), (RESTART, "not_needed")]),
        (telegram(FAILING), endpoint(), {"approvals": (FALLBACK,)}, [(FALLBACK, "planned")]),
        # Nobody could ask the bot.
        (telegram(FAILING), UNASKED, {}, [(RESET, "refused")]),
        (telegram(NONE, ("url",)), UNASKED, {}, [(RESET, "planned")]),
        # Telegram turns us away.
        (refused("bad_token"), endpoint(), {}, [(RESTART, "refused")]),
        (refused("bad_token"), SICK, {"workload": STOPPED}, [(RESTART, "refused")]),
        (refused("rate_limited"), endpoint(), {}, []),
        (refused("unreachable"), SICK, {}, [(RESTART, "planned")]),
        (refused("unreachable"), EXPIRED, {}, [(RESTART, "refused")]),
        # Somebody else is at it.
        (telegram(FAILING), SICK, {"log": "two_consumers"}, [(RESTART, "refused")]),
        (telegram(FAILING), endpoint(), {"log": "polls_beside_webhook"}, [(RESET, "planned")]),
        (telegram(OTHER, ("url",)), endpoint(), AGAIN, [(RESET, "refused")]),
        (telegram(FAILING), endpoint(), AGAIN, [(RESET, "planned")]),
        (telegram(FAILING), endpoint(), THRICE, [(RESET, "refused")]),
        # It polls, as a runbook made it.
        (telegram(NONE, expected="polling"), *POLLS, []),
        (telegram(SET, expected="polling"), *POLLS, []),
    ],
)  # fmt: skip
def test_plans(
    asked: dict[str, Any], answers: dict[str, Any], more: dict[str, Any], expected: list[Any]
) -> None:
    assert situations.short(planned(asked, answers, **more)) == expected


def test_a_fallback_says_how_it_is_undone() -> None:
    catalog = {"telegram": {"polling_env": {"BOT_MODE": "polling"}}}
    (_restart, entry) = planned(WELL, endpoint("tls_failed", None), catalog=catalog)
    assert entry["parameters"] == {"by": "environment", "environment": {"BOT_MODE": "polling"}}
    how = entry["undo"]["how"]
    assert how["action"] == "return_to_webhook" and how["on_expiry"] == "page"
    assert how["parameters"] == {"by": "environment", "environment": {"BOT_MODE": None}}


def test_a_platform_that_cannot_set_variables_is_said() -> None:
    catalog = {"telegram": {"polling_env": {"BOT_MODE": "polling"}}}
    known = situations.workload(obstacles={"set_env": "its platform is a set of commands"})
    found = planned(WELL, endpoint("tls_failed", None), catalog=catalog, workload=known)
    assert (found[1]["status"], found[1]["why"]) == ("refused", "its platform is a set of commands")

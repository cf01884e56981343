# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Telegram bot does not answer its users.

The bot comes first: one that does not run, or takes no update, is started or restarted. When it
takes them and Telegram still does not deliver, the webhook is set again with all its settings. Where
Telegram cannot get through, the bot may fetch its updates instead, when approved. No update is
ever dropped, and a bot that somebody else uses, too, is left alone.
"""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.bot_webhook import SET_WRONG
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    polling,
    restarts,
    symptoms,
    variables,
)

KIND = "bot"
INPUTS = (
    Input(
        "recent_seconds",
        600,
        10,
        86400,
        "seconds",
        "an error of Telegram's counts while it is younger than this",
    ),
    Input(
        "max_pending", 100, 0, 1000000, "updates", "warn when more of them wait, and do not fall"
    ),
    variables.expiry(240),
    variables.MAX_RESTARTS,
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = actions.some("start_service", "restart_service", "reset_webhook", "fall_back_to_polling")
BOT = ("bot_api", "bot_webhook", "bot_endpoint", "bot_consumers")
# What the process itself may be to blame for.
OF_THE_PROCESS = ("server_error", "connection_refused", "timeout", "reset", "bad_answer")
# The question did not reach the bot, so its own health says who is to blame.
BEFORE_IT = ("connection_refused", "timeout", "reset")
LEFT_ALONE = {
    "bad_token": "Telegram refuses the token: put the present one into the catalog and into the bot's own settings",
    "not_found": "nothing answers as a Bot API for this token: look at telegram.base_url and at the token",
    "two_consumers": "another program takes the updates of the same bot (two_consumers): find and stop that one; "
    "neither a restart nor a webhook changes that",
}
NO_RESTART = {
    "secret_refused": "it takes another secret than the catalog's: compare the bot's own setting with "
    "telegram.secret_file, and set the webhook again then (telegram_webhook with update_secret=always)",
    "wrong_path": "nothing answers below this path: look at telegram.url, and at the routing of the proxy before it",
    "wrong_status": "it answers what is neither a success nor a failure of its own: look at the bot's log",
    "unreachable": "the network does not lead there",
}


def proof(findings: list[Finding]) -> list[Finding]:
    return symptoms.proof(findings) + [f for f in findings if f["check"] in BOT]


def plan(situation: Situation) -> list[Entry]:
    for check in ("bot_api", "bot_consumers"):
        found = situation.finding(check)
        if found and found["reason"] in LEFT_ALONE:
            return [left_alone(situation, found)]
    process = symptoms.symptom(situation)
    endpoint = situation.finding("bot_endpoint")
    failing = endpoint if endpoint and endpoint["severity"] == "crit" else None
    first = process or failing
    if first is None:
        return webhook(situation, endpoint)
    brought_back = process_first(situation, process) if process else through(situation, first)
    return [*brought_back, *missing_too(situation, brought_back)]


def left_alone(situation: Situation, found: Finding) -> Entry:
    return propose(
        "restart_service",
        situation.service,
        found,
        f"restart {situation.service}",
        "refused",
        f"a restart would not help: {LEFT_ALONE[found['reason']]}",
    )


def process_first(situation: Situation, process: Finding) -> list[Entry]:
    """Until it runs, nobody knows whether it would take an update."""
    if process["reason"] == "stopped":
        return [restarts.start(situation, process)]
    return [restarts.restart(situation, process)]


def through(situation: Situation, endpoint: Finding) -> list[Entry]:
    """It runs, and takes no update: a restart where that may help, and the other way round for the updates."""
    restart = restarts.restart(situation, endpoint)
    why = not_the_process(situation, endpoint)
    if why and restart["status"] == "planned":
        restart.update(status="refused", why=why)
    if situation.readings["telegram"]["webhook"] is None:
        return [restart]  # nobody knows what is set, so nothing of it is touched
    if restart["status"] == "refused" and endpoint["reason"] != "secret_refused":
        return [restart, polling.fall_back(situation, endpoint, "planned", "")]
    if situation.approved(polling.FALLBACK):
        asked = polling.fall_back(situation, endpoint, "planned", "")
        if asked["status"] == "planned":
            restart.update(status="not_needed", why="it polls instead, as approved")
        return [asked, restart]
    return [restart]


def not_the_process(situation: Situation, endpoint: Finding) -> str:
    reason = endpoint["reason"]
    if reason in NO_RESTART:
        return f"a restart would not help: {NO_RESTART[reason]}"
    healthy = (situation.readings.get("health") or {}).get("reason") == "ok"
    if reason in BEFORE_IT and healthy:
        return (
            "a restart would not help: the bot itself is well, so what lies before it is not; look at the proxy, the "
            "firewall and the address"
        )
    return ""


def missing_too(situation: Situation, brought_back: list[Entry]) -> list[Entry]:
    """A webhook that is not set as it should be is set in the same run, after the bot was brought back."""
    found = situation.finding("bot_webhook")
    comes_back = any(
        one["status"] == "planned" and one["action"] in ("start_service", "restart_service")
        for one in brought_back
    )
    if found and found["reason"] in SET_WRONG and comes_back:
        return [polling.reset(situation, found)]
    return []


def webhook(situation: Situation, endpoint: Finding | None) -> list[Entry]:
    """The bot is well; so it is between Telegram and it."""
    found = situation.finding("bot_webhook")
    if found is None or found["reason"] not in (*SET_WRONG, "delivery_failing"):
        return []
    if situation.approved(polling.FALLBACK):
        return [polling.fall_back(situation, found, "planned", "")]
    entry = polling.reset(situation, found)
    if found["reason"] == "delivery_failing" and (endpoint is None or endpoint["severity"] != "ok"):
        entry.update(
            status="refused",
            why="nobody knows whether the bot takes an update, so setting its webhook again may not help; see that "
            "telegram.endpoint can be asked from here",
        )
    return [entry]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A bot's webhook set anew, or given up for a time: proposed, or refused with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.bot_webhook import SET_WRONG
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.services import symptoms
from ansible_collections.oncall.runbooks.plugins.module_utils.services.modes import MODES

RESET, FALLBACK, RETURN = "reset_webhook", "fall_back_to_polling", "return_to_webhook"
# One that is changed again within the hour is changed by somebody.
RESETS_MAX = 3
NOT_READABLE = "the secret of the webhook before cannot be read, so nobody can set that one again"
MODE = MODES["polling"]


def reset(situation: Situation, found: Finding) -> Entry:
    now = situation.readings["telegram"]["webhook"]
    why = symptoms.first(
        symptoms.in_maintenance(situation), symptoms.held(situation), again(situation, found)
    )
    waiting = now["pending_update_count"]
    return propose(
        RESET,
        situation.service,
        found,
        f"set the webhook of {situation.service} again with all its settings; {waiting} updates that wait are kept",
        "refused" if why else "planned",
        why,
        before={key: now[key] for key in ("url", "pending_update_count", "last_error")},
        undo={"none": NOT_READABLE},
    )


def again(situation: Situation, found: Finding) -> str:
    done = [one for one in symptoms.history(situation) if one["action"] == RESET]
    if done and found["reason"] in SET_WRONG:
        return (
            f"a runbook set it within the last hour ({done[-1]['incident']}), and somebody changed it since: another "
            "program or deployment uses the same token (two_consumers); find and stop that one first"
        )
    if len(done) >= RESETS_MAX:
        return f"runbooks set it {len(done)} times within the last hour, and Telegram still cannot deliver"
    return ""


def fall_back(situation: Situation, found: Finding, status: str, why: str) -> Entry:
    """Telegram keeps the updates until the bot fetches them."""
    way = way_of(situation)
    refused = symptoms.first(
        symptoms.forbidden(situation), lacking(situation, way), already_polls(situation)
    )
    variables = polling_env(situation)
    switch: dict[str, Any] = {"by": way, "environment": variables}
    taken_out = {"by": way, "environment": dict.fromkeys(variables)}
    return propose(
        FALLBACK,
        situation.service,
        found,
        f"fall back to polling: remove the webhook of {situation.service}, and let the bot fetch its updates",
        "refused" if refused else status,
        refused or why,
        switch,
        {"url": situation.readings["telegram"]["webhook"]["url"]},
        {
            "how": {
                "action": RETURN,
                "parameters": taken_out,
                "summary": f"let {situation.service} be sent its updates again, by its webhook",
                "on_expiry": "page",
            }
        },
        situation.inputs["expires_minutes"],
    )


def polling_env(situation: Situation) -> dict[str, str]:
    section: Mapping[str, Any] = situation.catalog.get("telegram") or {}
    return {str(name): str(value) for name, value in (section.get("polling_env") or {}).items()}


def way_of(situation: Situation) -> str:
    return "environment" if polling_env(situation) else "command"


def lacking(situation: Situation, way: str) -> str:
    path = f"runbooks_services.{situation.service}"
    if way == "environment":
        return symptoms.obstacle(situation, "set_env")
    commands = situation.catalog.get("commands") or {}
    missing = [name for name in (MODE.enter, MODE.leave, MODE.status) if not commands.get(name)]
    if not missing:
        return ""
    return (
        f"removing the webhook does not make a bot poll, and the catalog does not say how it is switched; for example "
        f"{path}.telegram.polling_env: {{BOT_MODE: polling}}, or {path}.commands with {', '.join(missing)}"
    )


def already_polls(situation: Situation) -> str:
    if situation.readings["telegram"]["expected"] == "polling":
        return "it polls already"
    return ""

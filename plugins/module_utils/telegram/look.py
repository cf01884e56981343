# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who the bot is, and how its webhook is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import webhook
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.client import (
    Api,
    cleaned,
    known,
)


def at(
    api: Api, now: float, secrets: Sequence[str], wanted: webhook.Settings | None = None
) -> dict[str, Any]:
    bot, info = api.call("getMe"), api.call("getWebhookInfo")
    if not isinstance(bot, dict) or not isinstance(info, dict):
        raise known("bad_answer")
    told = {
        "id": webhook.whole(bot.get("id")),
        "username": cleaned(str(bot.get("username") or ""), secrets),
        "first_name": cleaned(str(bot.get("first_name") or ""), secrets),
    }
    found: dict[str, Any] = {"bot": told, "webhook": webhook.reading(info, now, secrets)}
    if wanted is not None:
        found["differences"] = webhook.differences(info, wanted)
    return found

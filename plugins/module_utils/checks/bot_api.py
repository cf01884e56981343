# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does Telegram know the bot, and answer for it? When it cannot be asked, nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.client import REASONS as TOLD

PROBE = "telegram"
# A token that is refused is a fact; that nobody answers is none about the bot.
WRONG = ("bad_token", "not_found")
REASONS = (*TOLD, "rate_limited", "bad_request")


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    refused = reading["refused"]
    if refused:
        severity = "crit" if refused["reason"] in WRONG else "unknown"
        return [finding(severity, refused["reason"], refused["message"])]
    return [finding("ok", "ok", f"Telegram knows it as @{reading['bot']['username']}")]

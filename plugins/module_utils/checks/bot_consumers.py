# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does another program take the same bot's updates? Telegram tells the one that loses, so the log is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "bot_log"
REASONS = ("two_consumers", "polls_beside_webhook")
SEVERITY = {"two_consumers": "crit", "polls_beside_webhook": "warn"}


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    conflict = reading["conflict"]
    if conflict is None:
        return []
    said = f"the bot's log says: {reading['line']}"
    return [finding(SEVERITY[conflict], conflict, said)]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a bot's log says of another one that takes its updates; Telegram tells only the one that loses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.client import cleaned

LINES = 100
MINUTES = 10
CONFLICTS = (
    ("two_consumers", re.compile(r"Conflict: terminated by other getUpdates", re.IGNORECASE)),
    (
        "polls_beside_webhook",
        re.compile(r"Conflict: can't use getUpdates method while webhook", re.IGNORECASE),
    ),
)
NOTHING: dict[str, Any] = {"conflict": None, "line": ""}


def reading(text: str, secrets: Sequence[str]) -> dict[str, Any]:
    """The newest line that tells of a conflict."""
    for line in reversed(text.splitlines()[-LINES:]):
        for conflict, pattern in CONFLICTS:
            if pattern.search(line):
                return {"conflict": conflict, "line": cleaned(line, secrets)}
    return dict(NOTHING)

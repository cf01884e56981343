# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a server did not serve us: a reason, and one line that may be shown to anybody."""

from __future__ import annotations

import re
from dataclasses import dataclass

MESSAGE_MAX = 300
SECRETS = (
    (re.compile(r"(password|passwd|pwd)(\s*[=:]\s*)('[^']*'|\S+)", re.IGNORECASE), r"\1\2***"),
    (re.compile(r"(\w+://)[^\s/@]+@"), r"\1***@"),
)


@dataclass(frozen=True)
class Refusal:
    """Why, from a closed list, and one line that may be shown to anybody."""

    reason: str
    message: str


class Refused(Exception):
    """The server, or what lies before it, did not do what was asked."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def safe(text: str, secret: str | None = None) -> str:
    """One line without control characters or passwords, of bounded length."""
    if secret:
        text = text.replace(secret, "***")
    for pattern, replacement in SECRETS:
        text = pattern.sub(replacement, text)
    text = " ".join(text.split())
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= MESSAGE_MAX else text[: MESSAGE_MAX - 1] + "…"

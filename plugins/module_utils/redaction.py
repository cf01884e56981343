# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text of programs (a log, an answer) without what may be a secret, and in bounds.

Nobody can know every secret by its looks. What is left out: passwords in addresses, what follows
a name that speaks of a secret, bearer and basic credentials, private keys, tokens of known shapes.
"""

from __future__ import annotations

import re

HIDDEN = "***"
EXCERPT_MAX = 200
LINE_MAX = 2000
_WORDS = "pass(?:word|wd|phrase)?|pwd|secret|token|credentials?|(?:api|access|private)_?key|cookie"
_NAME = rf"[\w.-]*(?:{_WORDS})[\w.-]*"
_RULES = (
    # Also when the log was cut off before the key's end.
    (
        re.compile(
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
            re.DOTALL,
        ),
        HIDDEN,
    ),
    (re.compile(r"(://)[^\s/@]+@"), rf"\1{HIDDEN}@"),
    (
        re.compile(
            r"(?i)\b(authorization\W{1,4}(?:bearer|basic|token)?\s*|bearer\s+)[\w.~+/=-]{6,}"
        ),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(rf"(?i)([\"']?{_NAME}[\"']?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&}}]+)"),
        rf"\1{HIDDEN}",
    ),
    # A bot's token, a JSON web token, and what well-known services give out.
    (
        re.compile(r"(?:(?<=bot)\d{1,17}|(?<!\d)\d{6,12})(?::|%3[Aa])[\w-]{30,}"),
        HIDDEN,
    ),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), HIDDEN),
    (
        re.compile(
            r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\b(?:gh[pousr]_|xox[abprs]-|sk_live_|sk-)[\w-]{10,}"
        ),
        HIDDEN,
    ),
)


def redact(text: str) -> str:
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text


def excerpt(text: str, longest: int = EXCERPT_MAX) -> str:
    """One printable line of it."""
    line = " ".join("".join(c if c.isprintable() else " " for c in redact(text)).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def lines(text: str, most: int) -> list[str]:
    """The last lines, each bounded."""
    return [line[:LINE_MAX] for line in redact(text).splitlines()[-most:]]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why Telegram could not deliver, in its own words, and what helps against that."""

from __future__ import annotations

import re

# The first that fits. Cause, pattern of `last_error_message`, and the remedy.
EXPLAINED = (
    (
        "certificate",
        r"ssl|certificate|tls",
        "the certificate does not convince Telegram: serve the full chain, renew it, and see that the name "
        "fits; setting the webhook again does not help",
    ),
    (
        "refused_by_bot",
        r"\b(401|403)\b|unauthorized|forbidden",
        "the bot does not take the secret, or a firewall is in the way: set the webhook again with the secret "
        "that the bot knows",
    ),
    ("path", r"\b404\b|not found", "nothing is there: look at the path, and at the routing of the proxy before it"),
    (
        "upstream",
        r"\b5\d\d\b|bad gateway|service unavailable|internal server error|gateway time",
        "the proxy has no bot behind it, or the bot fails: start or restart the bot",
    ),
    (
        "slow",
        r"read time.?out",
        "the bot takes more than a minute to answer: let it acknowledge first and work afterwards",
    ),
    (
        "connection",
        r"connection (refused|timed out|reset)|time.?out|timed out|network is unreachable|no route",
        "Telegram does not get through: a firewall has to let in 149.154.160.0/20 and 91.108.4.0/22",
    ),
    ("name", r"resolve|host name|dns", "Telegram cannot look up the name: look at its records in the DNS"),
    ("redirect", r"\b30[12378]\b|redirect", "Telegram follows no redirect: name the address that it leads to"),
)  # fmt: skip
UNKNOWN = (
    "unknown",
    "nothing is known of this error; look at the logs of the bot and of the proxy before it",
)


def explained(message: str) -> tuple[str, str]:
    """The cause, one word, and the remedy."""
    for cause, pattern, remedy in EXPLAINED:
        if re.search(pattern, message, re.IGNORECASE):
            return cause, remedy
    return UNKNOWN

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a server did not serve us. A server that speaks is never "down".

Texts are those of Redis 6 to 8 and Valkey (src/server.c, networking.c, acl.c, script.c), of
redis-cli and of redis-py.
"""

from __future__ import annotations

import re

from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refusal, safe

REASONS = (
    "auth_failed",
    "no_permission",
    "loading",
    "busy_script",
    "busy_function",
    "max_clients",
    "protected_mode",
    "replica",
    "replica_link_down",
    "save_failing",
    "out_of_memory",
    "refused",
    "unreachable",
    "timeout",
    "dns_failure",
    "reset",
    "tls_failed",
    "client_missing",
    "unknown",
)
# What a server says, the first that fits.
TEXTS = (
    ("max_clients", r"max number of clients"),
    ("busy_function", r"^BUSY .*FUNCTION KILL"),
    ("busy_script", r"^BUSY "),
    ("loading", r"^LOADING "),
    ("protected_mode", r"^DENIED "),
    (
        "auth_failed",
        r"^(NOAUTH|WRONGPASS) |invalid password|called without any password configured|Authentication required",
    ),
    ("no_permission", r"^NOPERM "),
    ("replica", r"^READONLY "),
    ("replica_link_down", r"^MASTERDOWN "),
    ("save_failing", r"^MISCONF "),
    ("out_of_memory", r"^OOM "),
)
# What the client's own side says when nobody answers.
CLIENT_TEXTS = (
    (
        "dns_failure",
        r"name or service not known|temporary failure in name resolution|no address associated",
    ),
    ("tls_failed", r"ssl|tls|certificate"),
    ("timeout", r"timed out|timeout|resource temporarily unavailable"),
    ("refused", r"connection refused|no such file or directory"),
    ("unreachable", r"no route to host|network is unreachable|permission denied"),
    ("reset", r"closed (the connection|by server|by peer)|connection reset|broken pipe|eof"),
)


def classify(text: str, secret: str | None = None) -> Refusal:
    """What the server or the client said, as a reason and one safe line."""
    for texts in (TEXTS, CLIENT_TEXTS):
        for reason, pattern in texts:
            if re.search(pattern, text, re.IGNORECASE if texts is CLIENT_TEXTS else re.NOFLAG):
                return Refusal(reason, safe(text, secret))
    return Refusal("unknown", safe(text or "nothing was answered", secret))

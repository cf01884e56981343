# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a server did not serve us. A server that speaks is never "down".

Texts are those of PostgreSQL 13 to 18 (src/backend/libpq/auth.c, utils/init/postinit.c,
postmaster/postmaster.c, interfaces/libpq/fe-connect.c) and PgBouncer; a server may answer
in another language, then its SQLSTATE or the shape of its answer decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refusal, safe

REASONS = (
    "slots_reserved",
    "auth_failed",
    "database_missing",
    "starting_up",
    "recovering",
    "shutting_down",
    "refused",
    "unreachable",
    "timeout",
    "dns_failure",
    "reset",
    "tls_failed",
    "insufficient_privilege",
    "statement_timeout",
    "client_missing",
    "server_refused",
    "data_corrupted",
    "unknown",
)

# https://www.postgresql.org/docs/current/errcodes-appendix.html
SQLSTATES = {
    "53300": "slots_reserved",
    "28000": "auth_failed",
    "28P01": "auth_failed",
    "3D000": "database_missing",
    "42501": "insufficient_privilege",
    "57014": "statement_timeout",
    "55P03": "statement_timeout",
    "57P01": "reset",
    "57P02": "reset",
    "57P05": "reset",
    "08000": "reset",
    "08003": "reset",
    "08006": "reset",
    "08P01": "server_refused",
    "XX001": "data_corrupted",
    "XX002": "data_corrupted",
}
# What a live server, or a live pooler in front of it, says.
SERVER_TEXTS = (
    ("starting_up", r"the database system is starting up"),
    ("shutting_down", r"the database system is shutting down|pgbouncer is shutting down"),
    (
        "recovering",
        r"the database system is in recovery mode|not yet accepting connections"
        r"|the database system is not accepting connections",
    ),
    (
        "slots_reserved",
        r"remaining connection slots are reserved|sorry, too many clients already"
        r"|no more connections allowed",
    ),
    ("database_missing", r"database (?:\"\" )?does not exist|no such database"),
    (
        "auth_failed",
        r"authentication failed|no pg_hba\.conf entry|pg_hba\.conf rejects connection"
        r"|role \"\" does not exist|is not permitted to log in|no password supplied"
        r"|no such user|authentication method requirement|fatal: +not allowed|auth failed",
    ),
    (
        "statement_timeout",
        r"canceling statement due to (?:statement timeout|lock timeout|user request)",
    ),
    (
        "insufficient_privilege",
        r"permission denied (?:for|to)|must be superuser|must be a member of|admin access needed"
        r"|must have privileges",
    ),
    ("reset", r"terminating connection|terminating background worker"),
)
# What the client's own side says when nobody answers, or not as PostgreSQL does.
CLIENT_TEXTS = (
    ("client_missing", r"psql is not installed|psql: (?:command )?not found"),
    (
        "dns_failure",
        r"could not translate host name|name or service not known|nodename nor servname"
        r"|temporary failure in name resolution|no address associated with hostname",
    ),
    (
        "reset",
        r"closed the connection unexpectedly|connection reset|broken pipe|eof detected"
        r"|connection to server was lost|could not (?:receive|send) (?:data|ssl|startup)",
    ),
    (
        "tls_failed",
        r"does not support ssl|ssl error|certificate|tlsv?1|ssl support|ssl negotiation"
        r"|ssl connection|ssl required",
    ),
    ("timeout", r"timed out|timeout|resource temporarily unavailable"),
    (
        "unreachable",
        r"no route to host|network is unreachable|host is (?:down|unreachable)"
        # Of the socket's folder, not of anything in the database.
        r"|permission denied",
    ),
    ("refused", r"connection refused|no such file or directory"),
)
# 53300 as well, but a limit of that name alone: the server may have every slot free.
LIMIT_OF_ONE = re.compile(r"too many connections for (?:role|database)")
# libpq writes a server's message as `SEVERITY:  text`, and as `SEVERITY:  SQLSTATE: text` when
# verbose (fe-protocol3.c, pqBuildErrorMessage3): two spaces, in whatever language.
SPOKEN = re.compile(
    r"(?:^|failed: |error: |psql: |server: )(?P<severity>[^\s:\"]{2,24}):  "
    r"(?:(?P<state>[0-9A-Z]{5}): )?(?P<text>.*)"
)
PREFIX = re.compile(r"^(?:psql: )?(?:error: |warning: )?")


def classify(text: str, secret: str | None = None) -> Refusal:
    """What libpq or psql wrote, as a reason and one safe line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for judge in (_by_state, _by_server_text, _by_shape, _by_client_text):
        found = judge(lines)
        if found:
            reason, line = found
            return Refusal(reason, safe(_without_frame(line), secret))
    said = f"the client failed: {_without_frame(lines[0])}" if lines else "the client said nothing"
    return Refusal("unknown", safe(said, secret))


def _by_state(lines: list[str]) -> tuple[str, str] | None:
    for line in lines:
        spoken = SPOKEN.search(line)
        reason = SQLSTATES.get(spoken["state"] or "") if spoken else None
        if reason == "slots_reserved" and LIMIT_OF_ONE.search(line):
            return "server_refused", line
        if reason:
            return reason, line
    return None


def _by_server_text(lines: list[str]) -> tuple[str, str] | None:
    return _by_text(SERVER_TEXTS, lines)


def _by_client_text(lines: list[str]) -> tuple[str, str] | None:
    return _by_text(CLIENT_TEXTS, lines)


def _by_text(texts: tuple[tuple[str, str], ...], lines: list[str]) -> tuple[str, str] | None:
    for reason, pattern in texts:
        for line in lines:
            if any(re.search(pattern, text, re.IGNORECASE) for text in _without_names(line)):
                return reason, line
    return None


def _without_names(line: str) -> Iterator[str]:
    """What stands in quotes is a name somebody chose, not a message; it may hold a quote itself."""
    yield re.sub(r'"[^"]*"', '""', line)
    spoken = SPOKEN.search(line)
    if spoken:
        yield re.sub(r'".*"', '""', spoken["text"])


def _by_shape(lines: list[str]) -> tuple[str, str] | None:
    """A server's message that we do not know. An ERROR comes after it has let us in."""
    for line in lines:
        spoken = SPOKEN.search(line)
        if not spoken:
            continue
        if spoken["state"] == "57P03":
            return "starting_up", line
        if spoken["severity"] == "ERROR" or (spoken["state"] and spoken["severity"] != "FATAL"):
            return "unknown", line
        return "server_refused", line
    return None


def _without_frame(line: str) -> str:
    """The server's own words; of the client's the whole line, which names the place."""
    spoken = SPOKEN.search(line)
    return spoken["text"] if spoken and spoken["text"] else PREFIX.sub("", line)

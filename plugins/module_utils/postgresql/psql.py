# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""via: exec: psql where the server lives. Nothing is installed; no secret is on a command line.

A password is the first line of standard input. It lies in a private file, in memory where
that is possible, until psql has connected: an argument, and an environment variable too,
can be read with ps. https://www.postgresql.org/docs/current/libpq-pgpass.html
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.errors import (
    classify,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import (
    Refusal,
    Refused,
)

# What a login shell prints by itself stands before it.
MARK = "oncall.runbooks json:"
APPLICATION = "oncall.runbooks"
# The statuses of timeout(1) that ran out of time, and of a shell that finds no command.
TIMED_OUT = 124
NOT_FOUND = 127
NO_CLIENT = (
    "psql is not installed where the server lives: install its client package, or use via: tcp"
)

# Variables that would steer psql elsewhere than the catalog says.
FOREIGN = ("PGOPTIONS", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGUSER", "PGTARGETSESSIONATTRS")
# A trap for each signal, because a POSIX shell runs the one for EXIT only when it exits by itself.
KEEP_PASSWORD = (
    "umask 077; unset PGPASSWORD oncall_line; "
    "oncall_file=$(mktemp /dev/shm/oncall.XXXXXXXXXX 2>/dev/null"
    ' || mktemp "${TMPDIR:-/tmp}/oncall.XXXXXXXXXX") || exit 125; '
    "trap 'rm -f \"$oncall_file\"' EXIT; "
    "trap 'exit 129' HUP; trap 'exit 130' INT; trap 'exit 143' TERM; "
    "IFS= read -r oncall_line || exit 125; "
    'printf \'%s\\n\' "$oncall_line" >"$oncall_file" || exit 125; '
    'unset oncall_line; export PGPASSFILE="$oncall_file"; '
)
# Peer authentication knows us by our operating system's user; root and sudo can be another one.
# sudo hands no environment on, hence env(1) behind it.
AS_PEER = (
    'if [ "$(id -un 2>/dev/null)" != {user} ] && id -u {user} >/dev/null 2>&1; then '
    'if [ "$(id -u)" = 0 ]; then '
    'if command -v runuser >/dev/null 2>&1; then set -- runuser -u {user} -- "$@"; fi; '
    'elif sudo -n -u {user} true >/dev/null 2>&1; then set -- sudo -n -u {user} -- "$@"; fi; fi; '
)
OS_USER = re.compile(r"[a-z_][a-z0-9_.-]*", re.IGNORECASE)


def command(
    way: Way,
    *,
    connect_timeout_s: int = 5,
    total_timeout_s: int = 20,
    rows: bool = False,
    cancel: bool = False,
) -> str:
    """A POSIX shell command line, for where the server lives. The statement comes on stdin.

    With `rows` the answer is CSV with a header, else one JSON document. With `cancel` the server
    is told to give up what takes too long, as by a person's Ctrl-C; one that hangs would not hear it.
    """
    words = ["env", *_environment(way, connect_timeout_s), "psql", "-X", "-q", "-w"]
    words += ["-v", "ON_ERROR_STOP=1", *(["--csv"] if rows else ["-A", "-t"])]
    words += ["-U", way.user, "-d", _database(way.database)]
    words += ["-h", way.host] if way.host is not None else []
    words += ["-p", str(way.port)] if way.port is not None else []
    parts = [
        f"command -v psql >/dev/null 2>&1 || exit {NOT_FOUND}; ",
        # A user that we become may not enter the folder we are in.
        f"cd /; unset {' '.join(FOREIGN)}; ",
        KEEP_PASSWORD if way.password is not None else "",
        f"set -- {shlex.join(words)}; ",
        _as_peer(way),
        "if command -v timeout >/dev/null 2>&1; "
        f'then set -- timeout {"-s INT " if cancel else ""}{int(total_timeout_s)} "$@"; fi; ',
        # Not the last command: a shell may replace itself by that one, and its trap is gone.
        '"$@"; exit $?',
    ]
    return "".join(parts)


def _environment(way: Way, connect_timeout_s: int) -> list[str]:
    variables = {
        # psql's own messages in English; the server's are in its language whatever we do.
        "LC_ALL": "C",
        "PGCLIENTENCODING": "UTF8",
        "PGAPPNAME": APPLICATION,
        "PGCONNECT_TIMEOUT": str(int(connect_timeout_s)),
        "PGGSSENCMODE": "disable",
        "PGSSLMODE": way.sslmode,
        "PGSSLROOTCERT": way.sslrootcert,
    }
    return [f"{name}={value}" for name, value in variables.items() if value is not None]


def _database(name: str) -> str:
    """psql reads a database's name with a `=` or of the form of a URI as a connection string."""
    if "=" not in name and not name.startswith(("postgres://", "postgresql://")):
        return name
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"dbname='{escaped}'"


def _as_peer(way: Way) -> str:
    if way.password is not None or not way.by_socket or not OS_USER.fullmatch(way.user):
        return ""
    return AS_PEER.format(user=shlex.quote(way.user))


def stdin(way: Way, sql: str) -> str:
    """The password, if there is one, and the script for psql."""
    script = f"\\set VERBOSITY verbose\n\\echo '{MARK}'\n{sql.rstrip().rstrip(';')}\n;\n\\q\n"
    if way.password is None:
        return script
    escaped = way.password.replace("\\", "\\\\").replace(":", "\\:")
    return f'*:*:*:*:{escaped}\n\\! rm -f "$PGPASSFILE"\n{script}'


def parse(rc: int, stdout: str, stderr: str, secret: str | None = None) -> Any:
    """The JSON document, None when the statement answers nothing; else Refused."""
    answer = _answer(rc, stdout, stderr, secret).strip()
    if not answer:
        return None
    try:
        # What a shell prints when it ends may follow.
        return json.JSONDecoder().raw_decode(answer)[0]
    except ValueError:
        said = "psql's answer is not the document that was asked for"
        raise Refused(Refusal("unknown", said)) from None


def parse_rows(
    rc: int, stdout: str, stderr: str, secret: str | None = None
) -> list[dict[str, str]]:
    """The rows of an answer with a header; else Refused."""
    return list(csv.DictReader(io.StringIO(_answer(rc, stdout, stderr, secret))))


def _answer(rc: int, stdout: str, stderr: str, secret: str | None) -> str:
    # Some connections hand on one stream: errors are then found before the mark, or after it.
    text = stdout.replace("\r\n", "\n")
    before, mark, after = text.rpartition(f"{MARK}\n") if f"{MARK}\n" in text else (text, "", "")
    if rc == 0 and mark:
        return after
    if rc == 0:
        raise Refused(Refusal("unknown", "psql ended without an answer"))
    if rc == TIMED_OUT:
        raise Refused(Refusal("timeout", "psql had no answer in time: the server may hang"))
    if rc == NOT_FOUND:
        raise Refused(Refusal("client_missing", NO_CLIENT))
    raise Refused(classify(stderr.strip() or f"{before}\n{_errors_only(after)}", secret))


def _errors_only(after: str) -> str:
    """Of what follows the mark only psql's own lines: the rest may be anybody's data."""
    return "\n".join(line for line in after.splitlines() if re.match(r"[^\s:]{2,24}:  ", line))

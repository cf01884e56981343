# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is seen of a server where it lives: a process, an answer, a configuration that it would start with.

A server that only the controller cannot reach answers here; one that hangs has a process and gives no
answer (pg_isready alone cannot tell that from one that is down).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt

Seen = dict[str, Any]
# pg_isready's exit statuses (PostgreSQL documentation, "pg_isready").
READY = {"0": "accepting", "1": "rejecting", "2": "no_answer"}
# The working folder of the server's first process is its data; the first line of postmaster.pid there is its
# pid, the fourth its port. In a container not even root may look at another user's process, of which only the
# name is known to all: there its image says where the data is. `-C` reads the files as a start would; as the
# first word it may be asked by root.
SCRIPT = """LC_ALL=C; export LC_ALL
port={port}
brief() {{ if command -v timeout >/dev/null 2>&1; then timeout 10 "$@"; else "$@"; fi; }}
if command -v pg_isready >/dev/null 2>&1; then
  brief pg_isready -q -t 3 ${{port:+-p "$port" -h {host}}}; echo "ready $?"
fi
for process in /proc/[0-9]*; do
  if ! data=$(readlink "$process/cwd" 2>/dev/null); then
    case $(cat "$process/comm" 2>/dev/null) in postgres|postmaster) data=${{PGDATA:-}} ;; *) continue ;; esac
  fi
  [ -f "$data/postmaster.pid" ] || continue
  pid=${{process#/proc/}}
  [ "$(sed -n 1p "$data/postmaster.pid" 2>/dev/null)" = "$pid" ] || continue
  own=$(sed -n 4p "$data/postmaster.pid" 2>/dev/null)
  [ -z "$port" ] || [ "$own" = "$port" ] || continue
  echo "server $pid $(sed -n 's/^State:[[:space:]]*\\(.\\).*/\\1/p' "$process/status")"
  program=$(readlink "$process/exe" 2>/dev/null) || program=$(command -v postgres) || continue
  tr '\\0' '\\n' <"$process/cmdline" | {{
    set --; while IFS= read -r word; do set -- "$@" "$word"; done; shift
    said=$(brief "$program" -C port "$@" 2>&1 >/dev/null) || echo "config $said"
  }}
done
exit 0
"""


def script(port: int | None, host: str) -> str:
    """With a port, of the server that listens there; without, of the only one (in a container)."""
    if not re.fullmatch(r"[A-Za-z0-9./:_-]+", host):
        raise ValueError("the host is no name and no address")
    return SCRIPT.format(port="" if port is None else int(port), host=host)


def parsed(text: str) -> Seen:
    """`ready` is null where nobody could ask; `process` its state, null without one."""
    ready = re.search(r"^ready (\d+)$", text, re.MULTILINE)
    server = re.search(r"^server (\d+) (\w)$", text, re.MULTILINE)
    config = re.search(r"^config (.*)$", text, re.MULTILINE)
    return {
        "ready": READY.get(ready[1]) if ready else None,
        "process": {"pid": int(server[1]), "state": server[2]} if server else None,
        "configuration": {"error": excerpt(config[1]) or "it cannot be read"} if config else None,
    }


def nothing(reason: str, message: str) -> Mapping[str, Any]:
    return {
        "refused": {"reason": reason, "message": message},
        "ready": None,
        "process": None,
        "configuration": None,
        "filesystems": [],
        "migrations": None,
    }

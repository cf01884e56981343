# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A copy of the data at one moment, beside the live server: the shell texts that make it.

The tool that made the backup puts its files into a folder that must not exist yet; the copy fetches WAL by
that tool, archives none, and stops at its target, read-only. Nothing of the live server is touched.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.tool import Tool

MARK = "oncall-restore.conf"
# The kernel's limit for a socket's path is 107 characters, of which the name takes 20.
LONGEST = 80
PREPARE = """set -eu; LC_ALL=C; export LC_ALL; umask 077; cd /
to={to}; programs={programs}
refuse() {{ echo "$1"; exit 3; }}
[ ! -e "$to" ] && [ ! -L "$to" ] || refuse "$to is there already: nothing is ever written over"
above=$(dirname "$to"); [ -d "$above" ] || refuse "$above is not there"
each=$above
while [ "$each" != / ]; do
  [ ! -e "$each/PG_VERSION" ] || refuse "$each is the data of a server"
  each=$(dirname "$each")
done
{before}[ -n "$programs" ] || programs=/usr/lib/postgresql/$major/bin
[ -x "$programs/pg_ctl" ] || refuse "$programs has no pg_ctl: name backup.programs in the catalog"
if "$programs/pg_isready" -q -h 127.0.0.1 -p {port} || [ $? = 1 ]; then refuse "a server listens on port {port}"; fi
free=$(df -Pk "$above" | awk 'NR == 2 {{print $4}}')
[ "$((need + need / 10 + 65536))" -le "$free" ] || refuse "$above has not room enough: $free KiB are free, $need needed"
{bring}chmod 700 "$to"
for file in postgresql.conf postgresql.auto.conf pg_hba.conf pg_ident.conf; do
  [ ! -e "$to/$file" ] || mv "$to/$file" "$to/$file.from-backup"
done
rm -f "$to/standby.signal" "$to/postmaster.pid"
told() {{ "$programs/pg_controldata" "$to" | sed -n "s/^$1 setting: *//p"; }}
{{
  cat
  echo "max_connections = $(told max_connections)"
  echo "max_worker_processes = $(told max_worker_processes)"
  echo "max_wal_senders = $(told max_wal_senders)"
  echo "max_prepared_transactions = $(told max_prepared_xacts)"
  echo "max_locks_per_transaction = $(told max_locks_per_xact)"
}} >"$to/{mark}"
printf 'local all all trust\\nhost all all 127.0.0.1/32 scram-sha-256\\n' >"$to/pg_hba.conf"
: >"$to/pg_ident.conf"; : >"$to/postgresql.conf"; : >"$to/recovery.signal"
chown --reference="$to/PG_VERSION" "$to" "$to/{mark}" "$to/pg_hba.conf" "$to/pg_ident.conf" \\
  "$to/postgresql.conf" "$to/recovery.signal"
"""
# As whom the backup's files belong to: PostgreSQL does not run as root.
AS_OWNER = """cd /; to={to}; programs={programs}; line={line}
[ -d "$to" ] || {{ echo "$to is not there"; exit 4; }}
[ -n "$programs" ] || programs=/usr/lib/postgresql/$(cat "$to/PG_VERSION")/bin
PATH=$programs:$PATH; export PATH
owner=$(stat -c %U "$to/PG_VERSION")
if [ "$(id -un)" = "$owner" ]; then sh -c "$line"
elif [ "$(id -u)" = 0 ] && command -v runuser >/dev/null 2>&1; then runuser -u "$owner" -- sh -c "PATH=$PATH; $line"
elif [ "$(id -u)" = 0 ]; then su -s /bin/sh "$owner" -c "PATH=$PATH; $line"
else sudo -n -u "$owner" sh -c "PATH=$PATH; $line"; fi
"""


@dataclass(frozen=True)
class Copy:
    directory: str
    port: int
    target: str  # "time 2026-11-21T03:04:05Z" or "xid 1234"


def arrived(state: Mapping[str, Any] | None) -> bool:
    """It is at its target, and everything in it can be read; nobody writes there without saying so."""
    if state is None:
        return False
    if state["in_recovery"]:
        return bool(state["paused"] and not state["locked"])
    return bool(state["read_only"])


def settings(copy: Copy, tool: Tool) -> str:
    kind, _space, value = copy.target.partition(" ")
    folder = copy.directory
    return f"""# Target: {copy.target}
data_directory = '{folder}'
hba_file = '{folder}/pg_hba.conf'
ident_file = '{folder}/pg_ident.conf'
port = {int(copy.port)}
listen_addresses = '127.0.0.1'
unix_socket_directories = '{folder}'
cluster_name = 'oncall-copy'
restore_command = '{tool.restore_command(folder)}'
recovery_target_{kind} = '{value}'
recovery_target_action = 'pause'
recovery_target_timeline = 'latest'
hot_standby = on
default_transaction_read_only = on
archive_mode = off
primary_conninfo = ''
synchronous_standby_names = ''
logging_collector = off
shared_preload_libraries = ''
ssl = off
"""


def prepare(copy: Copy, backup: Mapping[str, Any], tool: Tool, programs: str) -> str:
    """Its standard input is the settings."""
    return PREPARE.format(
        before=tool.before(backup),
        bring=tool.bring(backup),
        to=shlex.quote(copy.directory),
        programs=shlex.quote(programs),
        port=int(copy.port),
        mark=MARK,
    )


def start(copy: Copy, programs: str, seconds: int) -> str:
    """Ends when it lets somebody in, or has ended."""
    folder = shlex.quote(copy.directory)
    options = shlex.quote(f"-c config_file={copy.directory}/{MARK}")
    line = (
        f"pg_ctl -D {folder} -l {folder}/oncall-restore.log -o {options} -w -t {int(seconds)} start "
        "</dev/null >/dev/null 2>&1"
    )
    return as_owner(copy, programs, line)


def running(copy: Copy, programs: str) -> str:
    """Whether it runs; and if not, the last that it said."""
    folder = shlex.quote(copy.directory)
    line = (
        f"pg_ctl -D {folder} status >/dev/null 2>&1 || {{ grep -E 'FATAL|PANIC' {folder}/oncall-restore.log "
        "| tail -n 1; exit 5; }"
    )
    return as_owner(copy, programs, line)


def as_owner(copy: Copy, programs: str, line: str) -> str:
    return AS_OWNER.format(
        to=shlex.quote(copy.directory), programs=shlex.quote(programs), line=shlex.quote(line)
    )


def target_of(copy_settings: str) -> str:
    """Of a folder that holds a copy; empty when it is none."""
    first = copy_settings.partition("\n")[0]
    return first.removeprefix("# Target: ") if first.startswith("# Target: ") else ""

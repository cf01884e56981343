# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings that are written, and what a restart with them would meet: for the admin way.

pg_file_settings, ALTER SYSTEM and pg_read_file want a superuser; pg_monitor can do none of them.
"""

from __future__ import annotations

import re

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.script import (
    quoted,
    transaction,
)

# The settings that may be written at all, with the form of their values.
ALTERABLE = {"max_connections": re.compile(r"[1-9][0-9]{0,5}")}
# Where ALTER SYSTEM writes ("Setting Parameters" in the PostgreSQL documentation).
AUTO_CONF = "current_setting('data_directory') || '/postgresql.auto.conf'"


def file_settings_errors() -> str:
    """What keeps the server from starting again: errors in its files.

    A valid value that waits for a restart is listed as "could not be applied", too: those are
    left out, when the value has the form of its type. (Reading the view is what marks them
    as waiting, in the session that reads, so that comes first.)
    """
    return transaction("""WITH files AS MATERIALIZED (
  SELECT * FROM pg_file_settings WHERE error IS NOT NULL
)
SELECT json_build_object('errors', coalesce(json_agg(json_build_object(
    'sourcefile', f.sourcefile, 'sourceline', f.sourceline, 'name', f.name, 'error', f.error)
    ORDER BY f.seqno), '[]'))::text
FROM files AS f LEFT JOIN pg_settings AS g ON g.name = lower(f.name)
WHERE NOT coalesce(f.error = 'setting could not be applied' AND g.pending_restart
    AND (g.vartype NOT IN ('integer', 'real')
         OR trim(f.setting) ~* '^[-+]?[0-9.]+ *(B|kB|MB|GB|TB|us|ms|s|min|h|d)?$'), false)""")


def setting(name: str) -> str:
    """A setting as it runs, and what the file of ALTER SYSTEM says of it."""
    _known(name)
    return transaction(f"""SELECT json_build_object(
  'setting', g.setting, 'unit', g.unit, 'source', g.source, 'sourcefile', g.sourcefile,
  'sourceline', g.sourceline, 'pending_restart', g.pending_restart, 'boot_val', g.boot_val,
  'file', {AUTO_CONF},
  'in_file', (SELECT f.setting FROM pg_file_settings AS f
              WHERE f.name = g.name AND f.sourcefile = {AUTO_CONF}
              ORDER BY f.seqno DESC LIMIT 1))::text
FROM pg_settings AS g WHERE g.name = {quoted(name)}""")


def alter_setting(name: str, value: str) -> str:
    """Alone: ALTER SYSTEM cannot run inside a transaction, nor in a text of several statements."""
    if not _known(name).fullmatch(value):
        raise ValueError(f"{value!r} is no value for {name}")
    return f"ALTER SYSTEM SET {name} = {quoted(value)}"


def reset_setting(name: str) -> str:
    _known(name)
    return f"ALTER SYSTEM RESET {name}"


def _known(name: str) -> re.Pattern[str]:
    if name not in ALTERABLE:
        raise ValueError(f"{name!r} is not written; allowed is {', '.join(ALTERABLE)}")
    return ALTERABLE[name]


# The group of the server's own process, for which the kernel keeps the account. Version 2 has
# one line `0::/path`, version 1 one for each controller. In a container the path is often that
# of the host, and the own group is the root of what is mounted there: so both are read.
# With a length given, also files that claim to be empty are read, as those of /proc do.
_READ = "pg_read_file({path}, 0, 65536, true)"
_PLACES = {
    "max": ("/sys/fs/cgroup{}/memory.max", "/sys/fs/cgroup/memory{}/memory.limit_in_bytes"),
    "current": ("/sys/fs/cgroup{}/memory.current", "/sys/fs/cgroup/memory{}/memory.usage_in_bytes"),
    "stat": ("/sys/fs/cgroup{}/memory.stat", "/sys/fs/cgroup/memory{}/memory.stat"),
}


def memory() -> str:
    """The raw files of the kernel, for memory.py."""
    fields = []
    for name, (second, first) in _PLACES.items():
        for version, place, path in (("v2", second, "v2"), ("v1", first, "v1")):
            head, tail = place.split("{}")
            own = _READ.format(path=f"'{head}' || nullif(groups.{path}, '/') || '{tail}'")
            root = _READ.format(path=f"'{head}{tail}'")
            fields += [f"'own_{version}_{name}', {own}", f"'root_{version}_{name}', {root}"]
    listed = ",\n  ".join(fields)
    return transaction(f"""WITH kernel AS MATERIALIZED (
  SELECT {_READ.format(path="'/proc/self/cgroup'")} AS text
),
groups AS MATERIALIZED (
  SELECT substring(text FROM '(?n)^0::(/.*)$') AS v2,
    substring(text FROM '(?n)^[0-9]+:[^:]*memory[^:]*:(/.*)$') AS v1 FROM kernel
)
SELECT json_build_object(
  'meminfo', {_READ.format(path="'/proc/meminfo'")},
  {listed})::text
FROM groups""")

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of the snapshot about the server and its sessions, each an expression of one value.

Columns that only some of 13 to 18 have are read through to_jsonb(row).
"""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.activity import (
    CLASSES,
    PROTECTIONS,
    SETTLED_S,
    instant,
    query_bytes,
)

MOST_GROUPS = 50
MOST_ENDABLE = 200
MOST_ACTIVE = 10
SETTINGS = (
    "archive_command",
    "archive_mode",
    "autovacuum_freeze_max_age",
    "config_file",
    "cluster_name",
    "data_directory",
    "effective_cache_size",
    "hba_file",
    "hot_standby",
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "lock_timeout",
    "maintenance_work_mem",
    "max_connections",
    "max_locks_per_transaction",
    "max_prepared_transactions",
    "max_replication_slots",
    "max_wal_senders",
    "max_worker_processes",
    "port",
    "reserved_connections",
    "shared_buffers",
    "statement_timeout",
    "superuser_reserved_connections",
    "tcp_keepalives_idle",
    "transaction_timeout",
    "work_mem",
)
SETTINGS_CTE = f"""
settings AS MATERIALIZED (
  SELECT * FROM pg_settings WHERE name IN ({", ".join(f"'{name}'" for name in SETTINGS)})
)"""


def setting(name: str) -> str:
    return f"(SELECT g.setting FROM settings AS g WHERE g.name = '{name}')"


SERVER = f"""json_build_object(
  'version_num', current_setting('server_version_num')::int,
  'in_recovery', pg_is_in_recovery(),
  'now', {instant("moment.now")},
  'started_at', {instant("pg_postmaster_start_time()")},
  'config_loaded_at', {instant("pg_conf_load_time()")},
  'data_directory', {setting("data_directory")},
  'config_file', {setting("config_file")},
  'pid', pg_backend_pid(),
  'database', current_database(),
  'me', json_build_object(
    'user', current_user,
    'superuser', (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user),
    'can_see_all', pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
    'can_signal', pg_has_role(current_user, 'pg_signal_backend', 'USAGE')))"""

# A session whose type is not shown to us is not known to be a client's. The server's own
# processes, which are in no database, are none.
SLOTS = f"""(SELECT json_build_object(
  'max_connections', m.total, 'superuser_reserved', m.superusers, 'reserved', m.reserved,
  'application_slots', m.total - m.superusers - m.reserved,
  'used', (SELECT count(*) FROM others),
  'used_by_superusers', (SELECT count(*) FROM others WHERE rolsuper),
  'hidden', (SELECT count(*) FROM backends AS a
             WHERE a.backend_type IS NULL AND a.datid IS NOT NULL))
FROM (SELECT {setting("max_connections")}::int AS total,
        {setting("superuser_reserved_connections")}::int AS superusers,
        coalesce({setting("reserved_connections")}::int, 0) AS reserved) AS m)"""

# The reading itself is no part of the load; it is gone when anybody looks at the answer.
OTHERS_CTE = """
others AS MATERIALIZED (SELECT * FROM observed WHERE protected IS DISTINCT FROM 'self')"""

_PERSON = "o.role, o.application, o.client, o.database"


def _counts(names: tuple[str, ...], condition: str) -> str:
    """All names of a closed list, with zeros: no reader has to know which may be missing."""
    pairs = ", ".join(f"'{name}', count(*) FILTER (WHERE {condition} = '{name}')" for name in names)
    return f"json_build_object({pairs})"


# Idle for longer than between two statements, not for long enough to be ended.
_YOUNG = f"NOT aged AND protected IS NULL AND state_s > {SETTLED_S}"

SESSIONS = f"""(SELECT json_build_object(
  'classes', {_counts(CLASSES, "class")},
  'aged', json_build_object(
    'idle_in_transaction', count(*) FILTER (WHERE class = 'idle_in_transaction' AND aged),
    'idle', count(*) FILTER (WHERE class = 'idle' AND aged)),
  'settled_idle', count(*) FILTER (
    WHERE class = 'idle' AND state_s > least((SELECT idle_s FROM params), {SETTLED_S})),
  'young', json_build_object(
    'idle_in_transaction', count(*) FILTER (WHERE class = 'idle_in_transaction' AND {_YOUNG}),
    'idle', count(*) FILTER (WHERE class = 'idle' AND {_YOUNG})),
  'protected', {_counts(PROTECTIONS[1:], "protected")},
  'protected_idle', count(*) FILTER (WHERE class LIKE 'idle%' AND protected IS NOT NULL),
  'endable_total', count(*) FILTER (WHERE aged AND protected IS NULL),
  'groups', (SELECT coalesce(json_agg(g ORDER BY g.count DESC, g.role, g.state), '[]') FROM (
    SELECT {_PERSON}, o.state, o.class, count(*) AS count, max(o.state_s) AS oldest_state_s
    FROM others AS o GROUP BY {_PERSON}, o.state, o.class
    ORDER BY count(*) DESC, o.role, o.state LIMIT {MOST_GROUPS}) AS g),
  'other_groups', (SELECT greatest(0, count(*) - {MOST_GROUPS}) FROM (
    SELECT FROM others AS o GROUP BY {_PERSON}, o.state, o.class) AS g),
  'endable', (SELECT coalesce(json_agg(e), '[]') FROM (
    SELECT o.pid, {instant("o.backend_start")} AS backend_start, {_PERSON}, o.state, o.state_s,
      o.xact_s, {query_bytes("o.query_text")} AS query_bytes
    FROM others AS o WHERE o.aged AND o.protected IS NULL
    ORDER BY o.class = 'idle', o.state_change, o.pid LIMIT {MOST_ENDABLE}) AS e),
  'oldest_active', (SELECT coalesce(json_agg(e), '[]') FROM (
    SELECT o.pid, {instant("o.backend_start")} AS backend_start, {_PERSON}, o.state, o.state_s,
      o.xact_s, o.wait_event_type, o.wait_event, {query_bytes("o.query_text")} AS query_bytes
    FROM others AS o WHERE o.class = 'active'
    ORDER BY o.xact_start NULLS LAST, o.pid LIMIT {MOST_ACTIVE}) AS e))
FROM others)"""

# What this very transaction has set is not the server's setting. A command may hold
# credentials: that there is one is enough.
SETTINGS_SECTION = """(SELECT json_object_agg(g.name, json_build_object(
  'setting', CASE WHEN g.name = 'archive_command' THEN
                    CASE WHEN g.setting IN ('', '(disabled)') THEN g.setting ELSE '(hidden)' END
                  WHEN g.source = 'session' THEN g.reset_val
                  ELSE g.setting END,
  'unit', g.unit, 'source', nullif(g.source, 'session'), 'sourcefile', g.sourcefile,
  'sourceline', g.sourceline, 'pending_restart', g.pending_restart, 'boot_val', g.boot_val)
  ORDER BY g.name)
FROM settings AS g)"""

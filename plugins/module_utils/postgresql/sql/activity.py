# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each session is, and whether it may ever be ended: written once, for listing and for ending.

Only client backends take a slot of max_connections; background workers, autovacuum and,
since 12, WAL senders have their own (PostgreSQL documentation, "Connections and
Authentication"; pg_stat_activity.backend_type).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.script import (
    json_literal,
)

# By the start of the application's name, in any case: backups, restores, high availability, us.
PROTECTED_APPLICATIONS = (
    "pg_dump",
    "pg_dumpall",
    "pg_basebackup",
    "pg_receivewal",
    "pg_restore",
    "pgbackrest",
    "barman",
    "wal-g",
    "oncall.runbooks",
    "patroni",
    "repmgr",
)
# Why a session is never ended. The first that holds is told.
PROTECTIONS = (
    "self",
    "superuser",
    "replication",
    "protected_role",
    "protected_application",
    "not_app_role",
    "advisory_lock",
    "listening",
)
CLASSES = ("active", "idle_in_transaction", "idle", "other")
# An idle session younger than this is between two statements of an application at work.
SETTLED_S = 5


def age(time: str) -> str:
    """Seconds since then, null for none; never negative, as two clock readings could make it."""
    passed = f"round(extract(epoch FROM moment.now - {time})::numeric, 3)"
    return f"CASE WHEN {time} IS NOT NULL THEN greatest(0, {passed}) END"


def instant(expression: str) -> str:
    """A time as text that keeps every microsecond, and that casts back to the same time."""
    return f"""to_char({expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


def query_bytes(expression: str) -> str:
    """A statement's first bytes. As base64: the cut may fall into a character, and what
    prints the raw answer (ssh at -vvv) must not print people's literals."""
    return f"encode(substr(convert_to({expression}, 'SQL_ASCII'), 1, 400), 'base64')"


# The server's processes, all of them; whoever is after a few only names their own.
BACKENDS = """
backends AS MATERIALIZED (SELECT * FROM pg_stat_activity)"""

# A statement of a database in another encoding cannot be read here (SQL_ASCII, 0, reads all):
# it could be a LISTEN.
# Whether a session listens is seen by its last statement only (pg_listening_channels shows
# the own session's).
OBSERVED = rf"""
advisory AS MATERIALIZED (
  SELECT DISTINCT l.pid FROM pg_locks AS l WHERE l.locktype = 'advisory'
),
readable AS MATERIALIZED (
  SELECT array_agg(d.oid) AS databases FROM pg_database AS d
  JOIN pg_database AS here ON here.datname = current_database()
  WHERE d.encoding = here.encoding OR here.encoding = 0
),
observed AS MATERIALIZED (
  SELECT s.*,
    CASE WHEN s.class = 'idle_in_transaction' THEN s.state_s >= params.idle_in_transaction_s
         WHEN s.class = 'idle' THEN s.state_s >= params.idle_s
         ELSE false END AS aged,
    CASE WHEN s.pid = pg_backend_pid() THEN 'self'
         WHEN s.rolsuper THEN 'superuser'
         WHEN s.rolreplication THEN 'replication'
         WHEN s.role = ANY (params.protected_roles) THEN 'protected_role'
         WHEN lower(s.application COLLATE "C") ^@ ANY (params.protected_applications)
           THEN 'protected_application'
         WHEN s.rolsuper IS NULL THEN 'not_app_role'
         WHEN params.app_roles <> '{{}}' AND s.role <> ALL (params.app_roles) THEN 'not_app_role'
         WHEN s.pid IN (SELECT advisory.pid FROM advisory) THEN 'advisory_lock'
         WHEN s.query_text IS NULL OR s.query_text ~* E'\\mlisten\\M' THEN 'listening'
    END AS protected
  FROM params CROSS JOIN (
    SELECT a.pid, a.backend_start, a.usesysid, a.usename::text AS role, a.datname::text AS database,
      coalesce(a.application_name, '') AS application,
      CASE WHEN a.client_addr IS NOT NULL THEN host(a.client_addr)
           WHEN a.client_port = -1 THEN 'local' END AS client,
      a.state, a.state_change, a.xact_start, a.wait_event_type, a.wait_event, r.rolsuper,
      r.rolreplication,
      CASE WHEN a.state IN ('active', 'fastpath function call') THEN 'active'
           WHEN a.state LIKE 'idle in transaction%' THEN 'idle_in_transaction'
           WHEN a.state = 'idle' THEN 'idle'
           ELSE 'other' END AS class,
      {age("a.state_change")} AS state_s, {age("a.xact_start")} AS xact_s,
      {age("a.query_start")} AS statement_s,
      CASE WHEN a.datid = ANY (readable.databases) THEN a.query END AS query_text
    FROM moment CROSS JOIN readable CROSS JOIN backends AS a
    LEFT JOIN pg_roles AS r ON r.oid = a.usesysid
    WHERE a.backend_type = 'client backend'
  ) AS s
)"""


def params_cte(params: Mapping[str, Any]) -> str:
    """What the statements are told: thresholds, lists of names, and the moment of the reading."""
    told = {
        "idle_seconds": params.get("idle_seconds", 300),
        "idle_in_transaction_seconds": params.get("idle_in_transaction_seconds", 60),
        "blocked_seconds": params.get("blocked_seconds", 30),
        "long_query_seconds": params.get("long_query_seconds", 300),
        "stale_percent": params.get("stale_percent", 20),
        "stale_rows": params.get("stale_rows", 10_000),
        "index": params.get("index"),
        "app_roles": _names(params, "app_roles"),
        "protected_roles": _names(params, "protected_roles"),
        "protected_applications": sorted(
            {*PROTECTED_APPLICATIONS, *(_names(params, "protected_applications"))}
        ),
    }
    return f"""
moment AS MATERIALIZED (SELECT clock_timestamp() AS now),
params AS MATERIALIZED (
  SELECT (p->>'idle_seconds')::numeric AS idle_s,
    (p->>'idle_in_transaction_seconds')::numeric AS idle_in_transaction_s,
    (p->>'blocked_seconds')::numeric AS blocked_s,
    (p->>'long_query_seconds')::numeric AS long_query_s,
    (p->>'stale_percent')::numeric AS stale_percent,
    (p->>'stale_rows')::numeric AS stale_rows,
    p->>'index' AS index_name,
    ARRAY(SELECT jsonb_array_elements_text(p->'app_roles')) AS app_roles,
    ARRAY(SELECT jsonb_array_elements_text(p->'protected_roles')) AS protected_roles,
    ARRAY(SELECT lower(name COLLATE "C")
          FROM jsonb_array_elements_text(p->'protected_applications') AS name)
      AS protected_applications
  FROM (SELECT {json_literal(told)}::jsonb AS p) AS told
)"""


def _names(params: Mapping[str, Any], key: str) -> list[str]:
    return [str(name) for name in params.get(key) or [] if name]

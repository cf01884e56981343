# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who keeps others waiting, or works for too long: written once, for listing and for ending.

Only the root of a chain offends: a session that itself waits for a lock is a victim. A commit
that waits for a synchronous standby is none either: cancelled, it would count as made on this
server alone (PostgreSQL documentation, "Synchronous Replication").
"""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.activity import (
    age,
    instant,
    query_bytes,
)

MOST_WAITING = 100
MOST_ROOTS = 20
MOST_OFFENDERS = 50
MOST_PREPARED = 20

# Only waiting sessions are asked about: pg_blocking_pids() locks the whole lock table for a
# moment (PostgreSQL documentation, "System Information Functions"). pid 0 is a prepared
# transaction. Since when a lock is waited for is known from 14 on.
BLOCKING_CTE = f"""
waiting AS MATERIALIZED (
  SELECT o.*, pg_blocking_pids(o.pid) AS blocked_by
  FROM (SELECT * FROM observed WHERE wait_event_type = 'Lock'
        ORDER BY state_change LIMIT {MOST_WAITING}) AS o
),
wanted AS MATERIALIZED (
  SELECT l.*,
    CASE WHEN l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
         THEN l.relation::regclass::text END AS relation_name,
    {age("(to_jsonb(l)->>'waitstart')::timestamptz")} AS since_s
  FROM moment CROSS JOIN pg_locks AS l
  WHERE NOT l.granted AND l.pid IN (SELECT pid FROM waiting)
),
chains AS MATERIALIZED (
  SELECT x.pid, count(*) AS blocks, max(coalesce(l.since_s, w.state_s)) AS wait_s
  FROM waiting AS w CROSS JOIN unnest(w.blocked_by) AS x(pid)
  LEFT JOIN LATERAL (SELECT * FROM wanted WHERE wanted.pid = w.pid LIMIT 1) AS l ON true
  -- Also of those who wait beyond the first {MOST_WAITING}, none is a root.
  WHERE x.pid NOT IN (SELECT pid FROM backends WHERE wait_event_type = 'Lock')
  GROUP BY x.pid
)"""
# A command that rebuilds or cleans: cancelled, it leaves an invalid index, or its work to be
# begun anew. A person decides.
OFFENDING_CTE = """
maintaining AS MATERIALIZED (
  SELECT pid FROM pg_stat_progress_vacuum UNION SELECT pid FROM pg_stat_progress_analyze
  UNION SELECT pid FROM pg_stat_progress_cluster
  UNION SELECT pid FROM pg_stat_progress_create_index
),
offending AS MATERIALIZED (
  SELECT f.* FROM (
    SELECT o.pid, o.backend_start, o.usesysid, o.role, o.database, o.application, o.client,
      o.state, o.class, o.state_s, o.statement_s, o.xact_s, o.wait_event_type, o.wait_event,
      o.query_text, c.blocks, c.wait_s,
      coalesce(o.protected, CASE WHEN m.pid IS NOT NULL THEN 'maintenance' END) AS protected,
      CASE WHEN o.class = 'idle_in_transaction' AND o.state_s >= params.idle_in_transaction_s
           THEN 'terminate' ELSE 'cancel' END AS signal,
      CASE WHEN o.wait_event_type = 'Lock' OR o.wait_event = 'SyncRep' THEN NULL
           WHEN c.wait_s >= params.blocked_s THEN 'blocks'
           WHEN o.class = 'active' AND o.statement_s >= params.long_query_s THEN 'runs_long'
      END AS offence
    FROM params CROSS JOIN observed AS o
    LEFT JOIN chains AS c ON c.pid = o.pid
    LEFT JOIN maintaining AS m ON m.pid = o.pid) AS f
  WHERE f.offence IS NOT NULL AND f.protected IS DISTINCT FROM 'self'
)"""

# A prepared transaction has no process. Its locks are those of the virtual transaction that holds the
# lock on its number; which form that has, differs between versions.
_LOCK = ", ".join(
    f"{{0}}.{column}"
    for column in (
        *("locktype", "database", "relation", "page", "tuple"),
        *("transactionid", "classid", "objid", "objsubid"),
    )
)
_PREPARED = f"""SELECT x.gid, x.owner::text AS owner, x.database::text AS database,
      {age("x.prepared")} AS age_s, count(DISTINCT w.pid) AS blocks
    FROM pg_prepared_xacts AS x
    JOIN pg_locks AS own ON own.pid IS NULL AND own.locktype = 'transactionid'
      AND own.transactionid = x.transaction
    JOIN pg_locks AS h ON h.pid IS NULL AND h.granted
      AND h.virtualtransaction = own.virtualtransaction
    JOIN wanted AS w ON ROW({_LOCK.format("h")}) IS NOT DISTINCT FROM ROW({_LOCK.format("w")})
    JOIN waiting AS v ON v.pid = w.pid AND 0 = ANY (v.blocked_by)
    GROUP BY x.gid, x.owner, x.database, x.prepared
    ORDER BY 5 DESC, x.gid LIMIT {MOST_PREPARED}"""

BLOCKING = f"""json_build_object(
  'waiting', (SELECT count(*) FROM others WHERE wait_event_type = 'Lock'),
  'edges', (SELECT coalesce(json_agg(e), '[]') FROM (
    SELECT w.pid, {instant("w.backend_start")} AS backend_start, w.blocked_by, w.role,
      w.application, w.database, l.mode, l.locktype, l.relation_name AS relation,
      coalesce(l.since_s, w.state_s) AS wait_s,
      {query_bytes("w.query_text")} AS query_bytes
    FROM waiting AS w LEFT JOIN LATERAL (
      SELECT * FROM wanted WHERE wanted.pid = w.pid LIMIT 1) AS l ON true
    ORDER BY w.state_change, w.pid) AS e),
  'roots', (SELECT coalesce(json_agg(e), '[]') FROM (
    SELECT c.pid, {instant("coalesce(o.backend_start, a.backend_start)")} AS backend_start,
      c.pid = 0 AS prepared_transaction, a.backend_type, o.role, o.application, o.client,
      o.database, o.state, o.class, o.state_s, o.xact_s, c.blocks, c.wait_s,
      coalesce(o.protected, (SELECT f.protected FROM offending AS f WHERE f.pid = c.pid))
        AS protected,
      coalesce(a.backend_type = 'autovacuum worker'
        AND a.query LIKE '%(to prevent wraparound)', false) AS wraparound,
      {query_bytes("o.query_text")} AS query_bytes
    FROM chains AS c
    LEFT JOIN observed AS o ON o.pid = c.pid
    LEFT JOIN backends AS a ON a.pid = c.pid
    ORDER BY c.blocks DESC, c.pid LIMIT {MOST_ROOTS}) AS e),
  'prepared', (SELECT coalesce(json_agg(e), '[]') FROM ({_PREPARED}) AS e))"""

# Those that nobody protects first: they are what can be acted on.
OFFENDERS = f"""(SELECT coalesce(json_agg(e), '[]') FROM (
  SELECT f.pid, {instant("f.backend_start")} AS backend_start, f.role, f.application, f.client,
    f.database, f.state, f.class, f.state_s, f.statement_s, f.xact_s, f.wait_event_type,
    f.wait_event, f.blocks, f.wait_s, f.offence, f.signal, f.protected,
    {query_bytes("f.query_text")} AS query_bytes
  FROM offending AS f
  ORDER BY f.protected IS NOT NULL, f.offence, f.wait_s DESC, f.statement_s DESC, f.pid
  LIMIT {MOST_OFFENDERS}) AS e)"""

WAITS = """json_build_object(
  'active', (SELECT count(*) FROM others WHERE class = 'active'),
  'for_standby', (SELECT count(*) FROM others WHERE wait_event = 'SyncRep'),
  'for_standby_s', (SELECT max(statement_s) FROM others WHERE wait_event = 'SyncRep'),
  'events', (SELECT coalesce(json_agg(e), '[]') FROM (
    SELECT coalesce(o.wait_event_type, 'CPU') AS type, o.wait_event AS event, count(*) AS count
    FROM others AS o WHERE o.class = 'active' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 10) AS e))"""

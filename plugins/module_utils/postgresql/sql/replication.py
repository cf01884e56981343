# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of the snapshot about standbys, and about what keeps old transactions alive."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.activity import (
    age,
    instant,
)

MOST_STANDBYS = 50
MOST_SLOTS = 50
MOST_PREPARED = 20

# The WAL position that lag is counted from; a standby writes none of its own.
POSITION_CTE = """
position AS MATERIALIZED (
  SELECT CASE WHEN pg_is_in_recovery()
         THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
         ELSE pg_current_wal_lsn() END AS lsn
)"""


def _behind(expression: str) -> str:
    lag = f"greatest(0, pg_wal_lsn_diff((SELECT lsn FROM position), ({expression})::pg_lsn))"
    return f"CASE WHEN {expression} IS NOT NULL THEN {lag} END"


RECEIVER = f"""(SELECT json_build_object(
      'status', s->>'status', 'sender_host', s->>'sender_host',
      'sender_port', (s->>'sender_port')::int, 'slot_name', s->>'slot_name',
      'timeline', (s->>'received_tli')::int,
      'last_message_s', {age("(s->>'last_msg_receipt_time')::timestamptz")})
    FROM (SELECT to_jsonb(r) AS s FROM pg_stat_wal_receiver AS r) AS r)"""

REPLICATION = f"""json_build_object(
  'standbys', (SELECT coalesce(json_agg(e), '[]') FROM (
    SELECT s->>'application_name' AS application_name, split_part(s->>'client_addr', '/', 1)
        AS client_addr, s->>'state' AS state, s->>'sync_state' AS sync_state,
      {_behind("s->>'sent_lsn'")} AS send_lag_bytes,
      {_behind("s->>'replay_lsn'")} AS replay_lag_bytes,
      round(extract(epoch FROM (s->>'replay_lag')::interval)::numeric, 3) AS replay_lag_s
    FROM (SELECT to_jsonb(r) AS s FROM pg_stat_replication AS r
          ORDER BY r.application_name, r.pid LIMIT {MOST_STANDBYS}) AS r) AS e),
  'slots', (SELECT coalesce(json_agg(e), '[]') FROM (
    SELECT s->>'slot_name' AS name, s->>'slot_type' AS type, (s->>'active')::boolean AS active,
      s->>'database' AS database, s->>'restart_lsn' AS restart_lsn, s->>'wal_status' AS wal_status,
      {_behind("s->>'restart_lsn'")} AS retained_bytes, s->>'inactive_since' AS inactive_since,
      s->>'invalidation_reason' AS invalidation_reason
    FROM (SELECT to_jsonb(r) AS s FROM pg_replication_slots AS r
          ORDER BY r.restart_lsn NULLS LAST, r.slot_name LIMIT {MOST_SLOTS}) AS r) AS e),
  'receiver', {RECEIVER},
  'replay', CASE WHEN pg_is_in_recovery() THEN json_build_object(
      'paused', pg_is_wal_replay_paused(),
      'received_lsn', pg_last_wal_receive_lsn(), 'replayed_lsn', pg_last_wal_replay_lsn(),
      'behind_bytes', greatest(0, pg_wal_lsn_diff(
        pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())),
      'last_transaction_s', {age("pg_last_xact_replay_timestamp()")}) END,
  'timeline', CASE WHEN pg_is_in_recovery()
      THEN (SELECT (to_jsonb(r)->>'received_tli')::int FROM pg_stat_wal_receiver AS r)
      ELSE ('x' || substr(pg_walfile_name((SELECT lsn FROM position)), 1, 8))::bit(32)::int END)"""

TRANSACTIONS = f"""json_build_object(
  'prepared_total', (SELECT count(*) FROM pg_prepared_xacts),
  'prepared', (SELECT coalesce(json_agg(e), '[]') FROM (
    SELECT x.gid, x.owner::text AS owner, x.database::text AS database,
      {instant("x.prepared")} AS prepared_at,
      {age("x.prepared")} AS age_s
    FROM pg_prepared_xacts AS x ORDER BY x.prepared, x.gid LIMIT {MOST_PREPARED}) AS e),
  'wraparound', (SELECT json_build_object('database', d.datname, 'xid_age', age(d.datfrozenxid),
      'multixact_age', mxid_age(d.datminmxid),
      'freeze_max_age', current_setting('autovacuum_freeze_max_age')::bigint)
    FROM pg_database AS d ORDER BY age(d.datfrozenxid) DESC, d.datname LIMIT 1),
  'oldest_snapshot_xid_age', (SELECT max(age(a.backend_xmin)) FROM pg_stat_activity AS a),
  'archiver', (SELECT json_build_object(
      'mode', current_setting('archive_mode'),
      'archived_count', r.archived_count, 'last_archived_wal', r.last_archived_wal,
      'last_archived_at', {instant("r.last_archived_time")},
      'failed_count', r.failed_count, 'last_failed_wal', r.last_failed_wal,
      'last_failed_at', {instant("r.last_failed_time")},
      'failing', coalesce(r.last_failed_time > r.last_archived_time,
                          r.last_failed_time IS NOT NULL))
    FROM pg_stat_archiver AS r))"""

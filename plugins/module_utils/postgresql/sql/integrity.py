# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is the data whole: what the server counted, and what the catalog's own queries answer."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.activity import (
    instant,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.script import (
    transaction,
)

QUERY_TIMEOUT_MS = 60_000


def checksums() -> str:
    return transaction(f"""SELECT json_build_object(
  'on', current_setting('data_checksums') = 'on',
  'failures', (SELECT coalesce(json_agg(json_build_object('database', coalesce(d.datname, '(shared)'),
      'count', d.checksum_failures, 'last_at', {instant("d.checksum_last_failure")})), '[]')
    FROM pg_stat_database AS d WHERE d.checksum_failures > 0))::text""")


def one_value(query: str) -> str:
    """A query of the catalog, as text. As a part of our own statement it is one SELECT and no more."""
    return transaction(
        f"SELECT json_build_object('value', (\n{query.strip().rstrip(';')}\n)::text)::text",
        timeout_ms=QUERY_TIMEOUT_MS,
    )


def copy_state() -> str:
    """A copy on its way to its target: replay is paused when it is there. What a transaction had locked
    that was under way then, as by DROP TABLE, stays locked until recovery ends."""
    return transaction(f"""SELECT json_build_object(
  'in_recovery', pg_is_in_recovery(),
  'paused', pg_is_in_recovery() AND pg_is_wal_replay_paused(),
  'locked', (SELECT count(*) FROM pg_locks AS l WHERE l.locktype = 'relation' AND l.granted
    AND l.mode = 'AccessExclusiveLock' AND l.pid IS DISTINCT FROM pg_backend_pid()),
  'read_only', (SELECT g.reset_val = 'on' FROM pg_settings AS g
    WHERE g.name = 'default_transaction_read_only'),
  'replayed_at', {instant("pg_last_xact_replay_timestamp()")},
  'lsn', pg_last_wal_replay_lsn()::text)::text""")


def end_recovery() -> str:
    """Of a copy that is at its target: what was under way then is rolled back, as after a crash."""
    return "SELECT to_json(pg_wal_replay_resume()::text)::text"

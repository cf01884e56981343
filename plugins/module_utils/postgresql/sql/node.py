# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One server as a node of a cluster: who it is, which way it faces, how far it has come; and its promotion."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.activity import (
    age,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.replication import (
    RECEIVER,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.script import (
    transaction,
)

PROMOTION_S = 60

# What was received counts, also before it is replayed: a promotion replays it first.
_LSN = """CASE WHEN pg_is_in_recovery()
    THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) ELSE pg_current_wal_lsn() END"""

NODE = f"""(SELECT json_build_object(
  'in_recovery', pg_is_in_recovery(),
  'read_only', current_setting('default_transaction_read_only') = 'on',
  'system', (SELECT system_identifier::text FROM pg_control_system()),
  'timeline', CASE WHEN pg_is_in_recovery()
    THEN greatest((SELECT timeline_id FROM pg_control_checkpoint()),
                  (SELECT (to_jsonb(r)->>'received_tli')::int FROM pg_stat_wal_receiver AS r))
    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END,
  'lsn', l.lsn::text,
  'position', pg_wal_lsn_diff(l.lsn, '0/0')::bigint,
  'behind_bytes', CASE WHEN pg_is_in_recovery()
    THEN greatest(0, pg_wal_lsn_diff(l.lsn, pg_last_wal_replay_lsn()))::bigint END,
  'paused', CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() END,
  'replayed_s', CASE WHEN pg_is_in_recovery() THEN {age("pg_last_xact_replay_timestamp()")} END,
  'synchronous_standby_names', current_setting('synchronous_standby_names'),
  'receiver', {RECEIVER},
  'followers', (SELECT coalesce(json_agg(json_build_object('name', s->>'application_name',
      'state', s->>'state', 'sync_state', s->>'sync_state') ORDER BY s->>'application_name'), '[]')
    FROM (SELECT to_jsonb(r) AS s FROM pg_stat_replication AS r LIMIT 50) AS r))
FROM (SELECT {_LSN} AS lsn) AS l)"""


def promote() -> str:
    """Alone, and it waits until the server takes writes."""
    return f"SELECT to_json(pg_promote(true, {PROMOTION_S}))::text"


def write_test() -> str:
    """A real transaction that is committed, and leaves nothing: its table ends with it."""
    return transaction(
        "CREATE TEMPORARY TABLE oncall_write_test ON COMMIT DROP AS SELECT 1 AS written",
        "SELECT to_json(count(*))::text FROM pg_temp.oncall_write_test",
        read_only=False,
    )

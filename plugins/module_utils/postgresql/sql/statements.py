# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""pg_stat_statements, which may be in any schema, of any version, not loaded, or not there."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.activity import (
    query_bytes,
)

MOST_STATEMENTS = 10

# A relation that may be missing cannot stand in a plain statement, and one text must do for
# psql and libpq: so a block looks for it, catches what goes wrong, and leaves its answer in a
# setting that ends with the transaction. Columns were renamed in 1.8 (PostgreSQL 13), and an
# extension stays at its old version until somebody updates it.
COLLECT = f"""
DO LANGUAGE plpgsql $oncall$
DECLARE
  place text;
  suffix text;
  answer text;
BEGIN
  PERFORM set_config('oncall.statements', '{{"available": false, "why": "not_installed"}}', true);
  SELECT format('%I.pg_stat_statements', n.nspname),
    CASE WHEN EXISTS (SELECT FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
                      WHERE c.relname = 'pg_stat_statements' AND c.relnamespace = n.oid
                        AND a.attname = 'total_exec_time') THEN 'exec_time' ELSE 'time' END
    INTO place, suffix
    FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
    WHERE e.extname = 'pg_stat_statements';
  IF place IS NOT NULL THEN
    EXECUTE format($one$
      SELECT json_build_object('available', true, 'top', coalesce(json_agg(t), '[]'))::text FROM (
        SELECT d.datname::text AS database, r.rolname::text AS role, s.calls, s.rows,
          round(s.total_%2$s::numeric, 3) AS total_ms, round(s.mean_%2$s::numeric, 3) AS mean_ms,
          s.queryid::text AS query_id,
          CASE WHEN d.encoding = o.encoding OR o.encoding = 0
               THEN {query_bytes("s.query")} END AS query_bytes
        FROM (SELECT * FROM %1$s ORDER BY total_%2$s DESC LIMIT {MOST_STATEMENTS}) AS s
        LEFT JOIN pg_database AS d ON d.oid = s.dbid
        LEFT JOIN pg_roles AS r ON r.oid = s.userid
        CROSS JOIN (SELECT encoding FROM pg_database WHERE datname = current_database()) AS o
        ORDER BY s.total_%2$s DESC) AS t $one$, place, suffix) INTO answer;
    PERFORM set_config('oncall.statements', answer, true);
  END IF;
EXCEPTION WHEN OTHERS THEN
  PERFORM set_config('oncall.statements', json_build_object(
    'available', false, 'why', CASE SQLSTATE WHEN '42501' THEN 'insufficient_privilege'
      WHEN '55000' THEN 'not_loaded' ELSE 'failed' END, 'sqlstate', SQLSTATE)::text, true);
END
$oncall$"""
STATEMENTS = "current_setting('oncall.statements', true)::json"

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tables whose statistics are stale, indexes that are invalid or bloated, and what mends them.

Nothing here opens a table: pg_relation_size() would wait behind the very lock that is the
incident. Sizes are those of the last VACUUM or ANALYZE (pg_class.relpages).
"""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.activity import (
    BACKENDS,
    OBSERVED,
    age,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.script import (
    quoted,
    transaction,
)

MOST_TABLES = 20
MOST_INDEXES = 20
# A smaller index, and less than this of waste, is nobody's trouble.
BLOATED_BYTES = 10 * 1024 * 1024
BLOATED_TIMES = 3
# What REINDEX CONCURRENTLY leaves behind when it is cut off ("REINDEX" in the documentation).
LEFTOVER = r"_cc(new|old)[0-9]*$"
ANALYZE_TIMEOUT_MS = 60_000
TABLES = (BACKENDS, OBSERVED)

_BYTES = "c.relpages * current_setting('block_size')::bigint"
# ANALYZE and REINDEX are the owner's; since 17 also of whoever has MAINTAIN on the table.
_MAY = """(pg_has_role(current_user, t.relowner, 'USAGE')
  OR (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user)
  OR CASE WHEN current_setting('server_version_num')::int >= 170000
          THEN has_table_privilege(t.oid, 'MAINTAIN') ELSE false END)"""
_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
_ANALYZED_S = age("greatest(s.last_analyze, s.last_autoanalyze)")

_STALE = f"""SELECT n.nspname::text AS schema, t.relname::text AS name,
      s.n_mod_since_analyze AS changed, s.n_live_tup AS rows, {_ANALYZED_S} AS analyzed_s,
      {_MAY} AS may,
      EXISTS (SELECT FROM pg_locks AS l JOIN observed AS o ON o.pid = l.pid
              WHERE l.relation = t.oid AND o.class = 'active'
                AND o.statement_s >= params.long_query_s) AS concerned
    FROM params CROSS JOIN moment CROSS JOIN pg_stat_user_tables AS s
    JOIN pg_class AS t ON t.oid = s.relid JOIN pg_namespace AS n ON n.oid = t.relnamespace
    WHERE t.relkind IN ('r', 'm') AND t.relpersistence <> 't'
      AND s.n_mod_since_analyze >= params.stale_rows
      AND s.n_mod_since_analyze * 100 >= params.stale_percent * greatest(s.n_live_tup, 1)
    ORDER BY 7 DESC, 3 DESC, 1, 2 LIMIT {MOST_TABLES}"""
_INDEX = f"""n.nspname::text AS schema, c.relname::text AS name, t.relname::text AS table,
      i.indisvalid AS valid, i.indisunique AS unique, {_BYTES} AS bytes,
      c.relname ~ '{LEFTOVER}' AS leftover, {_MAY} AS may"""
_INDEXES = """pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relkind = 'i'
    JOIN pg_class AS t ON t.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace"""
# One that is being built is invalid, too, and is not to be touched.
_INVALID = f"""SELECT {_INDEX} FROM {_INDEXES}
    WHERE NOT i.indisvalid AND {_OURS}
      AND i.indrelid NOT IN (SELECT p.relid FROM pg_stat_progress_create_index AS p)
    ORDER BY c.relpages DESC, 1, 2 LIMIT {MOST_INDEXES}"""
# What a B-tree of so many rows would take: 8 bytes of header and 4 of line pointer for each, pages
# full to 90 %. Where a column's width is not known (of a table that we may not read), nothing is
# said; duplicates, which 13 and later fold, make it say less, never more.
_BLOATED = f"""SELECT b.schema, b.name, b.table, b.valid, b.unique, b.bytes, b.leftover, b.may,
      b.expected_bytes FROM (
    SELECT {_INDEX},
      ceil(greatest(c.reltuples, 0) * (12 + 8 * ceil(w.width / 8.0))
        / (0.9 * (current_setting('block_size')::int - 40)) + 1)::bigint
        * current_setting('block_size')::bigint AS expected_bytes
    FROM {_INDEXES} JOIN pg_am AS m ON m.oid = c.relam AND m.amname = 'btree'
    CROSS JOIN LATERAL (
      SELECT CASE WHEN bool_and(a.attlen > 0 OR s.avg_width IS NOT NULL)
             THEN sum(CASE WHEN a.attlen > 0 THEN a.attlen ELSE s.avg_width END) END AS width
      FROM pg_attribute AS a
      LEFT JOIN pg_attribute AS o ON o.attrelid = t.oid AND o.attnum = i.indkey[a.attnum - 1]
      LEFT JOIN pg_stats AS s ON s.schemaname = n.nspname AND s.tablename = t.relname
        AND s.attname = o.attname AND NOT s.inherited
      WHERE a.attrelid = c.oid) AS w
    WHERE i.indisvalid AND {_OURS} AND {_BYTES} >= {BLOATED_BYTES} AND c.reltuples >= 0
  ) AS b
  WHERE b.bytes > {BLOATED_TIMES} * b.expected_bytes
    AND b.bytes - b.expected_bytes >= {BLOATED_BYTES}
  ORDER BY b.bytes - b.expected_bytes DESC, 1, 2 LIMIT {MOST_INDEXES}"""


def _all(query: str) -> str:
    return f"(SELECT coalesce(json_agg(e), '[]') FROM ({query}) AS e)"


RELATIONS = f"""json_build_object(
  'stale', {_all(_STALE)}, 'invalid', {_all(_INVALID)}, 'bloated', {_all(_BLOATED)},
  'named', (SELECT to_json(e) FROM (SELECT {_INDEX} FROM params CROSS JOIN {_INDEXES}
    WHERE {_OURS} AND n.nspname || '.' || c.relname = params.index_name) AS e))"""


def table(schema: str, name: str) -> str:
    """What ANALYZE would meet, and has done."""
    return transaction(f"""SELECT json_build_object(
  'changed', s.n_mod_since_analyze, 'analyzed_s', {_ANALYZED_S}, 'may', {_MAY})::text
FROM (SELECT clock_timestamp() AS now) AS moment CROSS JOIN pg_stat_user_tables AS s
JOIN pg_class AS t ON t.oid = s.relid
WHERE s.schemaname = {quoted(schema)} AND s.relname = {quoted(name)} AND t.relkind IN ('r', 'm')""")


def index(schema: str, name: str) -> str:
    """An index as it is now."""
    return transaction(f"""SELECT to_json(e)::text FROM (SELECT {_INDEX} FROM {_INDEXES}
WHERE {_OURS} AND n.nspname = {quoted(schema)} AND c.relname = {quoted(name)}) AS e""")


def analyze(schema: str, name: str) -> str:
    """It reads a sample, whatever the table's size, and stands in nobody's way but DDL's."""
    return transaction(
        f"ANALYZE {_identifier(schema, name)}", timeout_ms=ANALYZE_TIMEOUT_MS, read_only=False
    )


def reindex(schema: str, name: str) -> str:
    """Alone: it makes transactions of its own, so that writers are not kept out."""
    return f"REINDEX INDEX CONCURRENTLY {_identifier(schema, name)}"


def _identifier(*names: str) -> str:
    for name in names:
        if not name or "\x00" in name:
            raise ValueError("a name is empty, or holds what no name can hold")
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run that changes nothing must leave as it was. It judges, not `changed`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

Snapshot = dict[str, dict[Any, Any]]

# Sessions of ours come and go; everybody else's stay, and so does the server's own start.
PARTS = {
    "server": "SELECT 'started', pg_postmaster_start_time()::text",
    "settings": """SELECT name, concat_ws(' | ', setting, source, sourcefile, sourceline, pending_restart)
      FROM pg_settings""",
    "roles": "SELECT rolname, to_jsonb(r)::text FROM pg_authid r",
    "members": "SELECT to_jsonb(m)::text, true FROM pg_auth_members m",
    "defaults": "SELECT to_jsonb(d)::text, true FROM pg_db_role_setting d",
    "databases": "SELECT datname, datdba::text FROM pg_database",
    "sessions": """SELECT pid, concat_ws(' | ', backend_start, usename, application_name)
      FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender')
      AND pid <> pg_backend_pid() AND application_name <> 'oncall.runbooks'""",
}
TABLES = """SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"""
DATABASES = "SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate"


def take(server: Any) -> Snapshot:
    """As the superuser sees it, and the file that ALTER SYSTEM writes."""
    with server.connect(application_name="snapshot") as connection:
        found: Snapshot = {
            part: dict(connection.execute(query.encode()).fetchall())
            for part, query in PARTS.items()
        }
        names = [name for (name,) in connection.execute(DATABASES.encode())]
    found["rows"] = {name: rows(server, name) for name in names}
    found["files"] = {"postgresql.auto.conf": auto_conf(server)}
    return found


def auto_conf(server: Any) -> bytes:
    return Path(server.data_dir, "postgresql.auto.conf").read_bytes()


def rows(server: Any, database: str) -> dict[str, str]:
    with server.connect(database=database, application_name="snapshot") as connection:
        connection.execute(b"SET lock_timeout = 300")
        tables = connection.execute(TABLES.encode()).fetchall()
        return {f"{schema}.{name}": checksum(connection, schema, name) for schema, name in tables}


def checksum(connection: psycopg.Connection[Any], schema: str, name: str) -> str:
    query = sql.SQL("SELECT count(*) || md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t")
    try:
        row = connection.execute(query.format(sql.Identifier(schema, name))).fetchone()
    except psycopg.errors.LockNotAvailable:
        return "locked"  # by the fault, and for everybody
    return str(row and row[0])


def differences(before: Snapshot, after: Snapshot, *, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """What is no longer as it was, as {part.name: (before, after)}."""
    return {
        f"{part}.{name}": (before[part].get(name), after[part].get(name))
        for part in before
        if part not in but
        for name in before[part].keys() | after[part].keys()
        if before[part].get(name) != after[part].get(name)
    }

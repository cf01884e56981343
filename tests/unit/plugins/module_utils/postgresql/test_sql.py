# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What can be said of the statements without a server; the integration tests run them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import sql
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql import script

START = "2026-11-21T03:04:05.123456Z"
SESSION = {"pid": 4711, "backend_start": START}


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ({}, "E'{}'"),
        ({"a": "it's"}, "E'{\"a\": \"it''s\"}'"),
        ({"a": "\\"}, 'E\'{"a": "\\\\\\\\"}\''),
        ({"a": "é"}, 'E\'{"a": "\\\\u00e9"}\''),
        ({"a": "\n'); DROP TABLE x;--"}, "E'{\"a\": \"\\\\n''); DROP TABLE x;--\"}'"),
    ],
)
def test_json_literal(value: Any, literal: str) -> None:
    assert script.json_literal(value) == literal
    assert script.json_literal(value).isascii()


@pytest.mark.parametrize("section", sql.SECTIONS)
def test_every_section_is_one_bounded_read_only_transaction(section: str) -> None:
    text = sql.snapshot({}, [section])
    assert text.startswith("BEGIN READ ONLY;\nSET LOCAL statement_timeout = ")
    assert text.endswith(";\nCOMMIT") and text.count("COMMIT") == 1
    assert "pg_terminate_backend" not in text
    # Without `SET LOCAL` a pooler would hand the setting on.
    assert text.count("\nSET ") == text.count("\nSET LOCAL ") == 5


def test_sections_share_what_they_read_from() -> None:
    text = sql.snapshot({}, ["sessions", "slots", "blocking", "sessions"])
    assert text.count("observed AS MATERIALIZED") == 1
    assert text.count("'sessions', ") == 1


def test_an_unknown_section_is_refused() -> None:
    with pytest.raises(ValueError, match="no such section: secrets"):
        sql.snapshot({}, ["server", "secrets"])


@pytest.mark.parametrize(
    "change",
    [
        {"sessions": [{"pid": "1", "backend_start": START}]},
        {"sessions": [{"pid": True, "backend_start": START}]},
        {"sessions": [{"pid": 0, "backend_start": START}]},
        {"sessions": [{"pid": 2**31, "backend_start": START}]},
        {"sessions": [{"pid": 1, "backend_start": "2026-11-21 03:04:05"}]},
        {"sessions": [{"pid": 1, "backend_start": f"{START}'; DROP TABLE x;--"}]},
        {"cap": -1},
        {"cap": "5"},
        {"cap": True},
        {"cap": None},
    ],
)
def test_what_must_not_become_a_statement(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|is not"):
        sql.end_sessions({"sessions": [SESSION], "cap": 5, **change})


def test_the_cap_has_a_cap() -> None:
    assert "<= 200 AS within" in sql.end_sessions({"sessions": [SESSION], "cap": 100_000})
    assert "<= 0 AS within" in sql.end_sessions({"sessions": [SESSION], "cap": 0})


def test_a_dry_run_holds_nothing_that_ends() -> None:
    asked = {"sessions": [SESSION], "cap": 5}
    assert "pg_terminate_backend" not in sql.end_sessions({**asked, "dry_run": True})
    assert sql.end_sessions(asked).count("pg_terminate_backend(") == 1


def test_who_offends_is_cancelled_before_it_is_ended() -> None:
    asked = {"sessions": [SESSION], "cap": 5, "rule": "offends"}
    first, last = sql.end_sessions({**asked, "step": "stop"}), sql.end_sessions(asked)
    assert first.count("pg_cancel_backend(") == first.count("pg_terminate_backend(") == 1
    assert "pg_cancel_backend(" not in last and last.count("pg_terminate_backend(") == 1
    dry = sql.end_sessions({**asked, "dry_run": True, "step": "stop"})
    assert "pg_cancel_backend(" not in dry and "pg_terminate_backend(" not in dry


@pytest.mark.parametrize(
    ("schema", "name", "quoted"),
    [
        ("public", "orders", '"public"."orders"'),
        ("Odd schema", 'a"; DROP TABLE x;--', '"Odd schema"."a""; DROP TABLE x;--"'),
    ],
)
def test_names_of_relations_are_quoted(schema: str, name: str, quoted: str) -> None:
    assert sql.reindex(schema, name) == f"REINDEX INDEX CONCURRENTLY {quoted}"
    assert f"ANALYZE {quoted};" in sql.analyze(schema, name)
    assert sql.analyze(schema, name).startswith("BEGIN;\nSET LOCAL statement_timeout = 60000")


@pytest.mark.parametrize(("schema", "name"), [("", "x"), ("public", ""), ("public", "a\x00b")])
def test_what_is_no_name_of_a_relation(schema: str, name: str) -> None:
    for build in (sql.reindex, sql.analyze):
        with pytest.raises(ValueError, match="a name is empty"):
            build(schema, name)


@pytest.mark.parametrize(
    "value", ["", "0", "-5", "1e3", "20; DROP TABLE x", "'20'", "9999999", "٣"]
)
def test_values_that_are_not_written(value: str) -> None:
    with pytest.raises(ValueError, match="is no value for max_connections"):
        sql.alter_setting("max_connections", value)


@pytest.mark.parametrize("name", ["work_mem", "max_connections; DROP TABLE x", "archive_command"])
def test_settings_that_are_not_written(name: str) -> None:
    for build in (sql.setting, sql.reset_setting):
        with pytest.raises(ValueError, match="is not written"):
            build(name)
    with pytest.raises(ValueError, match="is not written"):
        sql.alter_setting(name, "20")


def test_alter_system_stands_alone() -> None:
    assert sql.alter_setting("max_connections", "40") == "ALTER SYSTEM SET max_connections = E'40'"
    assert sql.reset_setting("max_connections") == "ALTER SYSTEM RESET max_connections"

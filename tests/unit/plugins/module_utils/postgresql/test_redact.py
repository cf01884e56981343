# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.redact import (
    LONGEST,
    redact,
)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("SELECT 1", "SELECT ?"),
        (
            "SELECT * FROM t1 WHERE id = 42 AND x2 = 3.5e-7",
            "SELECT * FROM t1 WHERE id = ? AND x2 = ?",
        ),
        ("SELECT .5, 0x1F, 1_000, -7", "SELECT ?, ?, ?, -?"),
        ("SELECT 'it''s', name FROM t", "SELECT ?, name FROM t"),
        ("SELECT E'a\\'b', c", "SELECT ?, c"),
        ("SELECT e'\\\\', c", "SELECT ?, c"),
        ("SELECT U&'\\0041', n'x', b'01', X'1F'", "SELECT ? …"),
        ("SELECT N'x', b'01', X'1F'", "SELECT ?, ?, ?"),
        ("SELECT $$secret 'x'$$, $tag$ a $$ b $tag$, c", "SELECT ?, ?, c"),
        ("SELECT $1, $2::text", "SELECT $1, $2::text"),
        ('SELECT "Col 1", "a""b" FROM "T"', 'SELECT "Col 1", "a""b" FROM "T"'),
        ("SELECT 1 -- token=abc\n, 2", "SELECT ? , ?"),
        ("SELECT /* user 7 /* nested */ secret */ 1", "SELECT ?"),
        ("SELECT a$1b, c$d$e FROM t", "SELECT a$1b, c$d$e FROM t"),
        # Cut off by pg_stat_activity, or never closed: nothing of it is left.
        ("SELECT 'canary", "SELECT ?"),
        ("SELECT E'canary\\", "SELECT ?"),
        ("SELECT $x$canary", "SELECT ?"),
        ("SELECT 1 /* canary", "SELECT ?"),
        # Whether a backslash escapes depends on the session: all that follows may be a literal.
        ("SELECT 'a\\' OR x = 'canary'", "SELECT ? …"),
        ("SELECT x LIKE'a\\' OR x = 'canary'", "SELECT x LIKE? …"),
        # Secrets by their place.
        (
            "ALTER ROLE a PASSWORD 'canary' VALID UNTIL '2030'",
            "ALTER ROLE a PASSWORD ? VALID UNTIL ?",
        ),
        ("CREATE USER MAPPING FOR u SERVER s OPTIONS (password 'canary')", None),
        ("SELECT dblink('host=x password=canary')", "SELECT dblink(?)"),
        ("SET my.token = canary", "SET my.token = ?"),
        ("ALTER ROLE a PASSWORD canary", "ALTER ROLE a PASSWORD ?"),
        ("SELECT password FROM users WHERE password IS NULL", None),
        ("LISTEN jobs", "LISTEN jobs"),
        ("", ""),
        ("a\x1b[31m\u202eb\r\n\tc", "a [? b c"),
    ],
)
def test_redact(query: str, shown: str | None) -> None:
    line = redact(query)
    assert line is not None
    assert "canary" not in line
    if shown is not None:
        assert line == shown


def test_what_is_not_there_stays_so() -> None:
    assert redact(None) is None


def test_the_line_is_bounded() -> None:
    line = redact("SELECT " + ", ".join(f"column_{chr(97 + n % 26)}" for n in range(100)))
    assert line is not None and len(line) == LONGEST and line.endswith("…")


def test_a_hostile_text_costs_little() -> None:
    for text in ("'" * 5001, "/*" * 5000, "$" * 5000, '"' * 5001, "e'" + "\\" * 4999, "$a" * 5000):
        assert redact(text) is not None

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PG33: names of databases, roles and applications are data: never run, evaluated or rendered."""

from __future__ import annotations

import html
import html.parser
import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import programs
from ansible_collections.oncall.runbooks.tests.integration.faults.crowd import Crowd
from psycopg import sql

pytestmark = pytest.mark.slow
lab = sys.modules["oncall_lab_postgres"]
DATABASE = 'a=1"; DROP TABLE x;--'
LEAKING = 'rôle "x"; DROP TABLE x;-- {% raw %} $(id)'
RESPONDER = "on call — Zoë 'n' \"co\""
APPLICATION = "{{ 7*7 }} `id` a|b \"c\" 'd' <img src=x onerror=alert(1)>"
TABLE = "CREATE TABLE x AS SELECT 1 AS kept"


class Page(html.parser.HTMLParser):
    """What a browser makes of a report."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _unused in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def database(quiet: Any) -> Iterator[str]:
    name = sql.Identifier(DATABASE)
    with quiet.connect(application_name="lab") as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} STRATEGY file_copy").format(name))
    for place in (DATABASE, lab.DATABASE):
        with quiet.connect(database=place, application_name="lab") as connection:
            connection.execute(TABLE.encode())
    yield DATABASE
    Crowd(quiet).leave()
    with quiet.connect(application_name="lab") as connection:
        connection.execute(b"DROP TABLE x")
        connection.execute(sql.SQL("DROP DATABASE {}").format(name))


@pytest.mark.parametrize("via", ["tcp", "exec"])
def test_hostile_names_are_only_text(
    drill: Any, crowd: Any, role: Any, database: str, via: str
) -> None:
    role(LEAKING)
    role(RESPONDER, member_of=("pg_monitor", "pg_signal_backend"))
    case = drill(admin=False, user=RESPONDER, via=via, database=database)
    case = programs.on_the_path(case)
    case.healthy()
    opened = crowd.open(15, role=LEAKING, application=APPLICATION, database=database)
    crowd.age()
    checked = case.check()
    assert APPLICATION in checked.finding("postgresql_connections")["summary"]

    done = case.run()
    assert (done.outcome, done.rc) == ("recovered", 0)
    (change,) = done.report["changes"]
    assert [session["pid"] for session in change["after"]["ended"]] == opened[:2]
    for session in change["after"]["ended"]:
        named = (session["role"], session["application"], session["database"])
        assert named == (LEAKING, APPLICATION, DATABASE)
    case.healthy()

    for place in (DATABASE, lab.DATABASE):
        with case.server.connect(database=place, application_name="lab") as connection:
            assert connection.execute(b"SELECT kept FROM x").fetchall() == [(1,)]
    for run in (checked, done):
        shown_as_text(run)


def shown_as_text(run: Any) -> None:
    folder = run.state / "incidents" / run.report["incident"]
    texts = {name: (folder / f"report.{name}").read_text() for name in ("json", "md", "html")}
    assert json.loads(texts["json"]) == run.report
    page = Page(texts["html"])
    assert APPLICATION in page.text and "img" not in page.tags
    assert "<img" not in texts["md"]
    # Without its escapes, the record in Markdown holds the very names.
    assert APPLICATION in html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", texts["md"]))
    for row in re.findall(r"^\|.*\|$", texts["md"], re.MULTILINE):
        assert not re.search(r"(?<!\\)(\{\{|\{%|<)", row)
    assert "49 `id`" not in run.stdout + run.stderr + "".join(texts.values())

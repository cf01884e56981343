# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.report import markdown
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import visible
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.report.journal_lines import (
    CRIT,
    HOSTILE,
    INCIDENT,
    STORIES,
    Story,
    cut_off,
    end_sessions,
    hostile,
    needs_approval,
    recovered,
)

PIPE = re.compile(r"(?<!\\)(?:\\\\)*\|")


def tables(text: str) -> Iterator[list[list[str]]]:
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append(PIPE.split(line)[1:-1])
        elif rows:
            yield rows
            rows = []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain words, 40 %.", "plain words, 40 %."),
        ("snake_case stays", "snake_case stays"),
        ("_edges_ a__b", r"\_edges\_ a\_\_b"),
        ("a|b", r"a\|b"),
        ("a\\|b", r"a\\\|b"),
        ("line\nbreak\r\nand\ttab", "line break and tab"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("{{ 7*7 }}", r"\{\{ 7\*7 \}\}"),
        ("{% x %} {# y #}", r"\{\% x %\} \{\# y #\}"),
        ("[a](b) ![c](d)", r"\[a\](b) \!\[c\](d)"),
        ("`code`", r"\`code\`"),
        ("http://a.example www.b.example", r"http\://a.example www\.b.example"),
        ("# no heading", r"\# no heading"),
        ("- no item", r"\- no item"),
        ("~~gone~~ $x$", r"\~\~gone\~\~ \$x\$"),
        ("\x1b[31m \u202e \u200b \ud800", r"\\x1b\[31m \\u202e \\u200b \\ud800"),
        (None, "None"),
        (17, "17"),
    ],
)
def test_text_is_escaped(value: object, expected: str) -> None:
    assert markdown.text(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("end_sessions", "`end_sessions`"),
        ("-e approve=a@b", "`-e approve=a@b`"),
        ("a`b", r"a\`b"),
        ("a|b", r"a\|b"),
        ("{{ x }}", r"\{\{ x \}\}"),
        ("a\nb", "`a b`"),
        ("", "—"),
        (" ", "—"),
    ],
)
def test_only_harmless_names_are_code(value: object, expected: str) -> None:
    assert markdown.code(value) == expected


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_every_table_is_whole(story: Any) -> None:
    text = markdown.render(story().report())
    found = list(tables(text))
    assert found
    for rows in found:
        assert {len(row) for row in rows} == {len(rows[0])}
        assert set(rows[1]) == {" --- "}


def test_hostile_text_injects_nothing() -> None:
    text = markdown.render(hostile().report())
    assert text.replace("\n", "").isprintable()
    assert not re.search(
        r"<|\{\{|\{%|(?<!\\)`x`|(?<!\\)\*\*b|(?<!\\)\[x|://e\.", text.replace(r"\://", "")
    )
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert [line for line in headings if "###" not in line] == [
        f"# Incident {INCIDENT}: error", "## Timeline", "## Findings", "## Plan", "## Changes",
        "## Evidence", "## Journal",
    ]  # fmt: skip


def test_hostile_text_is_still_there_for_a_reader() -> None:
    text = markdown.render(hostile().report())
    assert markdown.text(HOSTILE) in text
    shown = re.sub(r"\\([\\`*_{}\[\]|~$!#.:%-])", r"\1", markdown.text(HOSTILE))
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        shown = shown.replace(entity, character)
    assert shown == visible(HOSTILE)


def test_a_markdown_reader_sees_text_only() -> None:
    reader = pytest.importorskip("markdown_it").MarkdownIt("commonmark").enable("table")
    tokens = reader.parse(markdown.render(hostile().report()))
    children = [child for token in tokens for child in token.children or []]
    assert {token.type for token in tokens} >= {"table_open", "heading_open"}
    assert not {child.type for child in children} & {
        "html_inline", "link_open", "image", "em_open", "softbreak", "hardbreak",
    }  # fmt: skip
    assert not [token for token in tokens if token.type in ("html_block", "code_block", "fence")]
    assert {c.content for c in children if c.type == "code_inline"}.isdisjoint({"x"})


READING = (
    "| `db` | `postgresql_connections` | crit, 100 %, threshold 80 % (`idle_sessions`)"
    " | ok, 20 %, threshold 80 % (`ok`) |"
)
SESSION = "    - pid 4711, role app, application api, client 10.0.0.5, state idle, idle_s 512"
NO_UNDO = "- Undo: none: an ended session cannot be restored; clients connect again by themselves"
REVERT = f"ansible-playbook playbooks/revert.yml -e service=db -e incident={INCIDENT} -e change=2"
APPROVE = (
    "ansible-playbook playbooks/db_connection_exhausted.yml -e service=db"
    f" -e incident={INCIDENT} -e approve=raise_max_connections"
)


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (recovered, "| Time to healthy | 27.2 s |"),
        (recovered, READING),
        (recovered, "| 03:04:07 | 2.6 s | `db` | change 1 made: ended 13, skipped 1 |"),
        (recovered, "### 1. `end_sessions` on `db`: made"),
        (recovered, SESSION),
        (recovered, NO_UNDO),
        (recovered, f"- Undo: set max_connections back to 20 and restart db: `{REVERT}`"),
        (recovered, "- Expires: 2026-11-22 03:04:05 UTC"),
        (needs_approval, f"To allow `raise_max_connections`: `{APPROVE}`"),
        (needs_approval, "**Next step:** to allow it: add -e approve=raise_max_connections"),
        (needs_approval, "Nothing was changed."),
        (cut_off, "### 1. `end_sessions` on `db`: intended"),
        (cut_off, "The journal has no end of this run: it was cut off, or it is under way."),
        (STORIES["planned"], "Check mode: nothing was changed."),
    ],
)
def test_what_a_reader_looks_for(story: Any, expected: str) -> None:
    assert expected in markdown.render(story().report()).splitlines()


def test_a_reverted_change_offers_no_undo() -> None:
    report = recovered().add(40, "change_reverted", {"number": 2}).report()
    text = markdown.render(report)
    assert "- Undo: reverted at 2026-11-21 03:04:45 UTC" in text
    assert "-e change=2" not in text


def test_long_lists_are_cut() -> None:
    ended = {"ended": [{"pid": pid} for pid in range(200)]}
    story = Story().findings(1, CRIT).plan(2, end_sessions()).intend(3).made(4, after=ended)
    text = markdown.render(story.report())
    assert "    - pid 19\n    - and 180 more, in the journal\n" in text
    assert "pid 20\n" not in text

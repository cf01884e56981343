# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import (
    change,
    failure,
    findings,
    note,
    plan,
    progress,
    recap,
    report,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.kinds import KINDS
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import Page
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import columns
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import (
    HOSTILE,
    changed,
    entry,
    finding,
    texts,
)


def test_no_line_is_wider_than_the_page() -> None:
    text = "word " * 60 + "x" * 200 + " 日本語" * 30
    item = {"findings": [finding(summary=text)], "entries": [entry(summary=text, why=text)]}
    for width, services in ((40, ["db"]), (70, ["db", "y" * 70]), (140, ["db", "redis"])):
        page = Page(width=width, services=tuple(services))
        lines = findings.render(item, page) + plan.render(item, page)
        lines += change.render(changed("made", after={"summary": text}), page)
        lines += progress.render({"elapsed_s": 1, "text": text}, page)
        lines += report.render({"outcome": "error", "next_step": text}, page)
        assert [text for text in texts(lines) if columns(text) > width] == []


def test_hostile_names_cannot_reach_the_terminal() -> None:
    item = {
        "service": HOSTILE,
        "findings": [finding(summary=HOSTILE, unit=HOSTILE, reason=HOSTILE, check=HOSTILE)],
        "entries": [entry("needs_approval", summary=HOSTILE, approve_with=f"approve={HOSTILE}")],
        "change": {**changed("made")["change"], "after": {HOSTILE: HOSTILE, "skipped": [HOSTILE]}},
        "text": HOSTILE,
        "message": HOSTILE,
        "purpose": HOSTILE,
        "next_step": HOSTILE,
        "outcome": HOSTILE,
        "outcomes": {HOSTILE: HOSTILE, "b": "ok"},
        "files": {"html": HOSTILE},
        "approvals": [HOSTILE],
        "state": "refused",
        "scenario": HOSTILE,
        "incident": HOSTILE,
        "environment": HOSTILE,
    }
    page = Page(width=100, services=(HOSTILE, "b"), details=True, argv=(HOSTILE,))
    for kind, render in [*KINDS.items(), ("note", note.render)]:
        for text in texts(render(item, page)):
            assert text.isprintable(), (kind, text)
    for lines in (recap.counts({HOSTILE: {"ok": 1}}), recap.broken_off(HOSTILE, page)):
        assert all(text.isprintable() for text in texts(lines))
    assert failure.message({"msg": HOSTILE, "stderr": HOSTILE}, HOSTILE, True).isprintable()

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import outcome
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import report
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import (
    MANY,
    PAGE,
    WIDE,
    texts,
)


def test_closing_ends_with_the_outcome_and_the_next_step() -> None:
    item = {
        "outcome": "needs_approval",
        "outcomes": {"db": "needs_approval"},
        "next_step": "to allow it: add -e approve=x",
        "duration_s": 8.25,
        "files": {"html": "/state/report.html", "json": "/state/report.json"},
        "approvals": ["approve=x"],
    }
    assert texts(report.render(item, WIDE)) == [
        "",
        "  Report     /state/report.html",
        "  Outcome    NEEDS APPROVAL after 8.2 s: a step waits for an approval",
        "  Next step  to allow it: add -e approve=x",
        "             ansible-playbook playbooks/x.yml -e service=db -e approve=x",
    ]


def test_closing_of_several_services_names_the_outcome_of_each() -> None:
    item = {"outcome": "locked", "outcomes": {"api": "recovered", "redis": "locked"}}
    assert texts(report.render(item, MANY)) == [
        "",
        "  Outcome    LOCKED: somebody else works on it",
        "             api    RECOVERED",
        "             redis  LOCKED",
    ]


def test_the_path_of_the_report_is_never_broken() -> None:
    path = "/state/" + "x" * 90 + "/report.html"
    said = texts(report.render({"outcome": "done", "files": {"html": path}}, PAGE))
    assert said[1:3] == ["  Report", f"  {path}"]


@pytest.mark.parametrize("name", [*outcome.OUTCOMES, "nonsense", None])
def test_every_outcome_is_a_word_and_a_colour(name: Any) -> None:
    word, style, meaning = report.outcome(name)
    known = name in outcome.OUTCOMES
    good = known and outcome.exit_ok(str(name), [])
    assert (style != "crit") if good or name == "needs_approval" else (style == "crit")
    assert bool(meaning) is known
    if name:
        assert word == str(name).upper().replace("_", " ")

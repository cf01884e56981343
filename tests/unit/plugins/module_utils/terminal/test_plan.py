# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import plan
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import Page
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.plan import signature
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import (
    ARGV,
    PAGE,
    WIDE,
    entry,
    painted,
    texts,
)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (entry(), ["  PLANNED  safe  end 4 sessions"]),
        (
            entry(why="only 4 may be ended", undo={"none": "they are gone"}),
            [
                "  PLANNED  safe  end 4 sessions",
                "                 why: only 4 may be ended",
                "                 no undo: they are gone",
            ],
        ),
        (
            entry("refused", why="by hand: restart it", undo={"none": "nothing is changed"}),
            ["  REFUSED  safe  end 4 sessions", "                 why: by hand: restart it"],
        ),
        (
            entry("not_needed", why="all is well"),
            ["  NOT NEEDED  safe  end 4 sessions", "                    why: all is well"],
        ),
        (
            entry(
                "needs_approval",
                risk="disruptive",
                why="it is disruptive",
                approve_with="approve=end_sessions",
            ),
            [
                "  NEEDS APPROVAL  disruptive  end 4 sessions",
                "                              why: it is disruptive",
                "                              to approve it:",
                "                              ansible-playbook playbooks/x.yml -e service=db"
                " -e approve=end_sessions",
            ],
        ),
        # Only what waits for an approval has a command, and only when there is one.
        (entry("refused", why="", approve_with="approve=x"), ["  REFUSED  safe  end 4 sessions"]),
        (entry("needs_approval", why=""), ["  NEEDS APPROVAL  safe  end 4 sessions"]),
        ({"status": "future"}, ["  FUTURE"]),
    ],
)
def test_plan_entries(item: dict[str, Any], expected: list[str]) -> None:
    assert texts(plan.render({"service": "db", "entries": [item]}, WIDE)) == expected


@pytest.mark.parametrize(
    ("risk", "style"), [("safe", "ok"), ("disruptive", "warn"), ("destructive", "crit")]
)
def test_a_risk_is_a_word_and_a_colour(risk: str, style: str) -> None:
    lines = plan.render({"entries": [entry(risk=risk)]}, PAGE)
    assert f"<{style}>{risk}</>" in painted(lines)


def test_an_empty_plan_says_so() -> None:
    assert texts(plan.render({"service": "db", "entries": []}, PAGE)) == ["  nothing to do"]


@pytest.mark.parametrize(
    ("more", "same"),
    [
        ({}, True),
        ({"parameters": {"sessions": [1]}, "before": {"used": 3}}, True),
        ({"status": "refused"}, False),
        ({"summary": "end 5 sessions"}, False),
        ({"approve_with": "approve=x"}, False),
    ],
)
def test_signature_of_a_plan(more: dict[str, Any], same: bool) -> None:
    before, after = signature([entry()]), signature([entry(**more)])
    assert (before == after) is same


def test_on_awx_the_extra_variable_is_named() -> None:
    page = Page(width=200, services=("db",), argv=ARGV, on_awx=True)
    item = {"entries": [entry("needs_approval", approve_with="approve=x")]}
    said = " ".join(texts(plan.render(item, page)))
    assert "launch it again with the extra variable approve=x" in said
    assert "ansible-playbook" not in said

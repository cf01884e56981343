# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import NOTHING
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import findings
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import (
    MANY,
    PAGE,
    finding,
    painted,
    texts,
)


def test_findings_are_a_table_with_the_worst_first() -> None:
    rows = [
        finding("ok", value=None, threshold=None, unit=None, summary="fine"),
        finding("warn", value=12.345, threshold=10, unit="seconds", summary="slow"),
        finding("unknown", value=None, threshold=None, unit=None, summary="not read"),
        finding(),
    ]
    assert texts(findings.render({"service": "db", "findings": rows}, PAGE)) == [
        "            value  threshold",
        "  CRIT     94.1 %       95 %  16 of 17 slots are used",
        f"  UNKNOWN       {NOTHING}          {NOTHING}  not read",
        "  WARN     12.3 s       10 s  slow",
        f"  OK            {NOTHING}          {NOTHING}  fine",
    ]


def test_findings_without_figures_have_no_columns_for_them() -> None:
    rows = [finding("ok", value=None, threshold=None, summary="fine")]
    assert texts(findings.render({"findings": rows}, PAGE)) == ["  OK       fine"]


def test_findings_of_several_services_name_theirs_and_fold_what_is_ok() -> None:
    rows = [finding("ok", check="access"), finding(), finding("ok", check="pooler")]
    assert texts(findings.render({"service": "db", "findings": rows}, MANY)) == [
        "                         value  threshold",
        "  db           CRIT     94.1 %       95 %  16 of 17 slots are used",
        "  db           OK       access, pooler",
    ]


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        ("ok", "<ok>OK</>"),
        ("warn", "<warn>WARN</>"),
        ("crit", "<crit>CRIT</>"),
        ("unknown", "<unknown>UNKNOWN</>"),
        ("nonsense", "<unknown>UNKNOWN</>"),
        (None, "<unknown>UNKNOWN</>"),
    ],
)
def test_a_severity_is_a_word_and_a_colour(severity: Any, expected: str) -> None:
    lines = findings.render({"findings": [{"severity": severity, "summary": "x"}]}, PAGE)
    assert expected in painted(lines)


@pytest.mark.parametrize("found", [[], None, "text", [None]])
def test_no_finding_is_unknown(found: Any) -> None:
    assert "UNKNOWN" in "".join(texts(findings.render({"findings": found}, PAGE)))

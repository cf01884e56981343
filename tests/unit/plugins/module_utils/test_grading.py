# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From readings to findings: every check has its say, and no data is never 'ok'."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import checks, grading
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.postgresql_readings import (
    INPUTS,
    document,
    idle,
    locked_out,
    reading,
)

FOLDER = Path(next(iter(checks.__path__)))
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
POSTGRESQL = ("postgresql_access", "postgresql_connections", "postgresql_pooler")
FIELDS = [
    "check", "service", "severity", "reason", "value", "unit", "threshold", "summary", "evidence",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_check_names_its_probe_and_its_reasons(name: str) -> None:
    check = grading.check(name)
    assert check.PROBE
    assert len(set(check.REASONS)) == len(check.REASONS)
    assert "ok" not in check.REASONS


@pytest.mark.parametrize(
    "name", ["", "../os", "os.path", "Postgresql", "postgresql-access", "_x", "a b", "grading\n"]
)
def test_what_is_no_name_of_a_check(name: str) -> None:
    with pytest.raises(ValueError, match="is no check's name"):
        grading.check(name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("readings", [{}, {"postgresql": None, "changes": None}, {"other": {}}])
def test_no_reading_is_unknown(name: str, readings: dict[str, Any]) -> None:
    (found,) = grading.grade([name], readings, INPUTS, "db")
    assert (found["severity"], found["reason"]) == ("unknown", "not_read")
    assert (found["check"], found["service"]) == (name, "db")


@pytest.mark.parametrize(
    ("given", "severities"),
    [
        (reading(document(idle(3))), {"postgresql_access": "ok", "postgresql_connections": "ok"}),
        (
            reading(document(idle(17)), pooler={"pools": []}),
            {
                "postgresql_access": "ok",
                "postgresql_connections": "crit",
                "postgresql_pooler": "ok",
            },
        ),
        (locked_out(), {"postgresql_access": "crit", "postgresql_connections": "crit"}),
    ],
)
def test_grade(given: dict[str, Any], severities: dict[str, str]) -> None:
    found = grading.grade(POSTGRESQL, {"postgresql": given}, INPUTS, "db")
    assert {one["check"]: one["severity"] for one in found} == severities
    for one in found:
        assert list(one) == FIELDS
        assert (one["service"], one["evidence"]) == ("db", None)
        assert one["summary"].isprintable()


def test_a_reason_that_is_not_listed_is_our_own_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    def grade(given: object, inputs: object) -> list[dict[str, Any]]:
        return [grading.finding("warn", "invented", "x")]

    check = SimpleNamespace(PROBE="postgresql", REASONS=("listed",), grade=grade)
    monkeypatch.setattr(grading, "check", lambda name: check)
    with pytest.raises(ValueError, match="gave the reason invented, which it does not list"):
        grading.grade(["x"], {"postgresql": {"way": None}}, INPUTS, "db")

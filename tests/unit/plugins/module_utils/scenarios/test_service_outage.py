# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import instance
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    crashing,
    dependencies,
    health,
    planned,
    short,
    workload,
)

STOPPED = {"workload": workload(instance("api-1", "stopped", exit_code=1))}


@pytest.mark.parametrize(
    ("readings", "kind", "expected"),
    [
        ({}, "http", []),
        (STOPPED, "http", [("start_service", "planned")]),
        (STOPPED, "postgresql", [("start_service", "planned")]),
        ({"workload": crashing()}, "worker", [("restart_service", "planned")]),
        ({"workload": crashing()}, "postgresql", [("restart_service", "refused")]),
        ({"health": health("timeout")}, "http", [("restart_service", "planned")]),
        ({**STOPPED, "dependencies": dependencies(db="stopped")}, "http", [("start_service", "refused")]),
        ({"dependencies": dependencies(db="stopped")}, "http", []),  # it serves all the same
    ],
)  # fmt: skip
def test_plan(readings: dict[str, Any], kind: str, expected: list[tuple[str, str]]) -> None:
    assert short(planned("service_outage", readings, kind=kind)) == expected


def test_check_mode_tells_what_it_would_come_to() -> None:
    """A real run would have brought the database back before it looks at the api again."""
    readings = {**STOPPED, "dependencies": dependencies(db="stopped")}
    (entry,) = planned("service_outage", readings, promised=["db"])
    assert (entry["action"], entry["status"]) == ("restart_service", "planned")
    assert entry["why"] == "it is looked at again once db is back"

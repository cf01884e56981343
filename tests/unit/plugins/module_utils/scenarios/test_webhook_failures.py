# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is planned when webhooks fail: who delivers them comes back, and only then they are replayed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import instance
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils import (
    service_situations as situations,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.queue_readings import (
    failures,
    queue,
    reading,
    refused,
    waits,
)

CHECKS = (
    "queue_access", "queue_workers", "queue_failed", "workload", "health", "dependencies", "history",
)  # fmt: skip
STOPPED = {"workload": situations.workload(instance("w1", "stopped"))}
SICK = {"health": situations.health("wrong_status", 503)}
DB_DOWN = {"dependencies": situations.dependencies(db="stopped")}
REPLAY = "replay_failed"
START, RESTART = "start_service", "restart_service"


@pytest.mark.parametrize(
    ("one", "more", "approvals", "expected"),
    [
        (queue(), {}, [], []),
        (waits(50000), {}, [], []),
        (failures(1), {}, [], [(REPLAY, "needs_approval")]),
        (failures(1), {}, [REPLAY], [(REPLAY, "planned")]),
        (failures(9), SICK, [REPLAY], [(RESTART, "planned"), (REPLAY, "planned")]),
        (failures(9), SICK, [], [(RESTART, "planned"), (REPLAY, "needs_approval")]),
        (queue(), SICK, [REPLAY], [(RESTART, "planned")]),
        (failures(9, workers=0), STOPPED, [REPLAY], [(START, "planned"), (REPLAY, "planned")]),
        (failures(9, workers=0), {}, [REPLAY], [(RESTART, "planned"), (REPLAY, "planned")]),
        # To who does not come back nothing is replayed.
        (failures(9), {**SICK, **DB_DOWN}, [REPLAY], [(RESTART, "refused")]),
        (failures(9, rates={"failed": 20, "drained": 20}), {}, [REPLAY], [(REPLAY, "refused")]),
        (failures(9, rates={"failed": 20, "drained": 20}), SICK, [REPLAY], [(RESTART, "planned"), (REPLAY, "planned")]),
        (failures(9, paused_by="person"), {}, [REPLAY], [(REPLAY, "refused")]),
    ],
)  # fmt: skip
def test_planned(one: Any, more: Any, approvals: list[str], expected: Any) -> None:
    found = situations.planned(
        "webhook_failures",
        {"queue": reading(one), **more},
        kind="queue",
        checks=CHECKS,
        approve_up_to="safe",
        approvals=approvals,
    )
    assert situations.short(found) == expected


def test_a_redis_that_is_gone_stops_no_restart_and_every_replay() -> None:
    for more, expected in (({}, []), (SICK, [(RESTART, "planned")])):
        readings = {"queue": refused("refused"), **more}
        found = situations.planned(
            "webhook_failures", readings, kind="queue", checks=CHECKS, approvals=[REPLAY]
        )
        assert situations.short(found) == expected

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One judgement for every platform: what serves, what does not, and why."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import workload as check
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    condition,
    instance,
    reading,
    refused,
)


def up(name: str = "api-1", **more: Any) -> dict[str, Any]:
    return instance(name, "running", started_at="2026-11-21T03:00:00Z", **more)


def state(*instances: dict[str, Any], desired: int = 1, **more: Any) -> dict[str, Any]:
    return reading("compose", "service api", desired=desired, instances=instances, **more)


CRASHED = instance("api-1", "restarting", exit_code=1, restarts=7)
KILLED = instance("api-1", "stopped", exit_code=137, oom_killed=True)


@pytest.mark.parametrize(
    ("given", "severity", "reason", "summary"),
    [
        (state(up()), "ok", "ok", "1 of 1 serve, since 2026-11-21T03:00:00Z"),
        (state(up(ready=True)), "ok", "ok", "1 of 1 serve, since 2026-11-21T03:00:00Z"),
        (state(up(), up("api-2"), desired=1), "ok", "ok", "2 of 1 serve, since 2026-11-21T03:00:00Z"),
        (state(), "crit", "stopped", "nothing of it runs"),
        (state(desired=0), "crit", "stopped", "nothing of it runs"),
        (state(CRASHED), "crit", "crash_loop", "api-1 starts and ends again (exit code 1, 7 restarts)"),
        (
            state(KILLED), "crit", "oom_killed",
            "api-1 does not run (killed for want of memory, exit code 137)",
        ),
        (state(up(ready=False)), "crit", "unhealthy", "api-1 runs, but its health check fails"),
        (state(instance("api-1", "paused")), "crit", "paused", "api-1 is paused"),
        (state(instance("api-1", "starting")), "warn", "starting", "api-1 is starting"),
        (state(instance("api-1", "stopped", exit_code=0)), "crit", "stopped", "api-1 does not run (exit code 0)"),
        (
            state(up(), CRASHED, desired=2), "warn", "partial",
            "1 of 2 serve; api-1 starts and ends again (exit code 1, 7 restarts)",
        ),
        (
            refused("compose", "x", "container_runtime_unavailable", "the engine does not answer"),
            "unknown", "container_runtime_unavailable", "the engine does not answer",
        ),
    ],
)  # fmt: skip
def test_states(given: dict[str, Any], severity: str, reason: str, summary: str) -> None:
    found = check.grade(given, {})
    assert [(one["severity"], one["reason"], one["summary"]) for one in found] == [
        (severity, reason, summary)
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # The cause that only the platform knows takes the place of what the states say.
        (
            state(CRASHED, conditions=[condition("start_limit_hit", "6 starts in 10 s")]),
            [("crit", "start_limit_hit")],
        ),
        (
            state(conditions=[condition("masked_by_operator", "api.service is masked")]),
            [("crit", "masked_by_operator")],
        ),
        # While enough serves, a cause is a warning.
        (
            state(up(), conditions=[condition("image_pull", "shop:v9 is nowhere")]),
            [("warn", "image_pull")],
        ),
        (
            state(up(), conditions=[condition("need_daemon_reload", "unit file changed")]),
            [("warn", "need_daemon_reload")],
        ),
        # A node that is lost is the cause of what is down on it, and a warning while enough serves.
        (
            state(up(ready=False), conditions=[condition("node_not_ready", "node n1 is gone")]),
            [("crit", "node_not_ready")],
        ),
        (
            state(up(), conditions=[condition("node_not_ready", "node n1 is gone")]),
            [("warn", "node_not_ready")],
        ),
        # A warning does not hide that it is down.
        (
            state(CRASHED, conditions=[condition("need_daemon_reload", "unit file changed")]),
            [("crit", "crash_loop"), ("warn", "need_daemon_reload")],
        ),
    ],
)
def test_conditions(given: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert [(one["severity"], one["reason"]) for one in check.grade(given, {})] == expected


def test_an_unknown_state_is_refused() -> None:
    with pytest.raises(ValueError, match="no state of an instance"):
        instance("api-1", "fine")

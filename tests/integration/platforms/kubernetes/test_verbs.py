# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each verb: what it does, that the second run does nothing, and that the way back is exact."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.platforms.kubernetes.bench import Bench

pytestmark = pytest.mark.slow
SECRET = {"valueFrom": {"secretKeyRef": {"name": "database", "key": "password", "optional": True}}}
CANARY = "canary-5d1f0b7e"


def test_a_restart_is_done_once_for_an_incident(bench: Bench) -> None:
    """K811."""
    name = bench.deploy({"replicas": 2})
    what, section = f"deployment/{name}", bench.section(name)
    old, before = bench.read(section), bench.generation(what)
    assert bench.carry_out("restart", section, "--check", incident="INC-1").changed
    assert bench.generation(what) == before
    assert bench.carry_out("restart", section, incident="INC-1").changed
    assert bench.generation(what) == before + 1
    states = {one["name"]: one["state"] for one in bench.read(section)["instances"]}
    replaced = {one["name"] for one in old["instances"]}
    assert [state for name, state in states.items() if name not in replaced] == ["running"] * 2
    assert {states[name] for name in replaced if name in states} <= {"terminating"}
    assert not bench.carry_out("restart", section, incident="INC-1").changed
    assert bench.generation(what) == before + 1
    assert bench.carry_out("restart", section, incident="INC-2").changed


def test_stopped_and_started_as_it_was(bench: Bench) -> None:
    name = bench.deploy({"replicas": 3})
    what, section = f"deployment/{name}", bench.section(name)
    before = bench.snapshot(what)
    assert bench.carry_out("stop", section, "--check").changed
    assert bench.snapshot(what) == before
    done = bench.carry_out("stop", section)
    assert (done.changed, done.done["after"]["desired"]) == (True, 0)
    assert not bench.pods(name)
    assert "stopped_by_operator" not in bench.conditions(section)
    assert not bench.carry_out("stop", section).changed
    done = bench.carry_out("start", section)
    assert (done.changed, len(done.done["after"]["instances"])) == (True, 3)
    assert not bench.carry_out("start", section).changed
    assert bench.snapshot(what) == before


def test_a_number_that_nobody_kept_is_not_guessed(bench: Bench) -> None:
    name = bench.apply("Deployment", {"replicas": 0}, {})
    section = bench.section(name)
    assert "stopped_by_operator" in bench.conditions(section)
    assert "not known" in bench.carry_out("start", section).refused()
    assert bench.carry_out("scale", section, replicas=1).changed


def test_scaled_up_and_down(bench: Bench) -> None:
    name = bench.deploy({"replicas": 1})
    what, section = f"deployment/{name}", bench.section(name)
    before = bench.snapshot(what)
    assert bench.carry_out("scale", section, "--check", replicas=3).changed
    assert bench.snapshot(what) == before
    done = bench.carry_out("scale", section, replicas=3)
    assert (done.changed, len(done.done["after"]["instances"])) == (True, 3)
    assert not bench.carry_out("scale", section, replicas=3).changed
    assert bench.carry_out("scale", section, replicas=1).changed
    assert bench.snapshot(what) == before


def test_a_quota_is_asked_first(bench: Bench) -> None:
    name = bench.deploy(resources={"requests": {"cpu": "10m"}, "limits": {"memory": "32Mi"}})
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": f"q-{name}"},
        "spec": {"hard": {"limits.memory": "100Mi"}},
    }
    bench.create(quota)
    section, before = bench.section(name), bench.snapshot(f"deployment/{name}")
    said = bench.carry_out("scale", section, replicas=20).refused()
    assert "allows 100Mi of limits.memory" in said
    assert bench.snapshot(f"deployment/{name}") == before


def autoscaler(name: str, least: int, most: int) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    return {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most},
    }


def test_an_autoscaler_is_not_fought(bench: Bench) -> None:
    """K806: its least number is raised, and given back."""
    name = bench.deploy({"replicas": 1}, resources={"requests": {"cpu": "10m"}})
    bench.create(autoscaler(name, 1, 3))
    section, hpa = bench.section(name), f"hpa/{name}"
    before = (bench.snapshot(f"deployment/{name}"), spec_of(bench, hpa))
    assert bench.read(section)["owners"]["hpa"]["max"] == 3
    assert "allows at most 3" in bench.carry_out("scale", section, replicas=4).refused()

    done = bench.carry_out("scale", section, replicas=2)
    assert (done.changed, done.done["after"]["desired"]) == (True, 2)
    assert spec_of(bench, hpa)["minReplicas"] == 2
    assert not bench.carry_out("scale", section, replicas=2).changed
    assert bench.carry_out("scale", section, replicas=1).changed
    assert (bench.snapshot(f"deployment/{name}"), spec_of(bench, hpa)) == before
    assert "oncall.runbooks" not in str(bench.snapshot(hpa)["metadata"]["annotations"])


def spec_of(bench: Bench, what: str) -> Any:
    return bench.space.json(*what.split("/"))["spec"]


def test_variables_are_set_and_the_deployed_ones_come_back(bench: Bench) -> None:
    name = bench.deploy(
        env=[
            {"name": "FIRST", "value": "1"},
            {"name": "PASSWORD", **SECRET},
            {"name": "LAST", "value": "3"},
        ]
    )
    what, section = f"deployment/{name}", bench.section(name)
    before = bench.snapshot(what)
    wanted = {"FIRST": CANARY, "PASSWORD": "plain", "NEW": "yes"}
    assert bench.carry_out("set_env", section, "--check", environment=wanted).changed
    assert bench.snapshot(what) == before
    done = bench.carry_out("set_env", section, "-vvv", environment=wanted)
    assert done.changed
    assert CANARY not in str(done.done)
    env = {item["name"]: item.get("value") for item in env_of(bench, what)}
    assert env == {"FIRST": CANARY, "PASSWORD": "plain", "NEW": "yes", "LAST": "3"}
    assert not bench.carry_out("set_env", section, environment=wanted).changed
    again = bench.carry_out("set_env", section, environment={"FIRST": "other"})
    assert again.changed

    nothing = dict.fromkeys(wanted)
    assert bench.carry_out("set_env", section, environment=nothing).changed
    assert bench.snapshot(what) == before
    assert not bench.carry_out("set_env", section, environment=nothing).changed
    assert bench.read(section)["details"]["environment"] == ["FIRST", "PASSWORD", "LAST"]


def env_of(bench: Bench, what: str) -> Any:
    return spec_of(bench, what)["template"]["spec"]["containers"][0]["env"]


def test_what_was_deployed_since_stays(bench: Bench) -> None:
    name = bench.deploy(env=[{"name": "MODE", "value": "a"}])
    what, section = f"deployment/{name}", bench.section(name)
    assert bench.carry_out("set_env", section, environment={"MODE": "emergency"}).changed
    bench.space.kubectl("set", "env", what, "MODE=b")
    bench.space.kubectl("rollout", "status", what, "--timeout=60s")
    assert bench.carry_out("set_env", section, environment={"MODE": None}).changed
    assert env_of(bench, what) == [{"name": "MODE", "value": "b"}]


@pytest.mark.parametrize(
    "resources", [{}, {"limits": {"memory": "64M", "cpu": "1500m"}, "requests": {"cpu": "10m"}}]
)
def test_limits_are_set_and_the_deployed_ones_come_back(
    bench: Bench, resources: dict[str, Any]
) -> None:
    name = bench.deploy(resources=resources)
    what, section = f"deployment/{name}", bench.section(name)
    before = bench.snapshot(what)
    wanted = {"memory_bytes": 128 * 2**20}
    assert bench.carry_out("set_limits", section, "--check", limits=wanted).changed
    assert bench.snapshot(what) == before
    done = bench.carry_out("set_limits", section, limits=wanted)
    assert done.changed
    assert done.done["after"]["limits"]["memory_bytes"] == 128 * 2**20
    assert not bench.carry_out("set_limits", section, limits=wanted).changed
    assert bench.carry_out("set_limits", section, limits={"cpus": 0.5}).changed
    assert bench.read(section)["limits"] == {"memory_bytes": 128 * 2**20, "cpus": 0.5}
    nothing = {"memory_bytes": None, "cpus": None}
    assert bench.carry_out("set_limits", section, limits=nothing).changed
    assert bench.snapshot(what) == before
    assert not bench.carry_out("set_limits", section, limits=nothing).changed


def test_logs_also_of_what_ended(bench: Bench) -> None:
    name = bench.apply(
        "Deployment", {}, {"command": ["sh", "-c", "echo first line; echo why; exit 3"]}
    )
    section = bench.section(name)
    bench.until(section, "crash_loop")
    done = bench.carry_out("logs", section, lines=1)
    assert not done.changed
    assert set(done.done["after"]["logs"].values()) == {"why\n"}
    assert any("before its last restart" in name for name in done.done["after"]["logs"])

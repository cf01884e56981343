# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Back to a named release, once; refused where that would be a guess, or somebody else's business."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.platforms.kubernetes.bench import Bench

pytestmark = pytest.mark.slow
EXITS = ["sh", "-c", "exit 1"]
NEVER_READY = {"exec": {"command": ["false"]}, "periodSeconds": 1}


def back_once(bench: Bench, section: dict[str, Any], release: str) -> None:
    """Exactly one new generation, and none from the second run."""
    what = f"{section['workload']}/{section['name']}"
    before = bench.generation(what)
    assert bench.carry_out("rollback", section, "--check", release=release).changed
    assert bench.generation(what) == before
    done = bench.carry_out("rollback", section, release=release)
    assert (done.changed, done.done["after"]["current"]) == (True, release)
    left = [one for one in done.done["after"]["instances"] if one["state"] != "terminating"]
    assert {(one["release"], one["ready"]) for one in left} == {(release, True)}
    assert not bench.carry_out("rollback", section, release=release).changed
    assert bench.generation(what) == before + 1
    bench.space.kubectl("rollout", "status", what, "--timeout=5s")


def test_a_crash_loop(bench: Bench) -> None:
    """K801."""
    name = bench.deploy({"replicas": 2})
    what, section = f"deployment/{name}", bench.section(name)
    good, before = bench.read(section)["current"], bench.snapshot(what)
    bench.break_it(what, command=EXITS)
    said = bench.until(section, "crash_loop")
    reading = bench.read(section)
    assert f"revision 2, {reading['current']}" in said
    assert reading["current"] != good
    assert [one["name"] for one in reading["releases"]] == [reading["current"], good]
    assert all(one["present"] for one in reading["releases"])
    bad = reading["current"]
    back_once(bench, section, good)
    assert bench.snapshot(what) == before
    # And the way back from there is the release that was left.
    assert bad in [one["name"] for one in bench.read(section)["releases"]]


def test_an_image_that_cannot_be_had(bench: Bench) -> None:
    """K802: the old pods go on serving all the time."""
    name = bench.deploy({"replicas": 2})
    what, section = f"deployment/{name}", bench.section(name)
    good = bench.read(section)["current"]
    served = {pod["metadata"]["name"] for pod in bench.pods(name)}
    bench.break_it(what, image="shop:v99")
    assert "shop:v99" in bench.until(section, "image_pull")
    back_once(bench, section, good)
    pods = [pod for pod in bench.pods(name) if "deletionTimestamp" not in pod["metadata"]]
    assert {pod["metadata"]["name"] for pod in pods} == served
    assert all(not pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods)


def test_a_release_that_is_never_ready(bench: Bench) -> None:
    """K803."""
    name = bench.deploy({"progressDeadlineSeconds": 3})
    what, section = f"deployment/{name}", bench.section(name)
    good = bench.read(section)["current"]
    bench.break_it(what, readinessProbe=NEVER_READY)
    assert "timed out progressing" in bench.until(section, "progress_deadline_exceeded")
    back_once(bench, section, good)


def test_a_stateful_set_with_a_pod_that_will_never_be_ready(bench: Bench) -> None:
    """Its controller waits for that pod for ever; it is evicted, not deleted."""
    name = bench.apply("StatefulSet", {"serviceName": "none", "replicas": 2}, {})
    what, section = f"statefulset/{name}", bench.section(name, "statefulset")
    bench.space.kubectl("rollout", "status", what, "--timeout=60s")
    good, before = bench.read(section)["current"], bench.snapshot(what)
    bench.break_it(what, command=EXITS)
    bench.until(section, "crash_loop")
    back_once(bench, section, good)
    assert bench.snapshot(what) == before


def test_no_history(bench: Bench) -> None:
    """K812."""
    name = bench.deploy({"revisionHistoryLimit": 0})
    what, section = f"deployment/{name}", bench.section(name)
    good = bench.read(section)["current"]
    bench.break_it(what, image="shop:v2")
    bench.space.kubectl("rollout", "status", what, "--timeout=60s")
    before = bench.snapshot(what)
    assert "revisionHistoryLimit is 0" in bench.read(section)["obstacles"]["rollback"]
    assert "no earlier release" in bench.carry_out("rollback", section, release=good).refused()
    assert bench.snapshot(what) == before


def test_a_tag_that_moves_is_no_target(bench: Bench) -> None:
    name = bench.apply("Deployment", {}, {"image": "shop:latest"})
    what, section = f"deployment/{name}", bench.section(name)
    bench.until(section, "image_pull")
    moving = bench.read(section)["current"]
    bench.break_it(what, image="shop:v1")
    bench.space.kubectl("rollout", "status", what, "--timeout=60s")
    told = {one["name"]: one["present"] for one in bench.read(section)["releases"]}
    assert told[moving] is False
    assert (
        "tag of shop:latest moves" in bench.carry_out("rollback", section, release=moving).refused()
    )


@pytest.mark.parametrize("verb", ["restart", "rollback", "set_env"])
def test_a_paused_rollout_stays_paused(bench: Bench, verb: str) -> None:
    """K804."""
    name = bench.deploy()
    what, section = f"deployment/{name}", bench.section(name)
    good = bench.read(section)["current"]
    bench.break_it(what, image="shop:v2")
    bench.space.kubectl("rollout", "status", what, "--timeout=60s")
    bench.space.kubectl("rollout", "pause", what)
    before = bench.snapshot(what)
    wanted = {
        "restart": {"incident": "INC-1"},
        "rollback": {"release": good},
        "set_env": {"environment": {"A": "b"}},
    }[verb]
    assert "paused_by_operator" in bench.conditions(section)
    assert "paused" in bench.carry_out(verb, section, **wanted).refused()
    assert bench.snapshot(what) == before


def test_a_spent_disruption_budget(bench: Bench) -> None:
    """K805: waited for within a bound, then refused; no pod is taken away."""
    name = bench.apply("StatefulSet", {"serviceName": "none", "replicas": 1}, {})
    what, section = f"statefulset/{name}", bench.section(name, "statefulset")
    bench.space.kubectl("rollout", "status", what, "--timeout=60s")
    bench.create(
        {
            "apiVersion": "policy/v1beta1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": name},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": name}}},
        }
    )
    bench.space.kubectl("wait", "--for=jsonpath={.status.currentHealthy}=1", f"pdb/{name}")
    pods = [pod["metadata"]["uid"] for pod in bench.pods(name)]
    before = bench.snapshot(what)
    said = bench.carry_out("restart", section, incident="INC-1").refused()
    assert f"PodDisruptionBudget {name} lets no pod go now (1 healthy, 1 needed)" in said
    assert [pod["metadata"]["uid"] for pod in bench.pods(name)] == pods
    assert bench.snapshot(what) == before


MARKS = [
    ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:x/y"}}, "Argo CD (shop)"),
    ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, "Flux (apps)"),
]  # fmt: skip


@pytest.mark.parametrize(("mark", "who"), MARKS)
def test_what_git_declares_is_not_changed_behind_its_back(
    bench: Bench, mark: dict[str, Any], who: str
) -> None:
    """K807."""
    name = bench.deploy()
    what, section = f"deployment/{name}", bench.section(name)
    bench.patch(what, {"metadata": mark})
    before = bench.snapshot(what)
    assert bench.read(section)["owners"]["gitops"] == who
    assert f"{who} keeps it" in bench.carry_out("scale", section, replicas=2).refused()
    assert bench.snapshot(what) == before
    assert bench.carry_out("scale", {**section, "gitops": "override"}, replicas=2).changed

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a real API server's answers to the reading, and to what the check says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import workload as check
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    kept,
    owners,
    pods,
    state,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.platforms.kubernetes.captured import (
    SECTION,
    alone,
    seen,
)


def test_the_whole_reading() -> None:
    reading = state.of(seen())
    assert (reading["where"], reading["kind"], reading["desired"]) == (
        "shop/deployment/api",
        "Deployment",
        2,
    )
    bad, good = (one["name"] for one in reading["releases"])
    assert reading["current"] == bad
    assert reading["releases"][1]["title"] == "revision 1: shop:v1"
    by_release = {one["release"]: one for one in reading["instances"]}
    assert by_release[good]["ready"] is True
    assert by_release[bad]["state"] == "restarting"
    assert by_release[bad]["exit_code"] == 1
    (told,) = reading["conditions"]
    assert told["reason"] == "crash_loop"
    assert f"revision 2, {bad}" in told["message"]
    assert reading["owners"]["hpa"]["max"] == 4
    assert reading["limits"] == {"memory_bytes": 64 * 2**20}
    assert reading["details"]["environment"] == ["MODE", "PASSWORD"]
    # The old pods serve on: no alarm, but a warning.
    assert [(one["severity"], one["reason"]) for one in check.grade(reading, {})] == [
        ("warn", "crash_loop")
    ]


def test_no_value_of_a_variable_is_in_it() -> None:
    found = alone()
    found.workload["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "canary-1"
    assert "canary-1" not in str(state.of(found))


def test_none_of_that_name() -> None:
    reading = state.of(seen(workload=None))
    assert [one["reason"] for one in reading["conditions"]] == ["missing"]
    assert reading["obstacles"]["restart"] == "there is no deployment api"


def changed(path: str, value: Any) -> Any:
    """The workload with one thing changed, named by its path."""
    found = alone()
    at: Any = found.workload
    *above, last = path.split(".")
    for key in above:
        at = at[int(key)] if isinstance(at, list) else at.setdefault(key, {})
    at[last] = value
    return found


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("spec.paused", True, "paused_by_operator"),
        ("spec.replicas", 0, "stopped_by_operator"),
        ("status.conditions", [{"type": "Progressing", "status": "False", "message": "m",
                                "reason": "ProgressDeadlineExceeded"}], "progress_deadline_exceeded"),
        ("status.conditions", [{"type": "ReplicaFailure", "status": "True",
                                "message": "exceeded quota"}], "unschedulable"),
    ],
)  # fmt: skip
def test_conditions_of_the_workload(path: str, value: Any, reason: str) -> None:
    assert reason in [one["reason"] for one in state.of(changed(path, value))["conditions"]]


def test_what_this_collection_stopped_nobody_else_stopped() -> None:
    found = changed("spec.replicas", 0)
    found.workload["metadata"]["annotations"][kept.ANNOTATION] = '{"replicas":2}'
    assert "stopped_by_operator" not in [one["reason"] for one in state.of(found)["conditions"]]


@pytest.mark.parametrize(
    ("waiting", "reason"),
    [
        ("ErrImagePull", "image_pull"),
        ("ImagePullBackOff", "image_pull"),
        ("InvalidImageName", "image_pull"),
        ("ErrImageNeverPull", "image_pull"),
        ("CreateContainerConfigError", "config_invalid"),
        ("CrashLoopBackOff", "crash_loop"),
    ],
)
def test_why_a_container_waits(waiting: str, reason: str) -> None:
    found = alone()
    status: dict[str, Any] = {"name": "app", "image": "shop:v1", "restartCount": 0}
    status["state"] = {"waiting": {"reason": waiting, "message": "m"}}
    found.pods[0]["status"]["containerStatuses"] = [status]
    assert reason in [why for why, _said in pods.trouble(found.pods[0], found.now)]


@pytest.mark.parametrize(
    ("restarts", "age", "code", "loops"),
    [(1, 1, 1, False), (2, 1, 1, True), (2, 31, 1, False), (2, 1, 0, False), (9, 29, 137, True)],
)
def test_between_two_crashes_it_runs(restarts: int, age: int, code: int, loops: bool) -> None:
    found = alone()
    started = datetime.fromtimestamp(found.now - age, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {
        "name": "app", "image": "shop:v1", "restartCount": restarts,
        "state": {"running": {"startedAt": started}},
        "lastState": {"terminated": {"exitCode": code}},
    }  # fmt: skip
    found.pods[0]["status"]["containerStatuses"] = [status]
    told = [why for why, _said in pods.trouble(found.pods[0], found.now)]
    assert told == (["crash_loop"] if loops else [])


@pytest.mark.parametrize(
    ("reason", "code", "limit", "event", "killed"),
    [
        ("OOMKilled", 137, "64Mi", None, True),
        ("OOMKilled", 1, None, None, True),
        ("Error", 137, "64Mi", None, True),
        ("Error", 137, None, None, False),
        ("Error", 143, "64Mi", None, False),
        ("Error", 137, "64Mi", "Liveness probe failed: timeout", False),
        ("Error", 137, "64Mi", "Readiness probe failed: timeout", True),
    ],
)
def test_killed_for_want_of_memory(
    reason: str, code: int, limit: str | None, event: str | None, killed: bool
) -> None:
    pod = alone().pods[0]
    pod["spec"]["containers"][0]["resources"] = {"limits": {"memory": limit}} if limit else {}
    about = {
        "involvedObject": {"uid": pod["metadata"]["uid"]},
        "reason": "Unhealthy",
        "message": event,
    }
    ended = {"reason": reason, "exitCode": code}
    assert bool(pods.out_of_memory(pod, "app", ended, [about] if event else [])) is killed


@pytest.mark.parametrize(
    ("metadata", "who"),
    [
        ({}, ""),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, ""),
        ({"labels": {"argocd.argoproj.io/instance": "shop"}}, "Argo CD (shop)"),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:a/b"}}, "Argo CD (shop)"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"}}, "Flux (apps)"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "apps"},
          "annotations": {"kustomize.toolkit.fluxcd.io/reconcile": "disabled"}}, ""),
        ({"managedFields": [{"manager": "helm-controller"}]}, "Flux"),
        ({"managedFields": [{"manager": "kubectl"}]}, ""),
    ],
)  # fmt: skip
def test_who_keeps_it_as_git_says(metadata: dict[str, Any], who: str) -> None:
    assert owners.gitops({"metadata": metadata}) == who


def test_an_evicted_pod_is_no_instance() -> None:
    found = alone()
    found.pods[0]["status"]["phase"] = "Failed"
    reading = state.of(replace(found, section=SECTION))
    assert len(reading["instances"]) == len(found.pods) - 1
    assert reading["details"]["ended_pods"] == [found.pods[0]["metadata"]["name"]]

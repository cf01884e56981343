# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of a workload that does not do well, and of a cluster that does not answer."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import workload
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.tests.integration.platforms.kubernetes.bench import (
    SERVE,
    Bench,
)
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

pytestmark = pytest.mark.slow
# Takes more memory than it may have.
HUNGRY = ["python3", "-c", "x = bytearray(256 * 2**20); print(len(x))"]


def reasons(reading: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["severity"], one["reason"]) for one in workload.grade(reading, {})]


def test_a_healthy_one(bench: Bench) -> None:
    name = bench.deploy({"replicas": 2})
    reading = bench.read(bench.section(name))
    assert reasons(reading) == [("ok", "ok")]
    assert (reading["kind"], reading["desired"]) == ("Deployment", 2)
    assert [one["ready"] for one in reading["instances"]] == [True, True]
    assert reading["current"] == reading["releases"][0]["name"]
    assert reading["releases"][0]["title"] == "revision 1: shop:v1"
    assert reading["owners"] == {}
    # It never had another release.
    assert set(reading["obstacles"]) == {"rollback"}


def test_several_services_in_one_look(bench: Bench, space: lab.Namespace) -> None:
    from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import kubernetes
    from ansible_collections.oncall.runbooks.tests.integration.platforms.kubernetes import (
        bench as tools,
    )

    names = [bench.deploy(), bench.deploy({"replicas": 2})]
    sections = {name: bench.section(name) for name in (*names, "none")}
    found = tools.with_clusters(lambda reach: kubernetes.read(sections, reach))
    assert [len(found[name]["instances"]) for name in names] == [1, 2]
    assert found["none"]["conditions"][0]["reason"] == "missing"


def test_none_of_that_name(bench: Bench) -> None:
    reading = bench.read(bench.section("nothing"))
    assert reasons(reading) == [("crit", "missing")]
    assert "there is no deployment nothing" in reading["conditions"][0]["message"]


def test_a_pod_that_fits_nowhere(bench: Bench) -> None:
    """K815."""
    name = bench.apply("Deployment", {}, {"resources": {"requests": {"cpu": "1000"}}})
    section = bench.section(name)
    assert "Insufficient cpu" in bench.until(section, "unschedulable")
    reading = bench.read(section)
    assert reasons(reading) == [("crit", "unschedulable")]
    assert [one["state"] for one in reading["instances"]] == ["pending"]


def test_a_container_that_cannot_be_made(bench: Bench) -> None:
    reference = {"secretKeyRef": {"name": "not-there", "key": "x"}}
    name = bench.apply("Deployment", {}, {"env": [{"name": "A", "valueFrom": reference}]})
    said = bench.until(bench.section(name), "config_invalid")
    assert 'secret "not-there" not found' in said


def test_killed_for_want_of_memory(bench: Bench) -> None:
    """This kernel's reason is Error, so the flag alone would miss it."""
    resources = {"limits": {"memory": "32Mi"}}
    name = bench.apply("Deployment", {}, {"command": HUNGRY, "resources": resources})
    section = bench.section(name)
    bench.until(section, "oom_killed")
    reading = bench.read(section)
    (one,) = reading["instances"]
    assert (one["exit_code"], one["oom_killed"]) == (137, True)
    assert reading["limits"] == {"memory_bytes": 32 * 2**20}


def test_a_failed_liveness_probe_is_no_want_of_memory(bench: Bench) -> None:
    """The same exit code: the container ignores the signal to end, and is killed."""
    name = bench.apply(
        "Deployment",
        {},
        {
            "command": ["sh", "-c", "trap '' TERM; while :; do sleep 0.2; done"],
            "resources": {"limits": {"memory": "64Mi"}},
            "livenessProbe": {
                "exec": {"command": ["false"]},
                "periodSeconds": 1,
                "failureThreshold": 1,
            },
        },
    )
    section = bench.section(name)

    def told() -> bool:
        """The kubelet tells of the probe a moment after the restart."""
        (one,) = bench.read(section)["instances"]
        return bool(one["restarts"]) and (one["exit_code"], one["oom_killed"]) == (137, False)

    wait_for("the restart, and why", told, 90)


def test_a_node_that_is_not_ready(bench: Bench) -> None:
    """The pod's node is asked for only when the pod is not ready; here nobody's node is touched."""
    name = bench.apply("Deployment", {}, {"readinessProbe": {"exec": {"command": ["false"]}}})
    section = bench.section(name)
    wait_for("a pod", lambda: bool(bench.read(section)["instances"]), 30)
    assert "node_not_ready" not in bench.conditions(section)


def test_a_command_runs_in_a_pod_with_its_whole_input(bench: Bench) -> None:
    name = bench.deploy()
    section = bench.section(name)
    given = "".join(f"{number} äöü\n" for number in range(20_000))
    done = bench.execute(section, "cat; echo oh >&2; exit 5", given)
    assert (done.rc, done.stdout, done.stderr) == (5, given, "oh\n")
    assert bench.execute(section, "cat") == (0, "", "")
    assert bench.execute(section, "nothing-of-that-name").rc == 127
    with pytest.raises(Unreachable, match="has no pod that runs"):
        bench.execute(bench.section(bench.apply("Deployment", {"replicas": 0}, {})), "true")


def test_a_pod_that_is_not_ready_is_still_looked_into(bench: Bench) -> None:
    """A server that is full of connections fails its probe."""
    name = bench.apply("Deployment", {}, {"readinessProbe": {"exec": {"command": ["false"]}}})
    section = bench.section(name)

    def runs() -> bool:
        return [one["state"] for one in bench.read(section)["instances"]] in (
            ["running"],
            ["starting"],
        )

    wait_for("a pod that runs", runs, 30)
    assert bench.execute(section, "echo here").stdout == "here\n"


def test_several_containers(bench: Bench) -> None:
    side = {
        "name": "side",
        "image": "shop:v1",
        "imagePullPolicy": "Never",
        "command": ["sh", "-c", SERVE],
    }
    name = bench.deploy()
    bench.patch(f"deployment/{name}", {"spec": {"template": {"spec": {"containers": [side]}}}})
    bench.space.kubectl("rollout", "status", f"deployment/{name}", "--timeout=60s")
    section = bench.section(name)
    assert "several containers" in bench.read(section)["obstacles"]["set_env"]
    with pytest.raises(Unreachable, match="name one in the catalog"):
        bench.execute(section, "true")
    assert bench.execute({**section, "container": "side"}, "true").rc == 0
    assert "config_invalid" in bench.conditions({**section, "container": "none"})


def reader(space: lab.Namespace, folder: Path, *rules: dict[str, Any]) -> Path:
    """The kubeconfig of an account with these rules alone."""
    name = f"reader-{time.monotonic_ns()}"
    subject = {"kind": "ServiceAccount", "name": name, "namespace": space.name}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    for one in (
        {"apiVersion": "v1", "kind": "ServiceAccount"},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "rules": list(rules)},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "roleRef": role,
            "subjects": [subject],
        },
    ):
        given = json.dumps({**one, "metadata": {"name": name}})
        space.kubectl("apply", "-f", "-", given=given)
    wait_for("a token", lambda: "secrets" in space.json("serviceaccount", name), 20)
    secret = space.json("serviceaccount", name)["secrets"][0]["name"]
    encoded = space.json("secret", secret)["data"]["token"]
    config = json.loads(space.config.read_text())
    import base64

    config["users"][0]["user"] = {"token": base64.b64decode(encoded).decode()}
    return write(folder / "reader.kubeconfig", config)


def write(path: Path, config: dict[str, Any]) -> Path:
    path.touch(mode=0o600)
    path.write_text(json.dumps(config))
    return path


LOOK = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}


def test_credentials_that_only_look(bench: Bench, space: lab.Namespace, tmp_path: Path) -> None:
    """K808: told by verb and resource, before the first change."""
    name = bench.deploy()
    section = {**bench.section(name), "kubeconfig": str(reader(space, tmp_path, LOOK))}
    reading = bench.read(section)
    assert reasons(reading) == [("ok", "ok")]
    why = f"forbidden: these credentials may not patch deployments.apps in namespace {space.name}"
    assert reading["obstacles"]["restart"] == why
    before = bench.snapshot(f"deployment/{name}")
    for options in (["--check"], []):
        assert why in bench.carry_out("restart", section, *options, incident="INC-1").refused()
    assert bench.snapshot(f"deployment/{name}") == before


def test_credentials_that_may_not_even_look(
    bench: Bench, space: lab.Namespace, tmp_path: Path
) -> None:
    section = {**bench.section(bench.deploy()), "kubeconfig": str(reader(space, tmp_path))}
    reading = bench.read(section)
    assert reasons(reading) == [("unknown", "forbidden")]
    assert 'cannot get resource "deployments"' in reading["refused"]["message"]


class Turned(http.server.BaseHTTPRequestHandler):
    """What stands before an API server that is in trouble."""

    status: ClassVar[int] = 503
    asked: ClassVar[int] = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(self.status)
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Quiet."""


@contextlib.contextmanager
def turning_away(status: int) -> Iterator[tuple[str, type[Turned]]]:
    handler = type("Handler", (Turned,), {"status": status, "asked": 0})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


@contextlib.contextmanager
def silent() -> Iterator[str]:
    """Takes the connection and says nothing, as a server that was stopped with SIGSTOP."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def elsewhere(folder: Path, url: str) -> dict[str, Any]:
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
        "clusters": [{"name": "lab", "cluster": {"server": url}}],
        "users": [{"name": "lab", "user": {"token": "x"}}],
    }
    path = write(folder / "elsewhere.kubeconfig", config)
    return {"namespace": "shop", "workload": "deployment", "name": "api", "kubeconfig": str(path)}


def unavailable(bench: Bench, section: dict[str, Any], seconds: float) -> str:
    """K809: bounded, and never called down."""
    began = time.monotonic()
    reading = bench.read(section)
    assert time.monotonic() - began < seconds
    assert reasons(reading) == [("unknown", "apiserver_unavailable")]
    return str(reading["refused"]["message"])


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_turns_away(bench: Bench, tmp_path: Path, status: int) -> None:
    with turning_away(status) as (url, handler):
        assert f"answers {status}" in unavailable(bench, elsewhere(tmp_path, url), 10)
        assert handler.asked == 3


def test_a_server_that_says_nothing(bench: Bench, tmp_path: Path) -> None:
    with silent() as url:
        section = elsewhere(tmp_path, url)
        assert "timed out" in unavailable(bench, section, 15)
        done = bench.carry_out("restart", section, incident="INC-1")
        assert done.rc != 0
        assert "error: it: the API server does not answer" in done.output


def test_no_server(bench: Bench, tmp_path: Path) -> None:
    with silent() as url:
        pass
    assert "Connection refused" in unavailable(bench, elsewhere(tmp_path, url), 5)


def test_somebody_else_with_that_address(bench: Bench, tmp_path: Path) -> None:
    with turning_away(200) as (url, _handler):
        assert "no API server of Kubernetes" in unavailable(bench, elsewhere(tmp_path, url), 5)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is read of real Compose projects in trouble, and what the check makes of it. Reading touches nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import workload as check
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import (
    compose as compose_platform,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import platform
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose import (
    answers,
    change,
    script,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Reach,
    Unreachable,
)
from ansible_collections.oncall.runbooks.tests.integration.platforms.projects import (
    SLEEP,
    containers,
    entry,
    identity,
    image,
)
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import run, wait_for

pytestmark = pytest.mark.slow
COMPOSE = platform("compose")
UNHEALTHY = {"test": ["CMD", "false"], "interval": "1s", "retries": 1, "start_period": "0s"}
HEALTHY = {"test": ["CMD", "true"], "interval": "1s"}


def here(**environment: str) -> Reach:
    """A shell on this machine, as the connection of a local service gives it."""
    chosen = {**os.environ, **environment}

    def shell(command: str, stdin: str) -> Done:
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            input=stdin,
            capture_output=True,
            text=True,
            env=chosen,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return Reach(shell)


def read(stack: Any, service: str = "api", reach: Reach | None = None, **more: Any) -> Any:
    section = {**entry(stack, service)["compose"], **more}
    return COMPOSE.read({service: section}, reach or here())[service]


def findings(reading: Any) -> list[tuple[str, str]]:
    return [(one["severity"], one["reason"]) for one in check.grade(reading, {})]


def until(project: Any, severity: str, reason: str, service: str = "api") -> Any:
    """The reading that says so, once it does."""
    found: dict[str, Any] = {}

    def says_so() -> bool:
        found.update(read(project, service))
        return (severity, reason) in findings(found)

    wait_for(f"{service} is called {reason}", says_so, 30)
    return found


def test_healthy_with_and_without_a_health_check(compose: Any) -> None:
    project = compose({"api": {**SLEEP, "healthcheck": HEALTHY}, "work": {**SLEEP, "scale": 2}})
    reading = until(project, "ok", "ok")
    (one,) = reading["instances"]
    (real,) = containers(project, "api")
    assert (one["key"], one["started_at"]) == (real["Id"], real["State"]["StartedAt"])
    assert (one["name"], one["ready"]) == (f"{project.name}-api-1", True)
    assert reading["current"] == one["release"] == image("shop:v1")
    assert (reading["desired"], reading["obstacles"], reading["conditions"]) == (1, {}, [])
    work = read(project, "work")
    assert (work["desired"], [one["ready"] for one in work["instances"]]) == (2, [None, None])
    assert findings(work) == [("ok", "ok")]


def test_two_services_are_one_round_trip(compose: Any) -> None:
    project = compose({"api": SLEEP, "work": SLEEP})
    asked, shell = [], here().shell
    reach = Reach(lambda command, stdin: asked.append(command) or shell(command, stdin))  # type: ignore[func-returns-value]
    sections = {name: entry(project, name)["compose"] for name in ("api", "work")}
    found = COMPOSE.read(sections, reach)
    assert len(asked) == 1
    assert [findings(one) for one in found.values()] == [[("ok", "ok")]] * 2


def test_a_crash_loop(compose: Any) -> None:
    """DC01, also at a moment when it happens to run."""
    project = compose(
        {"api": {**SLEEP, "command": ["sh", "-c", "sleep 0.3; exit 7"], "restart": "always"}}
    )
    reading = until(project, "crit", "crash_loop")
    assert reading["instances"][0]["restarts"] > 0
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert findings(read(project)) == [("crit", "crash_loop")]
        time.sleep(0.1)


def test_unhealthy(compose: Any) -> None:
    """DC03."""
    project = compose({"api": {**SLEEP, "healthcheck": UNHEALTHY}})
    until(project, "crit", "unhealthy")


def test_paused(compose: Any) -> None:
    """DC06."""
    project = compose({"api": SLEEP})
    run("docker", "pause", containers(project, "api")[0]["Id"])
    reading = until(project, "crit", "paused")
    assert {"restart", "stop", "rollback"} <= set(reading["obstacles"])


def test_stopped_and_gone(compose: Any) -> None:
    project = compose({"api": SLEEP})
    key = containers(project, "api")[0]["Id"]
    run("docker", "stop", "-t", "0", key)
    reading = until(project, "crit", "stopped")
    assert reading["instances"][0]["exit_code"] in (137, 143)
    run("docker", "rm", key)
    reading = read(project)
    assert findings(reading) == [("crit", "missing")]
    assert reading["desired"] == 1
    assert findings(read(project, "nobody")) == [("crit", "missing")]


def test_an_image_that_is_nowhere(compose: Any) -> None:
    project = compose({"api": {**SLEEP, "image": "oncall-test/nowhere:9"}}, up=False)
    assert findings(read(project)) == [("crit", "image_pull")]


def test_killed_for_want_of_memory(compose: Any) -> None:
    """The engine's flag stays false here; the kernel's log names the container."""
    eat = "import time; time.sleep(1); x = bytearray(300_000_000)"
    command = ["python3", "-c", eat]
    project = compose({"api": {**SLEEP, "command": command, "init": False, "mem_limit": "48m"}})
    reading = until(project, "crit", "oom_killed")
    (one,) = reading["instances"]
    assert (one["exit_code"], one["oom_killed"]) == (137, True)
    assert reading["limits"] == {"memory_bytes": 48 * 2**20}


def test_killed_by_somebody(compose: Any) -> None:
    project = compose({"api": SLEEP})
    run("docker", "kill", containers(project, "api")[0]["Id"])
    reading = until(project, "crit", "stopped")
    (one,) = reading["instances"]
    assert (one["exit_code"], one["oom_killed"]) == (137, False)
    assert one["message"].startswith("killed: for want of memory, or by somebody")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_a_process_has(compose: Any, host: str) -> None:
    """DC08: by whom, and that one lives on."""
    port = lab.free_port()
    project = compose({"api": {**SLEEP, "ports": [f"127.0.0.1:{port}:80"]}})
    key = containers(project, "api")[0]["Id"]
    run("docker", "stop", "-t", "0", key)
    with socket.create_server((host, port)):
        run("docker", "start", key, check=False)
        reading = until(project, "crit", "port_conflict")
        (condition,) = reading["conditions"]
        assert f"needs port {port}, which process {os.getpid()} (" in condition["message"]
    run("docker", "start", key)
    assert findings(read(project)) == [("ok", "ok")]


def test_a_port_that_another_container_has(compose: Any) -> None:
    port = lab.free_port()
    ports = {"ports": [f"127.0.0.1:{port}:80"]}
    theirs = compose({"web": {**SLEEP, **ports}})
    ours = compose({"api": {**SLEEP, **ports}}, up=False)
    ours.compose("up", "--detach", check=False)
    (condition,) = until(ours, "crit", "port_conflict")["conditions"]
    assert f"which container {theirs.name}-web-1 has" in condition["message"]


@pytest.mark.parametrize(
    "broken", ["services: [", "services: {api: {image: '${NOT_SET:?set it}'}}"]
)
def test_a_broken_file(compose: Any, broken: str) -> None:
    """DC09: a warning while it runs, and what needs the file is refused."""
    project = compose({"api": SLEEP})
    same = identity(project, "api")
    (project.folder / "compose.yaml").write_text(broken)
    reading = read(project)
    assert findings(reading) == [("warn", "config_invalid")]
    assert set(reading["obstacles"]) == {"deploy", "rollback", "scale", "set_env", "set_limits"}
    assert identity(project, "api") == same


def test_the_same_service_of_two_projects(compose: Any) -> None:
    """DC10, also when both are started in one folder."""
    ours, theirs = compose({"api": SLEEP}), compose({"api": SLEEP})
    (one,) = read(ours)["instances"]
    assert one["key"] == containers(ours, "api")[0]["Id"]
    second = lab.Project(f"{theirs.name}b", theirs.folder)
    second.compose("-p", second.name, "up", "--detach")
    try:
        refused = read(theirs)["refused"]
        assert refused["reason"] == "not_managed"
        assert "say which, as project: NAME" in refused["message"]
        (one,) = read(theirs, project=second.name)["instances"]
        assert one["name"] == f"{second.name}-api-1"
    finally:
        second.compose("-p", second.name, "down", "--timeout", "0")


def test_oneoff_containers_are_not_the_service(compose: Any) -> None:
    project = compose({"api": SLEEP})
    project.compose("run", "--detach", "--rm", "api", "sleep", "30")
    assert len(read(project)["instances"]) == 1


def test_the_files_it_was_started_with(compose: Any) -> None:
    """Not those that Compose would take by itself."""
    project = compose({"api": SLEEP}, up=False)
    other = project.folder / "prod.yaml"
    other.write_text("services: {api: {scale: 2}}")
    project.compose("-f", "compose.yaml", "-f", "prod.yaml", "up", "--detach")
    reading = read(project)
    assert (reading["desired"], reading["obstacles"]) == (2, {})


def test_releases(compose: Any) -> None:
    known = {"previous": "shop:v2", "history": ["shop:v0", f"shop@sha256:{'0' * 64}"]}
    reading = read(compose({"api": SLEEP}), releases=known)
    here = {one["title"]: one for one in reading["releases"]}
    assert here["shop:v2"]["name"] == image("shop:v2")
    assert reading["current"] == here["shop:v1"]["name"]
    assert {"shop:v3", "shop:v4"} <= set(here), "images of the same repository are releases, too"
    assert all(one["name"].startswith("sha256:") for one in reading["releases"] if one["present"])
    assert [one["title"] for one in reading["releases"] if not one["present"]] == known["history"]


def test_values_of_variables_stay_on_the_host(compose: Any) -> None:
    project = compose(
        {
            "api": {
                **SLEEP,
                "environment": {"PASSWORD": "never-told-1"},
                "labels": {"x": "never-told-2"},
            }
        }
    )
    said, shell = [], here().shell

    def listening(command: str, stdin: str) -> Done:
        said.append(shell(command, stdin))
        return said[-1]

    reading = read(project, reach=Reach(listening))
    assert "PASSWORD" in reading["details"]["environment"]
    assert "never-told" not in str(said)


def test_inside(compose: Any) -> None:
    project = compose({"api": {**SLEEP, "scale": 2}})
    section = entry(project, "api")["compose"]
    done = COMPOSE.execute(section, "cat; echo $0; hostname; exit 3", "on stdin\n", here())
    assert (done.rc, done.stdout.splitlines()[0]) == (3, "on stdin")
    assert done.stdout.split()[-1] == containers(project, "api")[0]["Config"]["Hostname"]
    for one in containers(project, "api"):
        run("docker", "stop", "-t", "0", one["Id"])
    with pytest.raises(Unreachable, match="no container of service api runs"):
        COMPOSE.execute(section, "true", "", here())
    run("docker", "rm", *[one["Id"] for one in containers(project, "api")])
    with pytest.raises(Unreachable, match="there is no container of service api"):
        COMPOSE.execute_on_files(section, "true", "", here())


def test_a_deployment_meanwhile(compose: Any) -> None:
    """DC13: the containers are not those that were looked at, so nothing is made anew."""
    project = compose({"api": SLEEP})
    same = identity(project, "api")
    where = compose_platform.where_of(entry(project, "api")["compose"])
    remake = script.Remake('"mem_limit":67108864,', "", 1, expected=("0" * 64,))
    said = here().shell(script.apply(where, "api", remake, dry=False), change.stdin({}))
    assert answers.read(said.stdout).said == {"outcome": "moved"}
    assert identity(project, "api") == same


def test_with_the_files_of_what_is_down(compose: Any) -> None:
    """DC14: a volume without a name is there afterwards, and so is nothing else."""
    project = compose(
        {
            "api": {
                **SLEEP,
                "command": ["sh", "-c", "echo kept >/data/x; exit 1"],
                "volumes": ["/data"],
            }
        }
    )
    wait_for("it has ended", lambda: containers(project, "api")[0]["State"]["Status"] == "exited")
    (mount,) = containers(project, "api")[0]["Mounts"]
    section = entry(project, "api")["compose"]
    done = COMPOSE.execute_on_files(
        section, "cat /data/x -; echo more >>/data/x; exit 4", "in\n", here()
    )
    assert (done.rc, done.stdout) == (4, "kept\nin\n")
    assert Path(mount["Source"], "x").read_text() == "kept\nmore\n"
    assert len(containers(project, "api")) == 1
    assert not run("docker", "ps", "-aq", "--filter", f"volume={mount['Name']}", "--filter",
                   "label=oncall.runbooks.helper").stdout.strip()  # fmt: skip


@contextlib.contextmanager
def own_engine(folder: Path) -> Iterator[tuple[str, int]]:
    """A Docker engine of the test's own, which it may stop: the address, and the pid.

    In a network of its own: one without a bridge removes docker0, which is everybody else's.
    """
    address = f"unix://{folder}/docker.sock"
    words = [
        "unshare",
        "--net",
        "dockerd",
        "-H",
        address,
        "--data-root",
        str(folder / "data"),
        "--exec-root",
        str(folder / "run"),
    ]
    words += [
        "-p",
        str(folder / "pid"),
        "--bridge",
        "none",
        "--iptables=false",
        "--storage-driver",
        "vfs",
    ]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            words, stdout=log, stderr=log, start_new_session=True, cwd=folder
        )
    try:
        wait_for("the engine answers", lambda: run("docker", "-H", address, "ps"), 60)
        yield address, process.pid
    finally:
        os.kill(process.pid, signal.SIGCONT)
        process.terminate()
        process.wait(30)


def test_an_engine_that_is_down_or_hangs(compose: Any, tmp_path: Path) -> None:
    """DC07: a refusal in bounded time, of reading and of running something inside."""
    if not shutil.which("dockerd"):
        pytest.skip("dockerd is not installed here")
    if run("unshare", "--net", "true", check=False).returncode:
        pytest.skip("no network namespace may be made here")
    project = compose({"api": SLEEP}, up=False)
    section = entry(project, "api")["compose"]
    short = Path("/tmp") / f"oncall-{os.getpid()}"  # a socket's path has a limit
    short.mkdir()
    try:
        with own_engine(short) as (address, pid):
            reach = here(DOCKER_HOST=address)
            assert findings(read(project, reach=reach)) == [("crit", "image_pull")]
            os.kill(pid, signal.SIGSTOP)
            began = time.monotonic()
            reading = read(project, reach=reach)
            assert time.monotonic() - began < 20
            assert reading["refused"]["reason"] == "container_runtime_unavailable"
            assert "gives no answer in 10 s" in reading["refused"]["message"]
            with pytest.raises(Unreachable, match="gives no answer in 10 s"):
                COMPOSE.execute(section, "true", "", reach)
        reading = read(project, reach=reach)
        assert reading["refused"]["reason"] == "container_runtime_unavailable"
        assert "Cannot connect to the Docker daemon" in reading["refused"]["message"]
        assert findings(reading) == [("unknown", "container_runtime_unavailable")]
    finally:
        shutil.rmtree(short, ignore_errors=True)


def test_a_host_without_docker(compose: Any) -> None:
    reading = read(compose({"api": SLEEP}, up=False), reach=here(PATH="/nonexistent"))
    assert reading["refused"]["reason"] == "client_missing"

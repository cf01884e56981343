# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From captured answers to readings; the catalog's section; and answers that are none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import workload as check
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import platform
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Reach,
    Unreachable,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.platforms.compose import (
    captured,
)

COMPOSE = platform("compose")
GOOD = {"project_dir": "/opt/shop", "service": "api"}


def reading(stdout: str, service: str = "api", **section: Any) -> Any:
    reach = Reach(lambda _command, _stdin: Done(0, stdout, ""))
    return COMPOSE.read({"x": {**GOOD, "service": service, **section}}, reach)["x"]


@pytest.mark.parametrize(
    ("name", "service", "severity", "reason", "summary"),
    [
        ("calm", "api", "ok", "ok", "1 of 1 serve, since "),
        ("calm", "work", "ok", "ok", "2 of 2 serve, since "),
        ("calm", "nobody", "crit", "missing", "there is no container of nobody, and the compose files do not name it"),
        ("crash_loop", "api", "crit", "crash_loop", "starts and ends again (exit code 7, "),
        ("starting", "api", "warn", "starting", "oncallcapsick-api-1 is starting"),
        ("unhealthy", "api", "crit", "unhealthy", "(its health check failed "),
        ("paused", "api", "crit", "paused", "oncallcapheld-api-1 is paused"),
        ("killed", "api", "crit", "stopped", "or by somebody; the kernel's log says nothing"),
        ("out_of_memory", "api", "crit", "oom_killed", "(killed for want of memory, exit code 137)"),
        ("no_image", "api", "crit", "image_pull", "its image shop:v9 is not on the host"),
        ("no_image", "nobody", "crit", "missing", "the compose files do not name it"),
        ("port_of_a_process", "api", "crit", "port_conflict", "needs port 28431, which process 2042 (python) has"),
        ("port_of_a_container", "api", "crit", "port_conflict", "28431, which container oncallcaptheir-web-1 has"),
        ("broken_file", "api", "crit", "config_invalid", "required variable NOT_SET is missing a value: set it"),
        ("engine_down", "api", "unknown", "container_runtime_unavailable", "Cannot connect to the Docker daemon"),
    ],
)  # fmt: skip
def test_what_is_said_of_it(
    name: str, service: str, severity: str, reason: str, summary: str
) -> None:
    first, *_rest = check.grade(reading(captured.text(name), service), {})
    assert (first["severity"], first["reason"]) == (severity, reason)
    assert summary in first["summary"]


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        # The engine does not know that it was for memory; the kernel does, of this container only.
        ("out_of_memory", '"oom_killed":true', '"oom_killed":false', ("crit", "oom_killed")),
        ("killed", "kernel\t1", "kernel\t0", ("crit", "stopped")),
        # At a moment when it happens to run.
        ("crash_loop", '"status":"restarting"', '"status":"running"', ("crit", "crash_loop")),
        ("paused", '"status":"paused"', '"status":"removing"', ("warn", "starting")),
        ("paused", '"status":"paused"', '"status":"whatever"', ("crit", "stopped")),
        ("calm", '"health":"healthy"', '"health":"unhealthy"', ("crit", "unhealthy")),
    ],
)  # fmt: skip
def test_slightly_otherwise(name: str, old: str, new: str, expected: tuple[str, str]) -> None:
    text = captured.text(name)
    assert old in text
    first, *_rest = check.grade(reading(text.replace(old, new)), {})
    assert (first["severity"], first["reason"]) == expected


def test_one_that_has_just_crashed_is_no_start_like_any_other() -> None:
    """At a moment when it happens to run, and its health is not known yet."""
    text = captured.text("crash_loop").replace('"health":null', '"health":"starting"')
    first, *_rest = check.grade(reading(text.replace('"restarting"', '"running"')), {})
    assert (first["severity"], first["reason"]) == ("crit", "crash_loop")


def test_killed_and_serving_again_is_said() -> None:
    text = captured.text("out_of_memory").replace('"status":"exited"', '"status":"running"')
    again = reading(text.replace('"restarts":0', '"restarts":1'))
    # It has run for a few seconds only; in half a minute it is taken for one that serves.
    assert [one["reason"] for one in again["conditions"]] == ["oom_killed"]
    now = "now\t1795269082"
    later = reading(text.replace('"restarts":0', '"restarts":1').replace(now, "now\t1795269112"))
    assert [(one["severity"], one["reason"]) for one in check.grade(later, {})] == [
        ("warn", "oom_killed")
    ]
    much_later = text.replace('"restarts":0', '"restarts":1').replace(now, "now\t1795272682")
    assert check.grade(reading(much_later), {})[0]["reason"] == "ok"


def test_all_of_a_reading() -> None:
    known = {"previous": "shop:v1", "history": ["shop:v0"]}
    found = reading(captured.text("calm"), releases=known)
    (one,) = found["instances"]
    assert found["where"] == "service api of oncallcapcalm"
    assert (one["name"], one["state"], one["ready"]) == ("oncallcapcalm-api-1", "running", True)
    assert one["release"] == found["current"] == captured.image("calm", "v2")
    assert found["limits"] == {"memory_bytes": 128 * 2**20}
    assert [(one["title"], one["present"]) for one in found["releases"]] == [
        ("shop:v4", True), ("shop:v2", True), ("shop:v3", True), ("shop:v1", True), ("shop:v0", False),
    ]  # fmt: skip
    assert found["details"]["environment"] == ["PASSWORD", "PATH", "POOL"]
    assert found["obstacles"] == {}
    assert reading(captured.text("calm"), "work")["limits"] == {"cpus": 0.5}


REMADE = {"rollback", "deploy", "scale", "set_env", "set_limits"}


@pytest.mark.parametrize(
    ("name", "service", "verbs", "why"),
    [
        ("calm", "single", {"scale"}, "single publishes port 28430 of the host"),
        ("paused", "api", {"restart", "stop", *REMADE}, "api-1 is paused"),
        ("broken_file", "api", REMADE, "the compose files cannot be used"),
        ("no_image", "api", {"start", "restart", *REMADE}, "there is no container"),
        ("no_image", "nobody", {"start", "restart", *REMADE}, "nobody"),
    ],
)  # fmt: skip
def test_obstacles(name: str, service: str, verbs: set[str], why: str) -> None:
    found = reading(captured.text(name), service)["obstacles"]
    assert set(found) == verbs
    assert all(why in text or "compose files do not name" in text for text in found.values())


def test_files_that_say_something_else() -> None:
    text = captured.text("calm")
    (line,) = [one for one in text.splitlines() if one.startswith("oncall.runbooks\thash\tapi ")]
    found = reading(text.replace(line, "oncall.runbooks\thash\tapi other"))
    assert set(found["obstacles"]) == REMADE
    assert (
        "say something else of api by now than what oncallcapcalm-api-1 was made from"
        in found["obstacles"]["scale"]
    )


def test_what_a_login_shell_prints_is_no_answer() -> None:
    text = captured.text("calm")
    noise = "Welcome to the machine\nrefused\tno\n" + text.replace("\n", "\r\n") + "logout\r\n"
    assert reading(noise) == reading(text)


@pytest.mark.parametrize("cut", ["", "oncall.runbooks\tnow\t1\n"])
def test_an_answer_that_is_cut_off(cut: str) -> None:
    found = reading(cut)
    assert found["refused"]["reason"] == "container_runtime_unavailable"
    assert "cut off" in found["refused"]["message"]


def test_a_host_that_does_not_answer() -> None:
    def silent(_command: str, _stdin: str) -> Done:
        raise Unreachable("the host does not answer: timed out")

    found = COMPOSE.read({"x": GOOD}, Reach(silent))["x"]
    assert found["refused"]["reason"] == "host_unreachable"


def test_one_round_trip_for_each_project() -> None:
    asked: list[str] = []

    def shell(command: str, _stdin: str) -> Done:
        asked.append(command)
        return Done(0, captured.text("calm"), "")

    sections = {
        "a": GOOD,
        "b": {**GOOD, "service": "work", "project_dir": "/opt/shop/"},
        "c": {**GOOD, "project_dir": "/opt/other"},
    }
    found = COMPOSE.read(sections, Reach(shell))
    assert list(found) == ["a", "b", "c"]
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        (None, "p: got 'None'; allowed is a mapping"),
        ("shop", "p: got 'shop'; allowed is a mapping"),
        ({}, "p.project_dir: got .*allowed is an absolute path"),
        ({"project_dir": "/opt/shop"}, "p.service: got .*allowed is a service's name"),
        ({**GOOD, "project_dir": "shop"}, "p.project_dir: got 'shop'; allowed is an absolute path"),
        ({**GOOD, "project_dir": "/a\nb"}, "p.project_dir: got"),
        ({**GOOD, "service": "api; rm"}, "p.service: got 'api; rm'"),
        ({**GOOD, "service": 7}, "p.service: got"),
        ({**GOOD, "project": "Shop"}, "p.project: got 'Shop'; allowed is a project's name"),
        ({**GOOD, "files": "compose.yaml"}, "p.files: got 'compose.yaml'; allowed is a list"),
        ({**GOOD, "files": []}, "p.files: got"),
        ({**GOOD, "files": ["-"]}, "p.files: got"),
        ({**GOOD, "files": ["a\nb"]}, "p.files: got"),
        ({**GOOD, "service": "--all"}, "p.service: got"),
        ({**GOOD, "container": "x"}, "p.container: unknown key; known are project_dir, service"),
    ],
)  # fmt: skip
def test_a_wrong_section_is_refused(section: Any, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        COMPOSE.check("p", section)


def test_a_good_section() -> None:
    COMPOSE.check("p", {**GOOD, "project": "shop", "files": ["compose.yaml", "/srv/more.yaml"]})
    assert COMPOSE.place({**GOOD, "project_dir": "/opt/shop/"}) == "/opt/shop"


def test_one_more_look_of_a_wait_leaves_out_what_only_a_deployment_changes() -> None:
    asked: list[str] = []
    whole = captured.text("calm")
    alone = "".join(
        line
        for line in whole.splitlines(keepends=True)
        if line.split("\t")[1].strip() in ("now", "project", "container", "end")
    )

    def shell(command: str, _stdin: str) -> Done:
        asked.append(command)
        return Done(0, alone if len(asked) > 1 else whole, "")

    reach = Reach(shell)
    first = COMPOSE.read({"x": GOOD}, reach)
    assert first["x"]["desired"] == 1 and first["x"]["releases"]
    assert COMPOSE.read({"x": GOOD}, replace(reach, again=True)) == first
    assert "--hash" in asked[0] and "--hash" not in asked[1]
    # Of other services nothing is known yet, and who does not wait reads all of it.
    COMPOSE.read({"x": {**GOOD, "service": "work"}}, replace(reach, again=True))
    COMPOSE.read({"x": GOOD}, reach)
    assert "--hash" in asked[2] and "--hash" in asked[3]


def test_what_compose_could_not_say_is_asked_again() -> None:
    asked: list[str] = []

    def shell(command: str, _stdin: str) -> Done:
        asked.append(command)
        return Done(0, captured.text("calm" if len(asked) > 1 else "broken_file"), "")

    reach = Reach(shell, again=True)
    COMPOSE.read({"x": GOOD}, reach)
    found = COMPOSE.read({"x": GOOD}, reach)["x"]
    assert "--hash" in asked[1] and not found["refused"]
    assert check.grade(found, {})[0]["severity"] == "ok"

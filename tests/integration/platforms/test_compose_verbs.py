# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verbs on real Compose projects: one service changes and no other, and everything can be taken back."""

from __future__ import annotations

import os
import socket
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.platforms.projects import (
    SLEEP,
    containers,
    entry,
    environment,
    files,
    identity,
    image,
    made,
)
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import output, run

pytestmark = pytest.mark.slow
MIB = 2**20
SECRET = "pass$word<&>'\"x"
# A volume without a name, as the database images of many have it.
DB = {**SLEEP, "volumes": ["/var/lib/data"]}


@pytest.fixture
def shop(compose: Any, verbs: Any) -> Any:
    """A project of api and db, and the verbs of api. Its db must be the same one afterwards."""
    kept = []

    def make(**api: Any) -> tuple[Any, Any]:
        project = compose({"api": {**SLEEP, **api}, "db": DB})
        kept.append((project, identity(project, "db"), made(project, "db"), files(project)))
        return project, verbs("api", entry(project, "api"))

    yield make
    for project, same, same_made, same_files in kept:
        assert identity(project, "db") == same, "the db was touched"
        assert made(project, "db") == same_made
        assert files(project) == same_files, "a file was left in the project"


def states(done: dict[str, Any], when: str) -> list[str]:
    return [one["state"] for one in done[when]["instances"]]


def test_stop_and_start(shop: Any) -> None:
    project, api = shop(scale=2)
    first = identity(project, "api")
    assert api.run("stop", "--check")["changed"]
    assert identity(project, "api") == first
    done = api.run("stop")
    assert (done["changed"], states(done, "before"), states(done, "after")) == (
        True,
        ["running"] * 2,
        ["stopped"] * 2,
    )
    assert not api.run("stop")["changed"]
    assert api.run("start", "--check")["changed"]
    assert not any(one["State"]["Running"] for one in containers(project, "api"))
    done = api.run("start")
    assert (done["changed"], states(done, "after")) == (True, ["running"] * 2)
    assert [one[0] for one in identity(project, "api")] == [one[0] for one in first], "made anew"
    again = identity(project, "api")
    assert not api.run("start")["changed"]
    assert identity(project, "api") == again


def test_restart_one_after_the_other(shop: Any) -> None:
    """The second is restarted when the first is healthy again."""
    test = {
        "test": ["CMD-SHELL", "test $$(($$(date +%s) - $$(stat -c %Y /proc/1))) -ge 2"],
        "interval": "1s",
    }
    project, api = shop(scale=2, healthcheck=test)
    first = identity(project, "api")
    assert api.run("restart", "--check")["changed"]
    assert identity(project, "api") == first
    done = api.run("restart")
    assert [one["ready"] for one in done["after"]["instances"]] == [True, True]
    second = identity(project, "api")
    assert all(old[0] == new[0] and old[1] < new[1] for old, new in zip(first, second, strict=True))
    one, other = containers(project, "api")
    began_healthy = one["State"]["Health"]["Log"][-1]["Start"]
    assert one["State"]["StartedAt"] < other["State"]["StartedAt"], began_healthy


def test_a_restart_that_fails_stops_at_the_first(shop: Any) -> None:
    once = "test ! -e /ran || exit 9; touch /ran; exec sleep 600"
    project, api = shop(scale=2, command=["sh", "-c", once])
    second = identity(project, "api")[1]
    said = " ".join(api.refused("restart").split())
    assert "api-1 does not run (exit code 9)" in said
    assert identity(project, "api")[1] == second, "the other one was restarted, too"


def test_rollback_pins_the_release(shop: Any) -> None:
    """Only api, once, to the id; and its undo is the deployment again."""
    project, api = shop(image="shop:v2", volumes=["/var/lib/own"])
    before, first = made(project, "api"), identity(project, "api")
    earlier, later = image("shop:v1"), image("shop:v2")
    assert api.run("rollback", "--check", release=earlier)["changed"]
    assert identity(project, "api") == first
    done = api.run("rollback", release=earlier)
    assert (done["before"]["current"], done["after"]["current"]) == (later, earlier)
    assert containers(project, "api")[0]["Config"]["Image"] == earlier, "not pinned by its id"
    rolled_back = identity(project, "api")
    assert not api.run("rollback", release=earlier)["changed"]
    assert not api.run("rollback", "--check", release=earlier)["changed"]
    assert identity(project, "api") == rolled_back
    assert api.run("rollback", release=later)["changed"]
    assert made(project, "api") == before


def test_rollback_of_what_compose_builds(compose: Any, verbs: Any) -> None:
    """Its images have one name, which the newest has; the earlier ones are known by their labels."""
    without_image = {name: value for name, value in SLEEP.items() if name != "image"}
    project = compose({"api": {**without_image, "build": "."}}, up=False)
    # Compose labels what it builds, though not with the classic builder, which is here.
    ours = f"com.docker.compose.project={project.name} com.docker.compose.service=api"
    classic = {**os.environ, "DOCKER_BUILDKIT": "0"}
    for number in (1, 2):
        (project.folder / "Dockerfile").write_text(f"FROM shop:v1\nLABEL {ours} number={number}\n")
        run("docker", "compose", "build", folder=project.folder, environment=classic)
        project.compose("up", "--detach")
    before = made(project, "api")
    api = verbs("api", entry(project, "api"))
    built = output(
        "docker", "image", "ls", "-q", "--no-trunc", "--filter", f"label=com.docker.compose.project={project.name}"
    ).split()  # fmt: skip
    (earlier,) = [one for one in built if one != before[0]["image"]]
    try:
        assert api.run("rollback", release=earlier)["after"]["current"] == earlier
        assert api.run("rollback", release=before[0]["image"])["changed"]
        assert made(project, "api") == before
    finally:
        project.compose("down", "--timeout", "0")
        run("docker", "rmi", "-f", *built, check=False)


def test_rollback_to_what_is_gone_stops_nothing(shop: Any) -> None:
    """DC05."""
    project, api = shop(image="shop:v2")
    first = identity(project, "api")
    gone = f"sha256:{'0' * 64}"
    for options in (["--check"], []):
        assert "is not on the host: nothing was stopped" in api.refused(
            "rollback", *options, release=gone
        )
    assert "shop:v1 is not on the host" in api.refused("rollback", release="shop:v1"), "a tag moves"
    assert identity(project, "api") == first


def test_scale_up_and_back(shop: Any) -> None:
    project, api = shop()
    before, first = made(project, "api"), identity(project, "api")
    assert api.run("scale", "--check", replicas=3)["changed"]
    assert identity(project, "api") == first
    done = api.run("scale", replicas=3)
    assert (len(done["before"]["instances"]), len(done["after"]["instances"])) == (1, 3)
    assert identity(project, "api")[0] == first[0], "the one that was there was made anew"
    assert not api.run("scale", replicas=3)["changed"]
    assert api.run("scale", replicas=1)["changed"]
    assert (identity(project, "api"), made(project, "api")) == (first, before)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (
            {"container_name": "oncall-test-single"},
            "has a container_name, so there can be only one",
        ),
        ({"ports": ["127.0.0.1:18431:80"]}, "publishes port 18431 of the host"),
        ({"network_mode": "host"}, "uses the host's network"),
    ],
)
def test_what_cannot_be_scaled(shop: Any, more: dict[str, Any], why: str) -> None:
    project, api = shop(**more)
    first = identity(project, "api")
    assert why in api.refused("scale", replicas=2)
    assert identity(project, "api") == first


def test_set_env_and_back(shop: Any) -> None:
    project, api = shop(environment={"POOL": "20", "OTHER": "a$$b"})
    before, first = made(project, "api"), identity(project, "api")
    given = {"POOL": 5, "TOKEN": SECRET}
    assert api.run("set_env", "--check", environment=given)["changed"]
    assert identity(project, "api") == first
    assert api.run("set_env", environment=given)["changed"]
    assert environment(project, "api") | {"PATH": ""} == {
        "POOL": "5",
        "TOKEN": SECRET,
        "OTHER": "a$b",
        "PATH": "",
    }
    second = identity(project, "api")
    assert not api.run("set_env", environment=given)["changed"]
    assert identity(project, "api") == second
    # One more, one taken back; the third stays, though nobody names it.
    api.run("set_env", environment={"MORE": "yes", "POOL": None})
    assert environment(project, "api") | {"PATH": ""} == {
        "POOL": "20", "TOKEN": SECRET, "OTHER": "a$b", "MORE": "yes", "PATH": "",
    }  # fmt: skip
    api.run("set_env", environment={"MORE": None, "TOKEN": None})
    assert made(project, "api") == before


def test_values_are_in_no_output(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    _project, api = shop(environment={"PASSWORD": "deployed-secret-1"})
    done, _answer = api._run("set_env", "-vvvv", environment={"TOKEN": "given-secret-2"})
    assert done.rc == 0
    more, _answer = api._run("set_limits", "-vvvv", limits={"memory_bytes": 64 * MIB})
    said = done.stdout + done.stderr + more.stdout + more.stderr
    assert "deployed-secret-1" not in said
    # What the test itself gives with -e is printed by Ansible with the arguments.
    kept = [path.read_text() for path in api.site.state.rglob("*") if path.is_file()]
    assert not any("given-secret-2" in text for text in kept)


@pytest.mark.parametrize(
    "deployed",
    [
        {},
        {"mem_limit": "128m"},
        {"deploy": {"resources": {"limits": {"memory": "128m", "cpus": "0.5"}}}},
    ],
)
def test_set_limits_and_back(shop: Any, deployed: dict[str, Any]) -> None:
    project, api = shop(**deployed)
    before = made(project, "api")
    done = api.run("set_limits", limits={"memory_bytes": 256 * MIB})
    assert done["after"]["limits"]["memory_bytes"] == 256 * MIB
    second = identity(project, "api")
    assert not api.run("set_limits", limits={"memory_bytes": 256 * MIB})["changed"]
    assert not api.run("set_limits", "--check", limits={"memory_bytes": 256 * MIB})["changed"]
    assert identity(project, "api") == second
    # With the deployed value given, or with null, it is as deployed.
    back = 128 * MIB if deployed else None
    api.run("set_limits", limits={"memory_bytes": back})
    assert made(project, "api") == before


def test_changes_add_up(shop: Any) -> None:
    """A later change keeps the earlier ones; each is taken back by itself."""
    project, api = shop(image="shop:v2", environment={"POOL": "20"})
    before = made(project, "api")
    api.run("rollback", release=image("shop:v1"))
    api.run("set_env", environment={"POOL": "5"})
    api.run("set_limits", limits={"memory_bytes": 64 * MIB})
    api.run("scale", replicas=2)
    (one, other) = made(project, "api")
    assert one["image"] == other["image"] == image("shop:v1")
    assert one["limits"][0] == other["limits"][0] == 64 * MIB
    assert one["hash"] == other["hash"]
    assert "POOL=5" in one["environment"]
    assert "POOL=5" in other["environment"]
    api.run("scale", replicas=1)
    api.run("set_env", environment={"POOL": None})
    api.run("rollback", release=image("shop:v2"))
    api.run("set_limits", limits={"memory_bytes": None})
    assert made(project, "api") == before


def test_a_tag_that_moved_is_not_deployed(shop: Any, request: pytest.FixtureRequest) -> None:
    """A change of a limit is no deployment, whatever the tag means by now."""
    tag = f"oncall-test/moving:{abs(hash(request.node.name)) % 10**6}"
    run("docker", "tag", "shop:v1", tag)
    try:
        project, api = shop(image=tag)
        run("docker", "tag", "shop:v2", tag)
        api.run("set_limits", limits={"memory_bytes": 64 * MIB})
        assert made(project, "api")[0]["image"] == image("shop:v1")
    finally:
        run("docker", "rmi", "-f", tag, check=False)


def test_files_that_changed_since_are_not_deployed(compose: Any, verbs: Any) -> None:
    """More than what is asked would change: refused, in check mode, too."""
    project = compose({"api": SLEEP})
    api, first = verbs("api", entry(project, "api")), identity(project, "api")
    path = project.folder / "compose.yaml"
    path.write_text(path.read_text().replace("600", "601"))
    for verb, given in (
        ("rollback", {"release": image("shop:v2")}),
        ("scale", {"replicas": 2}),
        ("set_env", {"environment": {"A": "1"}}),
        ("set_limits", {"limits": {"cpus": 0.5}}),
    ):
        assert "say something else of api by now" in api.refused(verb, **given)
        assert "say something else of api by now" in api.refused(verb, "--check", **given)
    assert identity(project, "api") == first
    # What needs no files is done all the same.
    assert api.run("restart")["changed"]


def test_a_broken_file_changes_nothing(compose: Any, verbs: Any) -> None:
    project = compose({"api": SLEEP})
    api, first = verbs("api", entry(project, "api")), identity(project, "api")
    path = project.folder / "compose.yaml"
    path.write_text(path.read_text() + "    environment: {PASSWORD: '${NOT_SET:?}'}\n")
    assert "the compose files cannot be used" in api.refused("rollback", release=image("shop:v2"))
    assert identity(project, "api") == first


def test_what_is_paused_is_held(shop: Any) -> None:
    project, api = shop()
    first = identity(project, "api")
    run("docker", "pause", first[0][0])
    for verb in ("restart", "stop"):
        assert "is paused: whoever did it may need it so" in api.refused(verb)
    assert "is paused" in api.refused("scale", replicas=2)
    assert containers(project, "api")[0]["State"]["Paused"]
    assert identity(project, "api") == first


def test_another_project_is_not_touched(compose: Any, verbs: Any) -> None:
    ours, theirs = compose({"api": SLEEP}), compose({"api": SLEEP})
    same = identity(theirs, "api")
    api = verbs("api", entry(ours, "api"))
    for verb, given in (
        ("restart", {}),
        ("scale", {"replicas": 2}),
        ("rollback", {"release": image("shop:v2")}),
        ("stop", {}),
    ):
        assert api.run(verb, **given)["changed"]
    assert identity(theirs, "api") == same


def test_a_new_container_that_cannot_start_is_told(shop: Any) -> None:
    port = lab.free_port()
    project, api = shop(ports=[f"127.0.0.1:{port}:80"])
    run("docker", "stop", "-t", "0", containers(project, "api")[0]["Id"])
    with socket.create_server(("127.0.0.1", port)):
        said = " ".join(api.refused("set_limits", limits={"memory_bytes": 64 * MIB}).split())
    assert "unrecovered: Compose could not do it" in said
    assert "address already in use" in said


def test_logs(shop: Any) -> None:
    project, api = shop(
        command=[
            "sh",
            "-c",
            "echo one; sleep 0.3; echo two >&2; sleep 0.3; echo three; exec sleep 600",
        ]
    )
    done = api.run("logs")
    (name,) = done["after"]["logs"]
    assert name == containers(project, "api")[0]["Name"].removeprefix("/")
    assert [line.split()[-1] for line in done["after"]["logs"][name].splitlines()] == [
        "one",
        "two",
        "three",
    ]
    assert not done["changed"]
    run("docker", "stop", "-t", "0", name)
    assert "three" in api.run("logs", "--check")["after"]["logs"][name]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server of a real proxy gets no more requests, loses none that it has, and gets its share again."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.scenarios import balancer
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

harness = sys.modules["oncall_harness"]
FAST = ("-e", "service=gateway", "-e", "hold_seconds=1", "-e", "timeout_seconds=40")
SERVERS = ("a", "b", "c")


@dataclass
class Place:
    """A gateway with three servers behind it, each of which says its name."""

    site: Any
    gateway: Any
    # As it is asked for with -e upstream=
    names: dict[str, str]

    def drain(self, server: str, *more: str) -> Any:
        return self.site.run("drain_traffic", *FAST, "-e", f"upstream={self.names[server]}", *more)

    def revert(self, done: Any) -> Any:
        incident = done.report["incident"]
        return self.site.run("revert", "-e", "service=gateway", "-e", f"incident={incident}")

    def answers(self) -> Counter[str]:
        return Counter(self.gateway.ask() for _each in range(12))


def site(folder: Path, entry: dict[str, Any], settings: dict[str, Any] | None = None) -> Any:
    return harness.make_site(folder / "site", {"gateway": {"kind": "proxy", **entry}}, settings)


def haproxy(folder: Path) -> Iterator[Place]:
    with balancer.haproxy(folder, SERVERS) as running:
        entry = {
            "platform": "command",
            "command": {"status": running.status()},
            "health": {"url": running.url("/"), "seconds": 3},
            "proxy": {"software": "haproxy", "socket": str(running.socket)},
        }
        yield Place(site(folder, entry), running, {name: f"web/{name}" for name in SERVERS})


def systemd(folder: Path) -> Iterator[Place]:
    with lab.systemd_host() as host, balancer.nginx_of_machine(host) as running:
        entry = {
            "platform": "systemd",
            "systemd": {"unit": "nginx.service"},
            "health": {"url": "http://127.0.0.1/", "from": "host", "seconds": 3},
            "proxy": {"software": "nginx", "file": balancer.FILE},
        }
        connection = {
            "ansible_connection": "community.docker.docker",
            "ansible_host": host.name,
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        yield Place(site(folder, entry, connection), running, running.names())


def compose(folder: Path) -> Iterator[Place]:
    lab.need("compose")
    with balancer.nginx_of_project(folder) as (project, running):
        entry = {
            "platform": "compose",
            "compose": {
                "project_dir": str(project.folder),
                "project": project.name,
                "service": "gateway",
            },
            "health": {"url": running.url("/"), "seconds": 3},
            "proxy": {"software": "nginx", "host_file": str(project.folder / "shop.conf")},
        }
        yield Place(site(folder, entry), running, running.names())


@pytest.fixture(
    params=[haproxy, *(pytest.param(one, marks=pytest.mark.lab) for one in (systemd, compose))],
    ids=lambda make: str(make.__name__),
)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    yield from request.param(tmp_path)


@pytest.fixture
def of_haproxy(tmp_path: Path) -> Iterator[Place]:
    yield from haproxy(tmp_path)


@pytest.fixture
def of_nginx(tmp_path: Path) -> Iterator[Place]:
    yield from systemd(tmp_path)


def test_a_server_is_left_out_for_a_time(place: Place) -> None:
    assert set(place.answers()) == set(SERVERS)
    before = place.gateway.snapshot()
    checked = place.drain("b", "--check")
    assert (checked.rc, checked.outcome) == (0, "planned"), checked.stdout + checked.stderr
    assert place.gateway.snapshot() == before
    done = place.drain("b")
    assert (done.rc, done.outcome) == (0, "done"), done.stdout + done.stderr
    (change,) = done.report["changes"]
    assert (change["action"], change["risk"]) == ("drain_upstream", "safe")
    assert change["expires_at"] > done.report["ended_at"]
    assert set(place.answers()) == {"a", "c"}
    drained = place.gateway.snapshot()
    assert drained != before
    again = place.drain("b")
    assert (again.rc, again.report["changes"]) == (0, []), again.stdout + again.stderr
    # Two of three must stay: the next one is refused, and nothing is changed.
    refused = place.drain("a", "-e", "min_healthy=2")
    assert (refused.rc != 0, refused.outcome) == (True, "refused"), refused.stdout
    assert "would leave 1" in refused.planned("drain_upstream")["why"]
    assert place.gateway.snapshot() == drained
    undone = place.revert(done)
    assert (undone.rc, undone.outcome) == (0, "done"), undone.stdout + undone.stderr
    assert place.gateway.snapshot() == before
    assert set(place.answers()) == set(SERVERS)


def still_there(place: Place) -> bool:
    journals = place.site.state.glob("incidents/*/journal.jsonl")
    return any('"draining"' in path.read_text() for path in journals)


def test_it_is_done_when_its_last_session_has_ended(place: Place) -> None:
    """One request is being answered by each server; those of the drained one are not cut off."""
    with place.gateway.hold(len(SERVERS)) as held:
        options = ("-e", f"upstream={place.names['b']}", "-e", "timeout_seconds=200")
        run = place.site.start("drain_traffic", *FAST[:4], *options)
        wait_for("a reading of what is left", lambda: still_there(place), 180)
        assert run.poll() is None, run.communicate()
        assert held.flow()
    stdout, stderr = run.communicate(timeout=150)
    assert run.returncode == 0, stdout + stderr
    assert set(place.answers()) == {"a", "c"}


def test_the_last_ones_that_are_well_stay(place: Place) -> None:
    place.gateway.stop("a")
    place.gateway.stop("c")
    before = place.gateway.snapshot()
    refused = place.drain("b")
    assert (refused.rc != 0, refused.outcome) == (True, "refused"), refused.stdout
    assert "would leave 0" in refused.planned("drain_upstream")["why"]
    assert place.gateway.snapshot() == before


def test_bad_names_are_one_line(of_haproxy: Place) -> None:
    place = of_haproxy
    unknown = place.site.run("drain_traffic", *FAST, "-e", "upstream=web/d")
    assert unknown.outcome == "refused"
    assert "there is no web/d; known are web/a, web/b, web/c" in unknown.stdout
    node = place.site.run("drain_traffic", *FAST, "-e", "node=lab")
    assert node.outcome == "refused" and "only Kubernetes has nodes" in node.stdout
    both = place.site.run("drain_traffic", *FAST, "-e", "node=lab", "-e", "upstream=web/a")
    assert both.rc != 0 and "allowed is one of the two" in both.stdout + both.stderr
    hostile = place.site.run("drain_traffic", *FAST, "-e", '{"upstream": "web/a; shutdown"}')
    assert hostile.rc != 0 and "upstream: got" in hostile.stdout + hostile.stderr
    assert set(place.answers()) == set(SERVERS)


def test_without_a_name_it_only_tells(of_haproxy: Place) -> None:
    of_haproxy.gateway.command("set server web/c state maint")
    told = of_haproxy.site.run("drain_traffic", *FAST)
    assert (told.rc, told.outcome) == (0, "attention"), told.stdout + told.stderr
    assert told.finding("traffic")["reason"] == "out_of_use"
    assert told.report["plan"] == []


def test_what_somebody_else_has_done_is_not_undone(of_haproxy: Place) -> None:
    done = of_haproxy.drain("b")
    of_haproxy.gateway.command("set server web/b state maint")
    undone = of_haproxy.revert(done)
    assert undone.rc != 0 and "somebody else has put web/b into MAINT" in undone.stdout
    assert "b" not in of_haproxy.answers()


@pytest.mark.lab
def test_an_invalid_configuration_is_never_loaded(of_nginx: Place) -> None:
    """HT03: its old workers go on serving."""
    place = of_nginx
    place.gateway.append("garbage;")
    before = place.gateway.snapshot()
    refused = place.drain("b")
    assert refused.rc != 0 and refused.outcome == "refused", refused.stdout + refused.stderr
    assert "its configuration is invalid" in refused.stdout and "garbage" in refused.stdout
    assert place.gateway.snapshot() == before


@pytest.mark.lab
def test_nobody_elses_change_is_loaded(of_nginx: Place) -> None:
    place = of_nginx
    time.sleep(3)
    place.gateway.append("# mine, not ready yet")
    before = place.gateway.snapshot()
    refused = place.drain("b")
    assert refused.outcome == "refused", refused.stdout + refused.stderr
    assert "nobody has loaded yet" in refused.planned("drain_upstream")["why"]
    assert place.gateway.snapshot() == before


@pytest.mark.lab
def test_what_nginx_does_not_load_is_put_back(of_nginx: Place) -> None:
    """Its test does not see that somebody else has the port, and its old workers go on."""
    place = of_nginx
    place.gateway.execute("systemd-run", "-q", "python3", "-m", "http.server", "9999")
    place.gateway.append("server { listen 9999; }")
    # As a copy that keeps the times of its files: older than the workers.
    place.gateway.execute("touch", "-d", "2026-01-01", balancer.FILE)
    before = place.gateway.snapshot()
    done = place.drain("b")
    assert done.rc != 0 and done.outcome == "unrecovered", done.stdout + done.stderr
    assert "its text is as it was" in done.report["next_step"]
    assert place.gateway.snapshot() == before
    assert set(place.answers()) == set(SERVERS)


def test_the_catalog_is_judged_first(tmp_path: Path) -> None:
    bad = site(tmp_path, {"platform": "command", "command": {}, "proxy": {"software": "apache"}})
    done = bad.run("drain_traffic", *FAST)
    assert done.rc != 0 and done.report is None
    assert "runbooks_services.gateway.proxy.software: got 'apache'" in done.stdout + done.stderr

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""`via: exec`, psql where the server lives, is equal to `via: tcp`."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import programs
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import ended

pytestmark = pytest.mark.slow
lab = sys.modules["oncall_lab_postgres"]
# What differs between any two readings.
FLEETING = {"now", "state_s", "xact_s", "oldest_state_s", "pid"}


def by_socket(server: Any) -> dict[str, Any]:
    return {"via": "exec", "host": str(server.socket_dir)}


def superuser(server: Any) -> dict[str, Any]:
    """On Debian by peer authentication, as the operating system's user postgres."""
    way = {"user": lab.SUPERUSER, **by_socket(server)}
    if server.engine == "debian":
        return way
    return {**way, "password_file": str(server.password_file(lab.SUPERUSER))}


def lasting(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: lasting(value) for key, value in node.items() if key not in FLEETING}
    return [lasting(item) for item in node] if isinstance(node, list) else node


def reading(done: Any) -> dict[str, Any]:
    path = done.state / "incidents" / done.report["incident"] / done.report["evidence"][0]["path"]
    return dict(json.loads(path.read_text()))


def test_the_same_reading_and_plan(drill: Any, crowd: Any) -> None:
    crowd.open(12)
    crowd.open(3, "active")
    crowd.age()
    ways = [drill(), programs.on_the_path(drill(**by_socket(crowd.server)))]
    over_tcp, by_exec = (way.check() for way in ways)
    for part in ("findings", "plan"):
        shown = [dict(item, evidence=None) for item in over_tcp.report[part]]
        assert shown == [dict(item, evidence=None) for item in by_exec.report[part]]
    assert lasting(reading(over_tcp)) == lasting(reading(by_exec))


def test_sessions_are_ended_by_psql(drill: Any, crowd: Any) -> None:
    """A full server: the break-glass connection is psql, too."""
    server = crowd.server
    case = programs.on_the_path(drill(admin=superuser(server), **by_socket(server)))
    case.healthy()
    opened = crowd.open()
    crowd.age()
    case.check()

    done = case.run()
    assert (done.outcome, done.rc) == ("recovered", 0)
    assert ended(done) == opened[:4]
    assert "break_glass" in {event["kind"] for event in done.report["timeline"]}
    case.healthy()


def test_tcp_with_a_break_glass_by_psql(drill: Any, crowd: Any) -> None:
    """The admin's way may be another one than the responder's."""
    case = programs.on_the_path(drill(admin=superuser(crowd.server)))
    opened = crowd.open()
    crowd.age()
    done = case.run()
    assert (done.outcome, done.rc) == ("recovered", 0)
    assert ended(done) == opened[:4]


def test_a_host_without_psql(drill: Any, crowd: Any) -> None:
    case = drill(admin=superuser(crowd.server), **by_socket(crowd.server))
    # Ansible runs commands by /bin/sh; nothing else is on this path.
    case = programs.with_path(case, "/nonexistent")
    done = case.unchanged()
    assert done.finding("postgresql_access")["reason"] == "client_missing"
    assert done.outcome == "error"


def test_not_even_verbose_output_holds_a_secret(drill: Any, crowd: Any) -> None:
    """-vvvv shows commands and results; that no password is in it, every run is looked through."""
    server = crowd.server
    secret = {"password_file": str(server.password_file(lab.SUPERUSER))}
    case = drill(admin={"user": lab.SUPERUSER, "host": lab.HOST, **secret}, **by_socket(server))
    crowd.open()
    crowd.age()
    done = programs.on_the_path(case).run("-vvvv")
    assert done.outcome == "recovered"
    assert "psql" in done.stdout and "PGPASSFILE" in done.stdout

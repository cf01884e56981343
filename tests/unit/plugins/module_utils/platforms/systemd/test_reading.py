# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Readings from what a real machine (systemd 252, cgroup v1) answered, and what differs elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import workload
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import platform
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Reach,
    Unreachable,
)

SYSTEMD: Any = platform("systemd")
HOST = (Path(__file__).parent / "host.txt").read_text()
NO_ANSWER = "service_manager_unavailable"
MARK = "oncall.runbooks systemd:"
RELEASES = {"releases_dir": "/opt/app/releases", "current": "/opt/app/current"}


def asked(unit: str, said: str = HOST, **section: str) -> dict[str, Any]:
    reach = Reach(lambda _command, _stdin: Done(0, said, ""))
    found: dict[str, Any] = SYSTEMD.read({"good": {"unit": unit, **section}}, reach)["good"]
    return found


def block(unit: str, **changes: str) -> str:
    """The machine's answer with other values for one unit."""
    texts = HOST.split("\n\n")
    (at,) = [n for n, text in enumerate(texts) if f"\nId={unit}\n" in f"\n{text}\n"]
    for name, value in changes.items():
        lines = [line for line in texts[at].splitlines() if not line.startswith(f"{name}=")]
        place = lines.index(f"Id={unit}")
        texts[at] = "\n".join([*lines[:place], f"{name}={value}", *lines[place:]])
    return "\n\n".join(texts)


def without_journal(said: str) -> str:
    return "\n".join(line for line in said.splitlines() if not line.startswith("{"))


@pytest.mark.parametrize(
    ("unit", "severity", "reason", "summary"),
    [
        ("good", "ok", "ok", "1 of 1 serve, since 2026-11-21T"),
        ("fails", "crit", "unit_failed", "failed (exit-code, status 3: cannot open /etc/shop.conf password=***)"),
        ("limit", "crit", "start_limit_hit", "it ended with exit-code, status 1: no such table: orders"),
        ("loop", "crit", "crash_loop", "loop.service starts and ends again (exit code 7"),
        ("alloc", "crit", "oom_killed", "alloc.service was killed for want of memory (signal, status 137)"),
        ("mid", "warn", "dependency_down", "mid.service needs root.service, which failed (exit-code, status 4)"),
        ("w@*", "ok", "ok", "2 of 2 serve"),
        ("w@2", "crit", "stopped", "w@2.service does not run"),
        ("masked-one", "crit", "masked_by_operator", "masked-one.service is masked"),
        ("stale", "warn", "need_daemon_reload", "stale.service.d/x.conf); review it"),
        ("off", "crit", "stopped_by_operator", "off.service was stopped without an error, and is disabled"),
        ("nosuch", "crit", "missing", "the host has no unit nosuch.service"),
        ("nosuch@*", "crit", "missing", "no instance of nosuch@*.service"),
    ],
)  # fmt: skip
def test_units_of_a_real_machine(unit: str, severity: str, reason: str, summary: str) -> None:
    (found,) = workload.grade(asked(unit), {})
    assert (found["severity"], found["reason"]) == (severity, reason)
    assert summary in found["summary"]


def test_an_instance() -> None:
    (one,) = asked("good", **RELEASES)["instances"]
    assert (one["key"], one["state"], one["ready"]) == ("good.service", "running", None)
    assert (one["exit_code"], one["restarts"], one["oom_killed"]) == (None, 0, False)
    assert one["release"] == "/opt/app/releases/1"
    (one,) = asked("fails")["instances"]
    assert (one["state"], one["started_at"], one["exit_code"]) == ("stopped", None, 3)
    (one,) = asked("w@2")["instances"]
    # The signal that it is stopped with is no failure.
    assert one["exit_code"] is None


def test_instances_of_a_template() -> None:
    """One that was stopped without an error is not missed while others run."""
    found = asked("w@*")
    assert [one["key"] for one in found["instances"]] == ["w@1.service", "w@3.service"]
    assert found["desired"] is None
    assert found["details"]["stopped"] == ["w@2.service"]
    failed = asked("w@*", block("w@3.service", ActiveState="failed", SubState="failed"))
    assert [one["reason"] for one in workload.grade(failed, {})] == ["unit_failed"]


def test_all_instances_stopped_are_told() -> None:
    found = asked("w@*", HOST.replace("ActiveState=active", "ActiveState=inactive"))
    assert [one["state"] for one in found["instances"]] == ["stopped"] * 3


def test_limits() -> None:
    assert asked("limited")["limits"] == {"memory_bytes": 64 * 2**20, "cpus": 1.5}
    assert asked("good")["limits"] == {}
    before_infinity = block("good.service", MemoryMax="18446744073709551615")
    assert asked("good", before_infinity)["limits"] == {}


def test_releases_are_folders_and_the_link_says_which() -> None:
    found = asked("good", **RELEASES)
    assert found["current"] == "/opt/app/releases/1"
    assert [one["name"] for one in found["releases"]] == [
        f"/opt/app/releases/{n}" for n in (1, 2, 3, 4)
    ]
    assert all(one["present"] for one in found["releases"])
    listed = "1795266723|directory|2\n1795266799|directory|5\n1795266800|symbolic link|newest\n"
    more = HOST.replace("1795266723|directory|2\n", listed)
    assert [one["title"] for one in asked("good", more, **RELEASES)["releases"]] == [
        "5",
        "1",
        "2",
        "3",
        "4",
    ]


@pytest.mark.parametrize(
    ("unit", "said", "verb", "why"),
    [
        ("good", HOST, "scale", "is one unit"),
        ("good", HOST.replace("link /opt", "# /opt"), "rollback", "no link to a release"),
        ("good", HOST.replace("folder /opt/app/releases", "unreadable"), "rollback", "cannot be read"),
        ("good", HOST.replace("releases good", "releases other"), "rollback", "names no folder"),
        ("masked-one", HOST, "start", "masked-one.service is masked"),
        ("masked-one", HOST, "restart", "masked-one.service is masked"),
        ("stale", HOST, "set_env", "nobody has loaded yet, of stale.service"),
        ("stale", HOST, "set_limits", "nobody has loaded yet"),
        ("nosuch", HOST, "start", "the host has no unit nosuch.service"),
        ("nosuch@*", HOST, "restart", "no instance of nosuch@*.service"),
    ],
)  # fmt: skip
def test_what_cannot_be_done(unit: str, said: str, verb: str, why: str) -> None:
    assert why in asked(unit, said, **RELEASES)["obstacles"][verb]


def test_nothing_hinders_a_good_unit() -> None:
    assert set(asked("good", **RELEASES)["obstacles"]) == {"scale"}
    assert set(asked("w@*", **RELEASES)["obstacles"]) == set()
    assert set(asked("nosuch@*", **RELEASES)["obstacles"]) == {*SYSTEMD.VERBS} - {"scale"}


@pytest.mark.parametrize(
    ("name", "changes", "reasons"),
    [
        # cgroup v2: systemd knows by itself.
        ("alloc", {"Result": "oom-kill", "ExecMainExitTimestampMonotonic": "0"}, ["oom_killed"]),
        # A kill long before it ended is no reason.
        ("alloc", {"ExecMainExitTimestampMonotonic": "9999000000"}, ["unit_failed"]),
        ("limit", {"Result": "start-limit-hit"}, ["start_limit_hit"]),
        ("good", {"LoadState": "bad-setting"}, ["config_invalid"]),
        ("good", {"LoadState": "masked", "UnitFileState": "masked"}, ["masked_by_operator"]),
        ("w@2", {"UnitFileState": "disabled"}, ["stopped_by_operator"]),
        ("mid", {"ActiveState": "inactive", "UnitFileState": "disabled"}, ["dependency_down"]),
    ],
)  # fmt: skip
def test_conditions(name: str, changes: dict[str, str], reasons: list[str]) -> None:
    found = asked(name, block(f"{name}.service", **changes))
    assert [one["reason"] for one in found["conditions"]] == reasons


def test_a_start_limit_that_the_journal_does_not_tell() -> None:
    """Its reader may not read the journal."""
    (found,) = asked("limit", without_journal(HOST))["conditions"]
    assert found["reason"] == "start_limit_hit"
    restarted_less = without_journal(block("limit.service", NRestarts="2"))
    (found,) = asked("limit", restarted_less)["conditions"]
    assert found["reason"] == "unit_failed"


@pytest.mark.parametrize(
    ("changes", "is_down"),
    [
        ({"ActiveState": "inactive", "Result": "success", "Type": "simple"}, True),
        # One that does its work once and ends.
        ({"ActiveState": "inactive", "Result": "success", "Type": "oneshot"}, False),
        ({"ActiveState": "failed", "Type": "oneshot"}, True),
        ({"ActiveState": "active"}, False),
        ({"LoadState": "masked", "ActiveState": "inactive"}, True),
        ({"LoadState": "not-found", "ActiveState": "inactive"}, True),
    ],
)  # fmt: skip
def test_what_it_needs(changes: dict[str, str], is_down: bool) -> None:
    conditions = asked("mid", block("root.service", **changes))["conditions"]
    assert [one["instance"] for one in conditions] == (["root.service"] if is_down else [])


@pytest.mark.parametrize(
    ("said", "reason", "message"),
    [
        (f"{MARK} no-systemctl\n", "client_missing", "no systemctl"),
        (f"{MARK} not-booted\n", "not_managed", "not booted with systemd"),
        (f"{MARK} no-answer 124\n", NO_ANSWER, "it hangs"),
        (f"{MARK} no-answer 1\nFailed to connect to bus: No such file or directory\n", "not_managed", "enable-linger"),
        (f"{MARK} no-answer 1\nFailed to connect to bus: No medium found\n", "not_managed", "enable-linger"),
        (f"{MARK} no-answer 1\nFailed to get properties: Access denied\n", "forbidden", "Access denied"),
        (f"{MARK} no-answer 1\nFailed to get properties: Connection timed out\n", NO_ANSWER, "timed out"),
        (HOST.replace(f"{MARK} end", ""), NO_ANSWER, "no end"),
        (HOST.replace(f"{MARK} kernel", f"{MARK} show-failed 124\n{MARK} kernel"), NO_ANSWER, "in between"),
        ("", NO_ANSWER, "no end"),
        (HOST.replace(f"{MARK} now", "now"), NO_ANSWER, "no end"),
    ],
)  # fmt: skip
def test_a_refusal_is_a_reading(said: str, reason: str, message: str) -> None:
    refused = asked("good", said)["refused"]
    assert refused["reason"] == reason and message in refused["message"]
    (found,) = workload.grade(asked("good", said), {})
    assert (found["severity"], found["reason"]) == ("unknown", reason)


def test_a_host_that_does_not_answer() -> None:
    def silent(_command: str, _stdin: str) -> Done:
        raise Unreachable("the host does not answer: timed out")

    found = SYSTEMD.read({"a": {"unit": "a"}, "b": {"unit": "b"}}, Reach(silent))
    assert [one["refused"]["reason"] for one in found.values()] == ["host_unreachable"] * 2


def test_units_of_one_manager_are_asked_together() -> None:
    commands: list[str] = []

    def shell(command: str, _stdin: str) -> Done:
        commands.append(command)
        return Done(0, HOST, "")

    sections = {
        "good": {"unit": "good"},
        "fails": {"unit": "fails.service"},
        "own": {"unit": "good", "scope": "user"},
    }
    found = SYSTEMD.read(sections, Reach(shell))
    assert list(found) == ["good", "fails", "own"]
    assert len(commands) == 2
    assert "asked='good.service fails.service'" in commands[0]
    assert "--user" in commands[1] and "--user" not in commands[0]


def test_a_login_shell_that_talks_and_carriage_returns() -> None:
    noisy = f"Welcome!\nId=evil.service\n{HOST}".replace("\n", "\r\n")
    assert asked("good", noisy)["instances"] == asked("good")["instances"]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""More slots: approved, for real, and back again; or not at all, when a restart would not do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import snapshot
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import of_run, spoken

pytestmark = pytest.mark.slow
lab = sys.modules["oncall_lab_postgres"]
RAISE = {"approve": "raise_max_connections"}
# The load goes with the restart, and comes back by itself when it is an application's.
BUT_RESTARTED = ("server", "sessions")
# A restart command that does not wait for the server.
SLOW = """#!/bin/sh
set -eu
{stop}
(sleep 3; {restart}) </dev/null >/dev/null 2>&1 &
"""
# The restart command of a host that has no memory for more than 20: the server stays stopped.
FAILING = """#!/bin/sh
set -eu
if grep -qE "^max_connections = '(2[1-9]|[3-9][0-9])" {auto_conf}; then
  {stop}
  echo 'could not map anonymous shared memory: Cannot allocate memory' >&2
  exit 1
fi
{restart}
"""


def restart_command(server: Any) -> list[str]:
    if server.engine == "debian":
        return ["pg_ctlcluster", server.version, server.cluster, "restart"]
    return [sys.executable, str(lab.__file__), "restart", "--dir", str(server.directory)]


def with_restart(command: list[str]) -> dict[str, Any]:
    return {"service": {"platform": "command", "command": {"restart": command}}}


def max_connections(server: Any) -> int:
    return int(server.query("SHOW max_connections")[0][0])


@pytest.fixture
def case(drill: Any, own: Any) -> Any:
    """A service whose owner said how it is restarted."""
    return drill(own, **with_restart(restart_command(own))).given(timeout_seconds=20)


def test_raised_and_reverted(case: Any, own_crowd: Any) -> None:
    case.healthy(**RAISE)
    own_crowd.open(state="active")
    before = snapshot.take(case.server)

    unapproved = case.unchanged()
    assert unapproved.outcome == "needs_approval"
    assert "-e approve=raise_max_connections" in unapproved.report["next_step"]
    checked = case.check(**RAISE)
    assert checked.planned("raise_max_connections")["status"] == "planned"

    done = case.run(**RAISE)
    assert (done.outcome, done.rc) == ("recovered", 0)
    assert max_connections(case.server) == 30
    (change,) = done.report["changes"]
    assert (change["before"], change["after"]) == ({"max_connections": 20}, {"max_connections": 30})
    case.healthy(**RAISE)

    incident = {"incident": done.report["incident"]}
    asked = case.unchanged(playbook="revert", **incident)
    assert asked.outcome == "needs_approval" and asked.rc != 0
    planned = case.unchanged("--check", playbook="revert", **incident, **RAISE)
    assert planned.outcome == "planned"

    reverted = case.run(playbook="revert", **incident, **RAISE)
    assert (reverted.outcome, reverted.rc) == ("done", 0)
    after = snapshot.take(case.server)
    assert snapshot.differences(before, after, but=BUT_RESTARTED) == {}
    again = case.unchanged(playbook="revert", **incident, **RAISE)
    assert (again.outcome, again.rc) == ("healthy", 0)


def script(server: Any, text: str, folder: Path) -> list[str]:
    """A restart command of the owner's own making."""
    restart, path = restart_command(server), folder / "restart"
    stop = [{"restart": "stop"}.get(word, word) for word in restart]
    auto_conf = server.data_dir / "postgresql.auto.conf"
    words = {"stop": " ".join(stop), "restart": " ".join(restart), "auto_conf": auto_conf}
    path.write_text(text.format(**words))
    return ["sh", str(path)]


def test_a_server_that_starts_slowly_is_waited_for(
    drill: Any, own: Any, own_crowd: Any, tmp_path: Path
) -> None:
    case = drill(own, **with_restart(script(own, SLOW, tmp_path))).given(timeout_seconds=20)
    own_crowd.open(state="active")
    done = case.run(**RAISE)
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert max_connections(own) == 30


def test_a_restart_that_fails_goes_back(
    drill: Any, own: Any, own_crowd: Any, tmp_path: Path
) -> None:
    """PG07. The server is left neither stopped nor with the value that it does not start with."""
    command = script(own, FAILING, tmp_path)
    case = drill(own, **with_restart(command)).given(timeout_seconds=20)
    case.healthy(**RAISE)
    # Where nobody had set it, no line stays; where somebody had, the very line.
    for prepare in ("SELECT", "ALTER SYSTEM SET max_connections = 20"):
        with own.connect() as connection:
            connection.execute(prepare.encode())
        lab.restart(own.directory)
        before = snapshot.take(own)
        own_crowd.open(state="active")
        done = case.run(**RAISE)
        assert done.outcome == "unrecovered" and done.rc != 0
        assert max_connections(own) == 20
        assert snapshot.differences(before, snapshot.take(own), but=BUT_RESTARTED) == {}
        (change,) = done.report["changes"]
        assert change["status"] == "failed"
        assert "did not start with max_connections = 30" in spoken(done)
        own_crowd.leave()


def test_a_value_on_the_command_line_wins(case: Any, own_crowd: Any) -> None:
    """PG04. ALTER SYSTEM and a restart would end the sessions and change nothing."""
    start_with(case.server, "-c max_connections=20")
    case.healthy(**RAISE)
    own_crowd.open(state="active")
    done = case.refused(**RAISE)
    why = done.planned("raise_max_connections")["why"]
    assert "command line" in why and "write 30 where the server is started" in why


def start_with(server: Any, options: str) -> None:
    if server.engine == "debian":
        command = [*restart_command(server), "-o", options]
    else:
        log = ["-l", str(server.log), "-w"]
        command = [*lab._unprivileged(), str(lab._embedded_bin() / "pg_ctl")]
        command += ["-D", str(server.data_dir), *log, "-o", options, "restart"]
    lab._run(command, "restart with options")


def test_no_restart_into_a_broken_file(case: Any, own_crowd: Any) -> None:
    """PG06. The server runs, and would not start again."""
    case.healthy(**RAISE)
    own_crowd.open(state="active")
    folder = case.server.config_dir / "conf.d"
    folder.mkdir(exist_ok=True)
    if case.server.engine == "embedded":
        with (case.server.config_dir / "postgresql.conf").open("a") as file:
            file.write("include_dir = 'conf.d'\n")
    (folder / "x.conf").write_text("wal_buffers = banana\n")

    done = case.refused(**RAISE)
    why = done.planned("raise_max_connections")["why"]
    assert "x.conf line 1" in why and "would not start again" in why


def test_memory_that_does_not_hold_it(case: Any, own_crowd: Any) -> None:
    case.healthy(**RAISE)
    own_crowd.open(state="active")
    done = case.refused(**RAISE, max_connections=10000)
    assert "MB left" in done.planned("raise_max_connections")["why"]
    assert not of_run(done, "change_intended")

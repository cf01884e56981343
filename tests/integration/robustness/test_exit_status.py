# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exit status 0 means: each intended service has a record, and it is good. Nothing else does."""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.robustness import rig

GOOD = ("healthy", "recovered", "done", "planned")
VARIABLES = {"service": "db", **rig.QUICK}
# The application's sessions are too young to be ended: nothing can be done, which is no success.
HOPELESS = {**VARIABLES, "idle_seconds": 3600}


def honest(done: Any) -> None:
    """The exit status and the record say the same."""
    assert (done.rc == 0) == (done.outcome in GOOD), (
        f"{done.rc} {done.outcome} {done.stdout}{done.stderr}"
    )


# ---------------------------------------------------------------- nobody can talk it into success


FORGED: tuple[dict[str, Any], ...] = (
    {"ansible_check_mode": True},
    {"ansible_ignore_errors": True},
    {"ansible_ignore_unreachable": True},
    {"ansible_play_hosts_all": []},
    {"ansible_play_hosts": []},
    {"ansible_play_batch": []},
    {"ansible_run_tags": ["nothing"]},
    {"ansible_version": {"full": "1"}},
)


@pytest.mark.slow
@pytest.mark.parametrize("forged", FORGED, ids=lambda forged: next(iter(forged)))
def test_a_variable_of_ansible_does_not_make_it_succeed(
    lane: rig.Lane, site: Any, forged: Mapping[str, Any]
) -> None:
    lane.crowd.open()
    done = site.run(rig.PLAYBOOK, *rig.extra({**HOPELESS, **forged}))
    assert done.rc != 0
    assert done.report is None or done.outcome not in GOOD
    assert lane.sessions() == rig.LEAKED


SETTINGS = (
    {"ANSIBLE_STRATEGY": "free"},
    {"ANSIBLE_STRATEGY": "host_pinned"},
    {"ANSIBLE_STRATEGY": "debug"},
    {"ANSIBLE_ANY_ERRORS_FATAL": "1"},
    {"ANSIBLE_FORKS": "1"},
    {"ANSIBLE_TASK_TIMEOUT": "60"},
    {"ANSIBLE_GATHERING": "explicit"},
    {"ANSIBLE_STDOUT_CALLBACK": "default"},
)


@pytest.mark.slow
@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: "=".join(*settings.items()))
def test_a_setting_of_ansible_does_not_change_what_is_recorded(
    lanes: list[rig.Lane], tmp_path: Path, settings: dict[str, str]
) -> None:
    """One service that nothing can be done for, and one that is well: one run, one incident."""
    for lane, number in zip(lanes, (rig.LEAKED, 1), strict=True):
        lane.crowd.leave()
        lane.crowd.open(number)
    services = {"sick": rig.of_server(lanes[0].server), "well": rig.of_server(lanes[1].server)}
    kinds = {"kind_postgresql": list(services)}
    site = rig.harness.make_site(tmp_path, services, {"runbooks_max_targets": 2}, kinds)
    variables = rig.extra({**HOPELESS, "service": list(services)})
    done = site.run(rig.PLAYBOOK, *variables, environment=settings)
    assert done.rc != 0
    assert len(rig.journals(site.state)) == 1
    assert done.report["outcomes"] == {"sick": "refused", "well": "healthy"}


@pytest.mark.parametrize("flag", ["--syntax-check", "--list-hosts", "--list-tasks"])
def test_what_is_no_run_leaves_nothing(tmp_path: Path, flag: str) -> None:
    with rig.trap() as trap:
        (tmp_path / "password").touch(mode=0o600)
        site = rig.harness.make_site(tmp_path, {"db": rig.entry(trap.port, tmp_path / "password")})
        rc, _stdout, _stderr = rig.finish(site.start(rig.PLAYBOOK, *rig.extra(VARIABLES), flag))
        assert (rc, trap.connections(), rig.untouched(site.state)) == (0, 0, True)


# ---------------------------------------------------------------- the record cannot be kept


def delete_incident(folder: Path, pid: int) -> None:
    shutil.rmtree(folder)


def full_disk(folder: Path, pid: int) -> None:
    """Not a byte more goes into the journal."""
    size = (folder / "journal.jsonl").stat().st_size
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))


def no_file(folder: Path, pid: int) -> None:
    (folder / "journal.jsonl").unlink()
    (folder / "journal.jsonl").symlink_to("/dev/full")


def no_report(folder: Path, pid: int) -> None:
    (run,) = (folder / "runs").iterdir()
    (run / "report.json").mkdir()


LOSSES: list[Any] = [
    pytest.param(delete_incident, "Plan", id="the incident is deleted before the plan"),
    pytest.param(
        delete_incident, "Write the report", id="the incident is deleted before the report"
    ),
    pytest.param(full_disk, "Write the intent", id="the disk is full before the intent"),
    pytest.param(no_file, "Write the intent", id="the journal is a device before the intent"),
    pytest.param(no_report, "Plan", id="the report cannot be written"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("lose", "task"), LOSSES)
def test_a_record_that_is_lost(
    lane: rig.Lane, site: Any, lose: Callable[[Path, int], None], task: str
) -> None:
    lane.exhaust()
    plan = rig.accident({"do": "stop", "when": "start", "name": task})
    process = site.start(rig.PLAYBOOK, *rig.extra(VARIABLES), environment=plan)
    stat = Path(f"/proc/{process.pid}/stat")
    rig.wait_for(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T")
    (folder,) = site.state.glob("incidents/*")
    lose(folder, process.pid)
    process.send_signal(signal.SIGCONT)
    rc, stdout, stderr = rig.finish(process)
    assert rc != 0
    assert "Traceback" not in stdout + stderr
    if task == "Write the intent":
        assert lane.sessions() == rig.LEAKED, "changed without a record"


# ---------------------------------------------------------------- the rest of the world


def test_a_server_that_hangs(tmp_path: Path) -> None:
    """It accepts and never answers."""
    with rig.trap() as trap:
        (tmp_path / "password").touch(mode=0o600)
        (tmp_path / "password").write_text("x")
        site = rig.harness.make_site(tmp_path, {"db": rig.entry(trap.port, tmp_path / "password")})
        done = site.run(rig.PLAYBOOK, *rig.extra(VARIABLES))
    assert (done.rc != 0, done.outcome) == (True, "error")
    assert done.finding("postgresql_access")["reason"] == "timeout"


@pytest.mark.slow
def test_a_task_that_is_cut_short(tmp_path: Path) -> None:
    """ANSIBLE_TASK_TIMEOUT ends it before the server is given up."""
    with rig.trap() as trap:
        (tmp_path / "password").touch(mode=0o600)
        (tmp_path / "password").write_text("x")
        site = rig.harness.make_site(tmp_path, {"db": rig.entry(trap.port, tmp_path / "password")})
        timeout = {"ANSIBLE_TASK_TIMEOUT": "2"}
        done = site.run(rig.PLAYBOOK, *rig.extra(VARIABLES), environment=timeout)
    assert (done.rc != 0, done.outcome) == (True, "error")


@pytest.mark.slow
def test_a_host_that_cannot_be_reached(tmp_path: Path) -> None:
    """via: exec, over an ssh that nobody answers."""
    with rig.trap() as trap:
        port = trap.port
    entry = rig.entry(port, "", via="exec", host=None, password_file=None)
    settings = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": port}
    site = rig.harness.make_site(tmp_path, {"db": entry}, settings)
    done = site.run(rig.PLAYBOOK, *rig.extra(VARIABLES))
    assert (done.rc != 0, done.outcome) == (True, "error")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "outcome"),
    [
        pytest.param({}, "recovered", id="enough"),
        pytest.param(
            {"max_terminate": 1, "timeout_seconds": 1}, "unrecovered", id="too few may be ended"
        ),
        pytest.param({"idle_seconds": 3600}, "refused", id="none is old enough"),
    ],
)
def test_the_exit_status_is_that_of_the_record(
    lane: rig.Lane, site: Any, variables: Mapping[str, Any], outcome: str
) -> None:
    lane.exhaust()
    done = site.run(rig.PLAYBOOK, *rig.extra({**VARIABLES, **variables}))
    assert done.outcome == outcome
    honest(done)


@pytest.mark.slow
def test_a_terminal_that_goes_away(lane: rig.Lane, site: Any) -> None:
    """As in `ansible-playbook … | head -1`: it ends with a failure, or with a good record."""
    lane.exhaust()
    process = subprocess.Popen(
        site.command(rig.PLAYBOOK, *rig.extra(VARIABLES)), cwd=rig.harness.ROOT, env=site.environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    process.stdout.readline()
    process.stdout.close()
    rc = process.wait(timeout=60)
    reports = site.reports()
    assert rc != 0 or reports
    again = site.run(rig.PLAYBOOK, *rig.extra(VARIABLES))
    assert (again.rc, again.outcome in ("healthy", "recovered")) == (0, True)
    assert lane.sessions() == rig.LEFT

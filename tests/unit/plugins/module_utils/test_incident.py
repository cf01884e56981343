# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The folder of an incident and the runs that work in it."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import re
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.incident import Run
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError, incident_id

fork = multiprocessing.get_context("fork")
NOW = 1795230245.123456


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(
        incident="INC-7",
        run="run-1",
        scenario="db_connection_exhausted",
        state_dir=str(tmp_path),
        environment="production",
        check_mode=False,
        severity=None,
        services={"db": "db", "db-2": "db-2"},
        inputs={"db": {"max_terminate": 20, "max_connections": None}, "db-2": {}},
        approvals=[],
        approve_up_to="safe",
        started_at=NOW,
        pid=1234,
    )


@pytest.fixture
def opened(run: Run) -> Run:
    incident.begin(run, {"scenario": run.scenario})
    return run


@pytest.mark.parametrize(
    ("setting", "environment", "path"),
    [
        ("/srv/state", {"ONCALL_RUNBOOKS_STATE": "/env"}, "/srv/state"),
        (None, {"ONCALL_RUNBOOKS_STATE": "/env"}, "/env"),
        ("", {"ONCALL_RUNBOOKS_STATE": "/env"}, "/env"),
        (None, {"ONCALL_RUNBOOKS_STATE": "", "XDG_STATE_HOME": "/xdg"}, "/xdg/oncall-runbooks"),
        (None, {}, "/home/ada/.local/state/oncall-runbooks"),
        ("~/state", {}, "/home/ada/state"),
    ],
)
def test_state_dir(
    monkeypatch: pytest.MonkeyPatch, setting: str | None, environment: dict[str, str], path: str
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert incident.state_dir(setting, environment) == Path(path)


@pytest.mark.parametrize(
    ("setting", "environment"),
    [
        ("state", {}),
        ("./state", {}),
        ("$HOME/state", {}),
        (None, {"ONCALL_RUNBOOKS_STATE": "state"}),
        ("~nobody-of-this-name/state", {}),
        (5, {}),
        (["/srv/state"], {}),
        (True, {}),
        ("/srv/\0state", {}),
    ],
)
def test_state_dir_is_refused(setting: Any, environment: dict[str, str]) -> None:
    with pytest.raises(InputError, match="allowed is an absolute path") as caught:
        incident.state_dir(setting, environment)
    assert str(caught.value).isprintable()


def test_a_new_incident() -> None:
    name = incident.new_incident_id(NOW)
    assert re.fullmatch(r"INC-20261121-030405-[0-9a-f]{4}", name)
    assert incident_id(name) == name


def test_runs_of_the_same_second_have_names_of_their_own() -> None:
    assert len({incident.new_run_id(NOW) for _unused in range(2000)}) == 2000


@pytest.mark.parametrize(
    ("approvals", "action", "service", "approved"),
    [
        ([], "raise_max_connections", "db", False),
        (["raise_max_connections"], "raise_max_connections", "db", True),
        (["raise_max_connections@db"], "raise_max_connections", "db", True),
        (["raise_max_connections@db-2"], "raise_max_connections", "db", False),
        (["raise_max_connections@db"], "raise_max_connections", "db-2", False),
        (["end_sessions"], "raise_max_connections", "db", False),
        (["raise_max_connections@db", "end_sessions"], "end_sessions", "db-2", True),
        (["raise"], "raise_max_connections", "db", False),
    ],
)
def test_approved(
    run: Run, approvals: list[str], action: str, service: str, approved: bool
) -> None:
    assert replace(run, approvals=approvals).approved(action, service) is approved


def test_a_run_is_loaded_as_it_was_saved(run: Run) -> None:
    run.save()
    assert incident.load(str(run.directory)) == run
    assert stat.S_IMODE((run.directory / "run.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(run.directory.stat().st_mode) == 0o700
    assert [path.name for path in run.directory.iterdir()] == ["run.json"]


def test_begin(opened: Run) -> None:
    (line,) = opened.journal.read()
    assert (line["type"], line["run"]) == ("run_opened", "run-1")
    assert stat.S_IMODE(opened.folder.stat().st_mode) == 0o700
    assert incident.load(str(opened.directory)) == opened


def test_a_further_run_adds_to_the_journal(opened: Run) -> None:
    incident.begin(replace(opened, run="run-2"), {})
    assert [line["run"] for line in opened.journal.read()] == ["run-1", "run-2"]


def test_a_closed_incident_stays_closed(opened: Run) -> None:
    closed = opened.write("incident_closed", {"by": "ada"})
    before = opened.journal.path.read_bytes()
    later = replace(opened, run="run-2")
    with pytest.raises(InputError, match=f"^incident: got 'INC-7', .*closed at {closed['at']}"):
        incident.begin(later, {})
    assert opened.journal.path.read_bytes() == before
    assert not later.directory.exists()


def test_evidence_is_kept_and_sealed(opened: Run) -> None:
    content = {"sessions": ["größe"], "n": 1}
    relative = opened.keep_evidence("db", "postgresql", content)
    path = opened.folder / relative
    assert relative == "evidence/run-1/db-1-postgresql.json"
    assert json.loads(path.read_text()) == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    line = opened.journal.read()[-1]
    assert (line["type"], line["service"]) == ("evidence", "db")
    assert line["data"] == {
        "path": relative,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes": path.stat().st_size,
        "what": "postgresql",
    }


def test_each_reading_has_a_file_of_its_own(opened: Run) -> None:
    order = [("db-2", "a"), ("db", "a"), ("db", "b"), ("db-2", "b"), ("db", "a"), ("db/../x", "a")]
    paths = [
        opened.keep_evidence(service, what, {"n": n}) for n, (service, what) in enumerate(order)
    ]
    assert len(set(paths)) == len(order)
    for number, path in enumerate(paths):
        assert json.loads((opened.folder / path).read_text()) == {"n": number}
        assert (opened.folder / path).parent == opened.folder / "evidence" / "run-1"


def test_evidence_of_hosts_of_one_service_at_once(opened: Run) -> None:
    def keep(number: int) -> None:
        ready.wait(10)
        for reading in range(4):
            opened.keep_evidence("cluster", "postgresql", {"host": number, "reading": reading})

    ready = fork.Barrier(6)
    hosts = [fork.Process(target=keep, args=(number,)) for number in range(6)]
    for host in hosts:
        host.start()
    for host in hosts:
        host.join(20)
        assert host.exitcode == 0
        host.close()
    kept = [line["data"] for line in opened.journal.read() if line["type"] == "evidence"]
    assert len({data["path"] for data in kept}) == 24
    for data in kept:
        raw = (opened.folder / data["path"]).read_bytes()
        assert hashlib.sha256(raw).hexdigest() == data["sha256"]


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(handle: int) -> None:
        raise OSError("disk full")

    path = tmp_path / "report.json"
    incident.write_whole(path, "old")
    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        incident.write_whole(path, "new")
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    ("run_name", "service", "numbers"),
    [
        ("run-1", None, [1, 2, 3]),
        ("run-1", "db", [1, 3]),
        ("run-2", None, [4]),
        ("run-1", "no", []),
        ("run-3", None, []),
    ],
)
def test_lines_of(run_name: str, service: str | None, numbers: list[int]) -> None:
    lines = [
        {"n": 1, "run": "run-1", "service": "db"},
        {"n": 2, "run": "run-1", "service": None},
        {"n": 3, "run": "run-1", "service": "db"},
        {"n": 4, "run": "run-2", "service": "db"},
    ]
    assert [line["n"] for line in incident.lines_of(lines, run_name, service)] == numbers

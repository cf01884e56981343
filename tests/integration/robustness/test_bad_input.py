# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A slip on the command line, in the inventory or in an alert: one line says what is wrong.

Nothing was connected to, opened or changed by then. The rows are in bad_rows.py.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration import prefork
from ansible_collections.oncall.runbooks.tests.integration.faults import snapshot
from ansible_collections.oncall.runbooks.tests.integration.robustness import bad_rows, rig
from ansible_collections.oncall.runbooks.tests.integration.robustness.bad_rows import CANARY, Row

harness = sys.modules["oncall_harness"]

# A run on an idle machine fails in 1 s; on a busy one it may take as long as a few empty playbooks.
SOON_S = 5
SOON_IN_EMPTY_RUNS = 6
LONGEST_LINE = 600
NOT_FOR_PEOPLE = re.compile(
    r"Traceback|Origin:|caused by|AnsibleError|Errno|jinja|_Ansible|object has no|\.py\b", re.IGNORECASE
)  # fmt: skip
EXAMPLES = ("for example", "did you mean", "known are", "leave it out")
# What Ansible says of a --limit by itself.
HARMLESS = ("[WARNING]: Could not match supplied host pattern, ignoring: typo",)

FLAGS: tuple[tuple[str, ...], ...] = ("--check",), ("-vvv",), ("--skip-tags", "always")
EVERY_FLAG = ("BI02 a generic yes", "max_terminate=-5", "BI41 name=value")
SOME_FLAG = (
    "BI23 an empty limit", "BI27 unknown", "BI48 in the catalog", "BI64 a path", "CN10 the folder of the run",
    "password_file readable by others",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    row: Row
    flags: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.row.id, *self.flags])


@dataclass(frozen=True)
class Seen:
    rc: int
    stdout: str
    stderr: str
    seconds: float
    connections: int
    folder: Path
    recorded: set[Path]

    @property
    def lines(self) -> list[str]:
        """The lines that name an error."""
        found = re.findall(r"^(?:error: |\[ERROR\]: )(.*)$", self.stderr, re.MULTILINE)
        return [line for line in found if line]


def combinations() -> Iterator[tuple[str, ...]]:
    for chosen in product((False, True), repeat=len(FLAGS)):
        yield tuple(word for take, flag in zip(chosen, FLAGS, strict=True) if take for word in flag)


def cases() -> Iterator[Case]:
    by_name = {row.id: row for row in bad_rows.ROWS}
    assert len(by_name) == len(bad_rows.ROWS), "two rows of one name"
    yield from (Case(row) for row in bad_rows.ROWS)
    yield from (
        Case(by_name[name], flags) for name in EVERY_FLAG for flags in combinations() if flags
    )
    for number, name in enumerate(SOME_FLAG):
        yield Case(by_name[name], FLAGS[number % len(FLAGS)])


def params() -> list[Any]:
    return [
        pytest.param(
            case, id=str(case), marks=[pytest.mark.slow] if case.row.slow or case.flags else []
        )
        for case in cases()
    ]


# ---------------------------------------------------------------- all runs, two at a time


@pytest.fixture(scope="module")
def seen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Case], Seen]:
    def work(_lane: int, case: Case) -> Seen:
        return attempt(case, tmp_path_factory.mktemp("row"))

    return rig.ahead(request, "case", work, range(rig.WORKERS))


@pytest.fixture(scope="module")
def soon(seen: Callable[[Case], Seen], tmp_path_factory: pytest.TempPathFactory) -> float:
    """How many seconds are 'at once' on this machine, as busy as it is."""
    folder = tmp_path_factory.mktemp("empty")
    (folder / "empty.yml").write_text("- hosts: all\n  gather_facts: false\n")
    site = harness.make_site(folder, {"db": rig.entry(1, folder)})
    command = [*site.command("x")[:-1], str(folder / "empty.yml")]

    def once(_lane: int, _number: int) -> float:
        started = time.monotonic()
        subprocess.run(
            command, cwd=harness.ROOT, env=site.environment(), check=True, capture_output=True
        )
        return time.monotonic() - started

    runs = rig.parallel(once, range(2 * rig.WORKERS), range(rig.WORKERS)).values()
    return max(SOON_S, SOON_IN_EMPTY_RUNS * max(run.result() for run in runs))


def attempt(case: Case, folder: Path) -> Seen:
    row = case.row
    with rig.trap() as trap:
        site = prepared(row, folder, trap.port)
        before = set(rig.written(site.state))
        started = time.monotonic()
        words = [*(here(word, folder) for word in row.arguments), *case.flags]
        rc, stdout, stderr = prefork.run(
            site.command(row.playbook, *words), harness.ROOT, site.environment(row.environment), 120
        )
        seconds = time.monotonic() - started
        recorded = set(rig.written(site.state)) - before
        return Seen(rc, stdout, stderr, seconds, trap.connections(), folder, recorded)


def here(value: Any, folder: Path) -> Any:
    """FOLDER, wherever it stands in a value."""
    if isinstance(value, str):
        return value.replace("FOLDER", str(folder))
    if isinstance(value, Mapping):
        return {key: here(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [here(item, folder) for item in value]
    return value


def prepared(row: Row, folder: Path, port: int) -> Any:
    password = folder / "oncall.password"
    for name, text in {"oncall.password": CANARY, **row.files}.items():
        (folder / name).write_text(here(text, folder))
        (folder / name).chmod(row.modes.get(name, 0o600))
    services = {
        name: {**rig.entry(port, password, **here(row.postgresql, folder)), **row.service}
        for name in ("db", *row.more_services)
    }
    kinds = row.kinds or {"kind_postgresql": ["db", *row.more_services]}
    for name in kinds.get("kind_postgresql", []):
        if name.startswith(("db-1", "db-2", "redis", "other")):
            services[name] = rig.entry(port, password)
    site = harness.make_site(folder, services, here(row.settings, folder), kinds)
    text = site.inventory.read_text()
    assert row.replace[0] in text
    site.inventory.write_text(text.replace(*row.replace, 1) if row.replace[0] else text)
    if row.closed:
        close(site.state / "incidents" / row.closed)
    return site


def close(incident: Path) -> None:
    incident.mkdir(parents=True)
    line = rig.seal(1, "incident_closed", {"by": "alice"}, "0" * 64)
    (incident / "journal.jsonl").write_text(line + "\n")


# ---------------------------------------------------------------- what a slip looks like


@pytest.mark.parametrize("case", params())
def test_a_slip_is_one_line_and_nothing_else(
    case: Case, seen: Callable[[Case], Seen], soon: float
) -> None:
    found = seen(case)
    everything = f"{found.stdout}\n{found.stderr}"
    assert found.rc > 0, everything
    assert found.seconds < soon
    assert found.connections == 0
    assert not found.recorded or case.row.recorded
    assert not (found.folder / "evaluated").exists()
    assert CANARY not in everything
    assert "Traceback" not in everything

    if case.row.core:
        assert all(word in everything for word in case.row.says), everything
        return
    line, *more = found.lines
    assert not more or case.row.recorded, more
    assert all(here(word, found.folder) in line for word in case.row.says), line
    assert any(word in line for word in EXAMPLES), line
    assert not NOT_FOR_PEOPLE.search(line), line
    assert line.isprintable() and len(line) < LONGEST_LINE, line
    if "-vvv" not in case.flags:
        others = [text for text in found.stderr.splitlines() if text and line not in text]
        assert not [text for text in others if text not in HARMLESS], everything
        assert not NOT_FOR_PEOPLE.search(found.stdout), everything


# ---------------------------------------------------------------- with a real server


SICK = (
    pytest.param(["-e", "approve=yes"], id="BI02 a generic yes"),
    pytest.param(["-e", "max_terminate=0"], id="BI12 no session at all"),
    pytest.param(["--limit", ","], id="BI23 an empty limit"),
    pytest.param(["-e", "decision_entries=[]"], id="CN10 a forged plan"),
)


@pytest.mark.parametrize("arguments", SICK)
@pytest.mark.slow
def test_a_sick_server_is_left_as_it_was(lane: rig.Lane, site: Any, arguments: list[str]) -> None:
    lane.exhaust()
    before = snapshot.take(lane.server)
    done = site.run(rig.PLAYBOOK, *rig.extra(rig.QUICK), *arguments)
    assert done.rc > 0 and not done.report
    assert snapshot.differences(before, snapshot.take(lane.server)) == {}
    assert rig.untouched(site.state)


NAMES = ("app'; DROP TABLE orders;--", 'a"b', "shop dbname=postgres", "$(id)", "-c select")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_the_name_of_a_database_is_only_a_name(lane: rig.Lane, tmp_path: Path, name: str) -> None:
    """BI39. Also where psql gets it."""
    before = lane.server.checksum()
    for via in ("tcp", "exec"):
        entry = rig.of_server(lane.server, database=name, via=via, admin=None)
        site = harness.make_site(tmp_path / via, {"db": entry})
        done = site.run(rig.PLAYBOOK)
        assert (done.rc > 0, done.outcome) == (True, "error")
        assert done.finding("postgresql_access")["reason"] == "database_missing"
    assert lane.server.checksum() == before


@pytest.mark.parametrize(
    ("host", "reason"), [("127.0.0.1", "refused"), ("db.invalid", "dns_failure")]
)
def test_a_server_that_does_not_answer(tmp_path: Path, host: str, reason: str) -> None:
    """BI30. Which is a reading, and recorded as one."""
    with rig.trap() as trap:
        port = trap.port
    password = tmp_path / "oncall.password"
    password.write_text(CANARY)
    password.chmod(0o600)
    site = harness.make_site(tmp_path, {"db": rig.entry(port, password, host=host)})
    done = site.run(rig.PLAYBOOK)
    assert (done.rc > 0, done.outcome) == (True, "error")
    assert done.finding("postgresql_access")["reason"] == reason
    assert host in done.report["next_step"]
    (line,) = re.findall(r"^error: (.*)$", done.stderr, re.MULTILINE)
    assert host in line and not NOT_FOR_PEOPLE.search(line)


def test_an_alert_that_disagrees_with_reality_changes_nothing(lane: rig.Lane, site: Any) -> None:
    """CN16. The alert says that the database is sick; it is not."""
    lane.crowd.open(3)
    before = snapshot.take(lane.server)
    done = site.run(rig.PLAYBOOK, *rig.extra({"service": "db", "severity": "P1", **rig.QUICK}))
    assert (done.rc, done.outcome) == (0, "healthy")
    assert snapshot.differences(before, snapshot.take(lane.server)) == {}

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A password goes to the server and nowhere else, however the run ends."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.robustness import rig

pytestmark = pytest.mark.slow

SYSTEM_LOGS = ("/var/log/syslog", "/var/log/messages", "/var/log/auth.log")
# A client that fails as no client should: with all that it was given in the text.
CHATTY_CLIENT = """
class Error(Exception): pass
class OperationalError(Error): pass
def connect(**given): raise {kind}(f"cannot connect with {given}")
"""
CLIENTS = {
    "no client": "raise ImportError('not here')",
    "a chatty client": CHATTY_CLIENT.replace("{kind}", "OperationalError"),
    "a broken client": CHATTY_CLIENT.replace("{kind}", "RuntimeError"),
}
FLAGS = ("-vvv", "--diff")


@dataclass(frozen=True)
class Case:
    fate: str
    credential: str  # file, environment, inventory
    via: str = "tcp"
    flags: tuple[str, ...] = FLAGS
    callback: str = ""

    def __str__(self) -> str:
        return " ".join([self.fate, self.credential, self.via, *self.flags, self.callback]).strip()


CASES = [
    *(Case("recovered", where, via) for where in ("file", "environment", "inventory") for via in ("tcp", "exec")),
    *(Case("wrong password", where, via) for where in ("file", "environment", "inventory") for via in ("tcp", "exec")),
    Case("recovered", "inventory", "tcp", ()),
    Case("recovered", "inventory", "exec", (*FLAGS, "--check")),
    Case("recovered", "inventory", "tcp", FLAGS, "default"),
    Case("wrong password", "inventory", "exec", FLAGS, "default"),
    *(Case(fate, "inventory", via) for fate in ("refused", "no answer") for via in ("tcp", "exec")),
    *(Case(client, "inventory") for client in CLIENTS),
    Case("a broken client", "inventory", "tcp", FLAGS, "default"),
]  # fmt: skip


# ---------------------------------------------------------------- who looks where


def forms(secret: str) -> list[str]:
    """As it is, and as somebody may have encoded it."""
    raw = secret.encode()
    found = [secret, raw.hex()]
    for skipped in range(3):
        # Wherever it stands in a longer text, its middle is encoded in one of three ways.
        whole = raw[skipped : skipped + (len(raw) - skipped) // 3 * 3]
        found.append(base64.b64encode(whole).decode())
    return found


class Watcher(threading.Thread):
    """Reads the command lines and environments of all processes, again and again."""

    def __init__(self, canaries: Iterable[str], marker: str) -> None:
        super().__init__(daemon=True)
        self.canaries = [canary.encode() for canary in canaries]
        self.marker = marker.encode()
        self.over = threading.Event()
        self.command_lines: set[str] = set()
        self.own_environments: set[str] = set()
        self.other_environments: set[str] = set()
        self.rounds = 0

    def run(self) -> None:
        while not self.over.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    self.look(process)
            self.rounds += 1

    def look(self, process: Path) -> None:
        command = (process / "cmdline").read_bytes()
        environment = (process / "environ").read_bytes()
        name = f"{process.name} {command[:80]!r}"
        if any(canary in command for canary in self.canaries):
            self.command_lines.add(name)
        if any(canary in environment for canary in self.canaries):
            own = self.marker in environment
            (self.own_environments if own else self.other_environments).add(name)

    def __enter__(self) -> Watcher:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()


def system_logs() -> str:
    texts = []
    for path in map(Path, SYSTEM_LOGS):
        with suppress(OSError):
            texts.append(path.read_text(errors="replace")[-200_000:])
    if shutil.which("journalctl"):
        command = ["journalctl", "--since", "-10min", "--no-pager", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        texts.append(done.stdout)
    return "\n".join(texts)


# ---------------------------------------------------------------- the runs


@dataclass
class Setup:
    """The canaries of one run, and where its user keeps them."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    canaries: list[str] = field(default_factory=list)

    def keys(self, name: str, where: str, secret: str) -> dict[str, str]:
        self.canaries.append(secret)
        if where == "file":
            path = self.folder / f"{name}.password"
            path.touch(mode=0o600)
            path.write_text(f"{secret}\n")
            return {"password_file": str(path)}
        if where == "environment":
            self.environment[f"CANARY_{name.upper()}"] = secret
            return {"password_env": f"CANARY_{name.upper()}"}
        return {"password": secret}


@dataclass(frozen=True)
class Seen:
    done: Any
    texts: Mapping[str, str]
    canaries: list[str]
    watcher: Watcher
    temporary: list[Path]


def catalog(lane: rig.Lane, case: Case, setup: Setup, port: int) -> dict[str, Any]:
    def password(role: str) -> str:
        if case.fate != "recovered":
            return f"canary-{secrets.token_hex(12)}"
        return str(lane.server.password_file(role).read_text().strip())

    normal = setup.keys("normal", case.credential, password("oncall"))
    admin = setup.keys("admin", case.credential, password(rig.lab.SUPERUSER))
    pooler = setup.keys("pooler", case.credential, f"canary-{secrets.token_hex(12)}")
    ways = {
        "via": case.via,
        "password_file": None,
        **normal,
        "admin": {"via": "tcp", "host": rig.lab.HOST, "user": rig.lab.SUPERUSER, **admin},
        "pooler": {"user": "pooler", "port": port, **pooler},
    }
    return rig.entry(port, "", **ways)


def attempt(lane: rig.Lane, case: Case) -> Seen:
    folder = lane.folder / f"secret-{CASES.index(case)}"
    for name in ("", "client", "temporary"):
        (folder / name).mkdir()
    setup = Setup(folder)
    with rig.trap() as trap:
        if case.fate == "recovered":
            lane.exhaust()
        port = trap.port if case.fate in ("no answer", "refused") else lane.server.port
        if case.fate == "refused":
            trap.close()
        site = rig.harness.make_site(folder, {"db": catalog(lane, case, setup, port)})
        if case.fate in CLIENTS:
            (folder / "client" / "psycopg.py").write_text(CLIENTS[case.fate])
        environment = {
            "PATH": rig.with_psql(),
            "PYTHONPATH": str(folder / "client"),
            "TMPDIR": str(folder / "temporary"),
            "ANSIBLE_LOCAL_TEMP": str(folder / "temporary"),
            "ANSIBLE_REMOTE_TEMP": str(folder / "temporary"),
            "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
            **({"ANSIBLE_STDOUT_CALLBACK": case.callback} if case.callback else {}),
            **setup.environment,
        }
        with Watcher(setup.canaries, f"ONCALL_RUNBOOKS_STATE={site.state}") as watcher:
            variables = rig.extra({"service": "db", **rig.QUICK})
            done = site.run(rig.PLAYBOOK, *variables, *case.flags, environment=environment)
    read = [path for path in (folder / "ansible.log", *rig.written(site.state)) if path.exists()]
    texts = {str(path): path.read_text(errors="replace") for path in read}
    texts |= {"stdout": done.stdout, "stderr": done.stderr, "system logs": system_logs()}
    texts["server's log"] = lane.server.log.read_text(errors="replace")
    left = [path for path in (folder / "temporary").rglob("*") if path.is_file()]
    return Seen(done, texts, setup.canaries, watcher, left)


@pytest.fixture(scope="module")
def seen(request: pytest.FixtureRequest, lanes: list[rig.Lane]) -> Callable[[Case], Seen]:
    return rig.ahead(request, "case", attempt, lanes)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_password_is_anywhere(case: Case, seen: Callable[[Case], Seen]) -> None:
    found = seen(case)
    done = found.done
    assert done.report, done.stdout + done.stderr
    good = "planned" if "--check" in case.flags else "recovered"
    assert done.outcome == (good if case.fate == "recovered" else "error")
    assert (done.rc == 0) == (case.fate == "recovered"), done.stdout + done.stderr

    assert len(found.texts) > 5 and len(found.canaries) == 3
    for where, text in found.texts.items():
        for canary in found.canaries:
            assert not [form for form in forms(canary) if form in text], where
    assert found.temporary == []

    watcher = found.watcher
    assert watcher.rounds > 5
    assert watcher.command_lines == set()
    assert watcher.other_environments == set()
    # Where the user put it, it is inherited; nobody puts it there.
    assert bool(watcher.own_environments) == (case.credential == "environment")


# ---------------------------------------------------------------- what applications were doing


CANARY = f"canary{secrets.token_hex(8)}"
STATEMENTS = (
    f"SELECT '{CANARY}'",
    f"SELECT E'\\'{CANARY}'",
    f"SELECT $${CANARY}$$",
    f"SELECT $tag${CANARY}$tag$",
    f"SELECT U&'{CANARY}'",
    f"SELECT 'it''s {CANARY}'",
    f"SELECT 1 -- {CANARY}",
    f"SELECT /* {CANARY} /* {CANARY} */ {CANARY} */ 1",
    f"SELECT 'a' -- '\n, '{CANARY}'",
)
AT_WORK = f"SELECT pg_sleep(86400), '{CANARY}'"


def test_no_literal_of_an_application_is_kept(lane: rig.Lane, site: Any) -> None:
    """The last statement of a session may hold a customer's name or a token."""
    idle = lane.crowd.open(10)
    in_transaction = lane.crowd.open(4, "idle in transaction")
    for number, pid in enumerate([*idle, *in_transaction]):
        lane.crowd.session(pid).execute(STATEMENTS[number % len(STATEMENTS)].encode())
    for pid in lane.crowd.open(3):
        session = lane.crowd.session(pid)
        session.pgconn.send_query(AT_WORK.encode())
        session.pgconn.flush()
    lane.crowd.age()
    shown = lane.server.query(
        "SELECT count(*) FROM pg_stat_activity WHERE strpos(query, %s) > 0", CANARY
    )
    assert shown == [(17,)]

    for via in ("tcp", "exec"):
        environment = {"PATH": rig.with_psql()}
        way = json.dumps(rig.of_server(lane.server, via=via)["postgresql"])
        site.inventory.write_text(site.inventory.read_text().replace("via: tcp", f"via: {via}"))
        variables = {"service": "db", **rig.QUICK, "max_terminate": 1}
        done = site.run(rig.PLAYBOOK, *rig.extra(variables), "-vvv", environment=environment)
        assert done.report and done.report["changes"], f"{way}: {done.stdout}{done.stderr}"
        texts = [done.stdout, done.stderr, *(path.read_text() for path in rig.written(site.state))]
        assert not [form for form in forms(CANARY) for text in texts if form in text]

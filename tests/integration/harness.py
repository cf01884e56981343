# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a playbook as a person does, from outside, and look at what it left."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.oncall.runbooks.tests.integration import prefork

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOK = str(Path(sys.executable).with_name("ansible-playbook"))
# The runs that Site.start() began in this test.
STARTED: list[subprocess.Popen[str]] = []


@dataclass(frozen=True)
class Done:
    """A finished run."""

    rc: int
    stdout: str
    stderr: str
    report: dict[str, Any] | None
    state: Path

    @property
    def outcome(self) -> str | None:
        return self.report["outcome"] if self.report else None

    def finding(self, check: str) -> dict[str, Any]:
        assert self.report, f"no report; {self.stdout}{self.stderr}"
        return next(found for found in self.report["findings"] if found["check"] == check)

    def planned(self, action: str) -> dict[str, Any]:
        assert self.report, f"no report; {self.stdout}{self.stderr}"
        return next(entry for entry in self.report["plan"] if entry["action"] == action)


@dataclass(frozen=True)
class Site:
    """An inventory of one service, and the folder where its incidents lie."""

    inventory: Path
    state: Path

    def command(self, playbook: str, *arguments: str) -> list[str]:
        return [PLAYBOOK, "-i", str(self.inventory), f"playbooks/{playbook}.yml", *arguments]

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ANSIBLE_", "PG"))
        }
        return {
            **kept,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ONCALL_RUNBOOKS_STATE": str(self.state),
            "ANSIBLE_NOCOLOR": "1",
            **(extra or {}),
        }

    def start(
        self, playbook: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            self.command(playbook, *arguments),
            cwd=ROOT,
            env=self.environment(environment),
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        prefork.limit_memory(process.pid)
        STARTED.append(process)
        return process

    def run(
        self,
        playbook: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        timeout: float = 180,
    ) -> Done:
        before = self.reports()
        rc, stdout, stderr = prefork.run(
            self.command(playbook, *arguments), ROOT, self.environment(environment), timeout
        )
        new = sorted(self.reports() - before, key=lambda path: path.stat().st_mtime_ns)
        report = json.loads(new[-1].read_text()) if new else None
        return Done(rc, stdout, stderr, report, self.state)

    def reports(self) -> set[Path]:
        return set(self.state.glob("incidents/*/runs/*/report.json"))


def end_what_was_started() -> None:
    """A test that failed leaves runs behind, stopped ones too, which would wait for ever."""
    while STARTED:
        process = STARTED.pop()
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def make_site(
    folder: Path,
    services: Mapping[str, Any],
    settings: Mapping[str, Any] | None = None,
    kinds: Mapping[str, Sequence[str]] | None = None,
) -> Site:
    """An inventory as a user writes it: hosts in the groups of their kinds, and a catalog.

    Where all hosts are this machine, their locks do not lie with those of other tests.
    """
    members = kinds or {f"kind_{entry['kind']}": [name] for name, entry in services.items()}
    given, locks = settings or {}, folder / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    content = {
        "all": {
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
                "runbooks_environment": "drill",
                "runbooks_services": dict(services),
                **({} if "ansible_connection" in given else {"runbooks_lock_dir": str(locks)}),
                **given,
            },
            "children": {
                group: {"hosts": {name: {} for name in names}} for group, names in members.items()
            },
        }
    }
    folder.mkdir(parents=True, exist_ok=True)
    inventory = folder / "inventory.yml"
    inventory.write_text(yaml.safe_dump(content, allow_unicode=True))
    return Site(inventory, folder / "state")

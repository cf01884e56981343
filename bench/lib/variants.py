# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is compared: how each is started, and when its first healthy reading was."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from .clusters import PASSWORD, SOCKETS, Cluster
from .measure import Run, run

BENCH = Path(__file__).resolve().parents[1]
ROOT = BENCH.parent
OURS = ROOT / "playbooks" / "db_connection_exhausted.yml"
FORKS = 10
AGREE_S = 0.2


@dataclass(frozen=True)
class Variant:
    """One way to handle it."""

    name: str
    title: str
    incident: bool = True  # with every slot taken, or on a healthy server
    restarts: bool = False  # leaves max_connections raised


EMPTY = Variant("empty", "empty playbook", incident=False)
HEALTHY = Variant("healthy", "ours, nothing wrong", incident=False)
BY_HAND = Variant("by_hand", "(a) shell script", restarts=True)
TYPED_OVER = Variant("typed_over", "(b) typed over, task by task", restarts=True)
INCIDENT = Variant("ours", "(c) ours")
ALL = (EMPTY, HEALTHY, BY_HAND, TYPED_OVER, INCIDENT)
LAST_READING = {
    BY_HAND: re.compile(r"^healthy$"),
    TYPED_OVER: re.compile(r"^ok: \["),
}


def missing(variant: Variant) -> str | None:
    if variant in (HEALTHY, INCIDENT) and not OURS.exists():
        return f"{OURS.relative_to(ROOT)} does not exist yet"
    return None


class Bench:
    """The files that a measurement needs, and the measurement."""

    def __init__(self) -> None:
        beside = Path(sys.executable).parent / "ansible-playbook"
        self.ansible = str(beside) if beside.exists() else shutil.which("ansible-playbook")
        if not self.ansible:
            raise RuntimeError("ansible-playbook was not found")
        self.folder = Path(tempfile.mkdtemp(prefix="runbench-run-"))
        password = self.folder / "password"
        password.touch(0o600)
        password.write_text(PASSWORD, encoding="utf-8")

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def measure(self, variant: Variant, targets: Sequence[Cluster], *, memory: bool) -> Run:
        """Run it once. `healthy_s` is None where it never said so."""
        state = Path(tempfile.mkdtemp(prefix="state-", dir=self.folder))
        stdin = "\n".join(f"{c.name} {c.port}" for c in targets) if variant is BY_HAND else ""
        try:
            done = run(
                self._argv(variant, targets),
                cwd=ROOT,
                env=self._environment(variant, state),
                stdin=stdin,
                sample_memory=memory,
            )
            if variant in LAST_READING:
                done.healthy_s = done.last(LAST_READING[variant])
            elif variant is INCIDENT:
                read_report(done, newest_report(state))
        finally:
            shutil.rmtree(state, ignore_errors=True)
        return done

    def _argv(self, variant: Variant, targets: Sequence[Cluster]) -> list[str]:
        if variant is BY_HAND:
            return ["xargs", "-P", str(FORKS), "-n", "2", str(BENCH / "by_hand.sh")]
        inventory = str(self._inventory(targets))
        argv = [str(self.ansible), "-i", inventory, "--forks", str(FORKS)]
        if variant is EMPTY:
            return [*argv, str(BENCH / "empty.yml")]
        if variant is TYPED_OVER:
            return [*argv, str(BENCH / "typed_over" / "playbook.yml")]
        services = json.dumps({"service": [cluster.host for cluster in targets]})
        return [*argv, "-e", services, "-e", "idle_seconds=1", str(OURS)]

    @staticmethod
    def _environment(variant: Variant, state: Path) -> dict[str, str]:
        ours = ("ANSIBLE_", "ONCALL_", "PG")
        env = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
        env["LC_ALL"] = "C.UTF-8"
        if variant in (EMPTY, TYPED_OVER):
            env["ANSIBLE_CONFIG"] = str(BENCH / "ansible.cfg")
        else:
            env["ONCALL_RUNBOOKS_STATE"] = str(state)
        return env

    def _inventory(self, targets: Sequence[Cluster]) -> Path:
        """One inventory for all: hosts for the port, and their catalog for ours."""
        folder = self.folder / f"inventory-{len(targets)}"
        if folder.exists():
            return folder
        (folder / "group_vars").mkdir(parents=True)
        hosts = {c.host: {"bench_cluster": c.name, "bench_port": c.port} for c in targets}
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "runbooks_environment": "drill",
            "runbooks_max_targets": 50,
            "runbooks_services": {c.host: self._service(c) for c in targets},
        }
        inventory = {"kind_postgresql": {"hosts": hosts}}
        (folder / "hosts.json").write_text(json.dumps(inventory, indent=1), encoding="utf-8")
        everyone = folder / "group_vars" / "all.json"
        everyone.write_text(json.dumps(variables, indent=1), encoding="utf-8")
        return folder

    def _service(self, cluster: Cluster) -> dict[str, object]:
        reached = {
            "via": "tcp",
            "host": "127.0.0.1",
            "port": cluster.port,
            "database": "app",
            "user": "oncall",
            "password_file": str(self.folder / "password"),
            "admin": {"via": "tcp", "host": SOCKETS, "port": cluster.port, "user": "postgres"},
        }
        return {"kind": "postgresql", "platform": "external", "postgresql": reached}


def newest_report(state: Path) -> dict[str, object]:
    reports = sorted(state.glob("incidents/*/report.json"), key=lambda path: path.stat().st_mtime)
    return json.loads(reports[-1].read_text(encoding="utf-8")) if reports else {}


def read_report(done: Run, report: dict[str, object]) -> None:
    """Take what the report says, if it agrees with the bench's own clock."""
    said, verification = report.get("time_to_healthy_s"), report.get("verification")
    if not isinstance(said, int | float) or not isinstance(verification, dict):
        return
    at = datetime.fromisoformat(verification["first_healthy_at"]).timestamp()
    mine = at - done.started_at
    if abs(mine - said) > AGREE_S:
        done.problem = f"its report says healthy after {said:.2f} s, our clock {mine:.2f} s"
    done.healthy_s = float(said)

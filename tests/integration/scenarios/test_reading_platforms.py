# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbooks that only read, with the products' own inventories, on what these really run on."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.scenarios.conftest import CALM, extra
from ansible_collections.oncall.runbooks.tests.lab import lab

harness: Any = sys.modules["oncall_harness"]
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Product(harness.Site):
    """A product's inventory, and where this instance of it is."""

    name: str = ""

    def command(self, playbook: str, *arguments: str) -> list[str]:
        where = ["-i", f"inventories/{self.name}", "-i", str(self.inventory)]
        return [harness.PLAYBOOK, *where, f"playbooks/{playbook}.yml", *arguments]


@dataclass(frozen=True)
class Stack:
    product: Any
    stop: Callable[[str], Any]
    second: str  # another service to stop
    secret: str

    def run(self, playbook: str, **variables: Any) -> Any:
        done = self.product.run(playbook, *extra(**variables))
        assert done.report, done.stdout + done.stderr
        return done


def compose(folder: Path) -> Iterator[Stack]:
    with lab.compose_project("labelmint") as project:
        product = Product(project.inventory(folder), folder / "state", "labelmint")
        secret = project.execute("api", "printenv", "DATABASE_URL").strip()
        yield Stack(product, lambda name: project.compose("stop", name), "web", secret)


def systemd(folder: Path) -> Iterator[Stack]:
    units = {"db": "postgresql@15-main.service", "web": "labelmint-web.service"}
    with lab.systemd_host("labelmint_systemd") as host:
        product = Product(host.inventory(folder), folder / "state", "labelmint_systemd")
        yield Stack(product, lambda name: host.execute("systemctl", "stop", units[name]), "web", "")


def kubernetes(folder: Path) -> Iterator[Stack]:
    with lab.namespace("labelmint_kubernetes") as space:
        product = Product(space.inventory(folder), folder / "state", "labelmint_kubernetes")

        def stop(name: str) -> None:
            kind = "statefulset/postgres" if name == "db" else f"deployment/{name}"
            space.kubectl("scale", kind, "--replicas=0")

        yield Stack(product, stop, "web", "")


STACKS = {"compose": compose, "systemd": systemd, "kubernetes": kubernetes}


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    try:
        yield from STACKS[request.param](tmp_path)
    except lab.Skipped as skipped:
        pytest.skip(str(skipped))


def test_two_faults_and_their_evidence(stack: Stack) -> None:
    well = stack.run("triage", **CALM)
    critical = [found for found in well.report["findings"] if found["severity"] == "crit"]
    assert critical == [], well.stdout + well.stderr
    stack.stop("db")
    stack.stop(stack.second)
    done = stack.run("triage", **CALM)
    causes = [cause["service"] for cause in done.report["causes"]]
    assert causes[0] in ("db", "postgres"), done.stdout
    assert stack.second in causes
    assert done.rc != 0
    kept = stack.run("capture_state", service="api")
    assert kept.outcome in ("done", "attention"), kept.stdout + kept.stderr
    whats = {item["what"] for item in kept.report["evidence"]}
    assert "workload" in whats and {"log", "settings"} <= whats
    texts = [path.read_text() for path in kept.state.rglob("*") if path.is_file()]
    assert not stack.secret or not any(stack.secret in text for text in texts)
    assert json.dumps(kept.report)

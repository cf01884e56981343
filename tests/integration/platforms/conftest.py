# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services on what they really run on, and the verbs as a runbook takes them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import Machine
from ansible_collections.oncall.runbooks.tests.lab import lab

harness = sys.modules["oncall_harness"]
VERB = "../tests/integration/platforms/verb"


@dataclass(frozen=True)
class Verbs:
    """The verbs of one service, and what they answered."""

    site: Any
    service: str
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, verb: str, *options: str, **given: Any) -> dict[str, Any]:
        done, answer = self._run(verb, *options, **given)
        assert done.rc == 0, done.stdout + done.stderr
        return dict(json.loads(answer.read_text()))

    def refused(self, verb: str, *options: str, **given: Any) -> str:
        """All that a person reads of a verb that failed."""
        done, answer = self._run(verb, *options, **given)
        assert done.rc != 0, done.stdout
        assert not answer.exists()
        return str(done.stdout + done.stderr)

    def _run(self, verb: str, *options: str, **given: Any) -> tuple[Any, Path]:
        answer = self.site.state.parent / "answer.json"
        answer.unlink(missing_ok=True)
        variables = {
            "service": self.service,
            "runbooks_test_verb": verb,
            "runbooks_test_given": given,
            "runbooks_test_answer": str(answer),
        }
        words = ("-e", json.dumps(variables), *options)
        done = self.site.run(VERB, *words, environment=self.environment, timeout=240)
        return done, answer


@pytest.fixture
def compose(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Make a Compose project of the services given, and start it."""
    lab.need("compose")
    made: list[tuple[Any, str]] = []

    def make(services: Mapping[str, Any], up: bool = True, **more: Any) -> Any:
        folder = tmp_path / f"project{len(made)}"
        folder.mkdir()
        written = yaml.safe_dump({"services": services, **more})
        (folder / "compose.yaml").write_text(written)
        project = lab.Project(lab.fresh_name(), folder)
        project.set(COMPOSE_PROJECT_NAME=project.name)
        made.append((project, written))
        if up:
            project.compose("up", "--detach", "--quiet-pull")
        return project

    yield make
    for project, written in made:
        # A file that the test broke removes nothing.
        (project.folder / "compose.yaml").write_text(written)
        project.remove()


@pytest.fixture
def verbs(tmp_path: Path) -> Callable[..., Verbs]:
    """The verbs of a service that the catalog holds as `entry`."""

    def make(service: str, entry: Mapping[str, Any], **environment: str) -> Verbs:
        site = harness.make_site(tmp_path / f"site-{service}", {service: entry})
        return Verbs(site, service, environment)

    return make


@pytest.fixture(scope="module")
def host() -> Iterator[Any]:
    """A machine with systemd. SYSLOG lets root read the kernel's log, as on one that is no container."""
    with lab.systemd_host("", "--cap-add", "SYSLOG") as started:
        yield started


@pytest.fixture
def machine(host: Any, tmp_path: Path) -> Machine:
    return Machine(host.name, tmp_path)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""LabelMint on one platform, as the matrix needs it: faults, and what the platform itself says."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.tests.integration import harness
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import proven
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

# Where the application keeps that it is in maintenance, or paused.
MODES = ("state:maintenance", "state:paused:payments")
Facts = dict[str, Any]
HERE = "http://127.0.0.1"
READING = ("triage", "capture_state", "smoke_test", "watch")


@dataclass(frozen=True)
class Product(harness.Site):
    """A product's own inventory, and where this instance of it is."""

    name: str = ""

    def command(self, playbook: str, *arguments: str) -> list[str]:
        where = ["-i", f"inventories/{self.name}", "-i", str(self.inventory)]
        return [harness.PLAYBOOK, *where, f"playbooks/{playbook}.yml", *arguments]


class Place(ABC):
    """`service` is always a name of the catalog."""

    inventory: ClassVar[str]
    database: ClassVar[str] = "db"
    # The port on which each instance of an application answers where it lives.
    ports: ClassVar[Mapping[str, Sequence[int]]] = {}
    # What the api's health is called while its process is sick, and the workload's trouble with a bad release.
    sick: ClassVar[set[str]]
    # Of these the lab has nothing to ask: their chain is out of its reach.
    beyond: ClassVar[tuple[str, ...]] = ()
    crashing: ClassVar[set[str]] = {"crash_loop"}
    # A service that may have several instances here.
    scaled: ClassVar[str] = "api"
    secret: str = ""

    @abstractmethod
    def site(self, folder: Path) -> Product:
        """With a state folder of its own."""

    @abstractmethod
    def inside(self, service: str, *command: str) -> list[str]:
        """Run where each of its instances lives; what each printed."""

    @abstractmethod
    def stop(self, service: str) -> None:
        """As somebody who has no runbook does."""

    @abstractmethod
    def start(self, service: str) -> None: ...

    @abstractmethod
    def deploy(self, number: int) -> None:
        """Another release of the api: 2 is good, 3 ends soon after each start."""

    @abstractmethod
    def release(self) -> str:
        """The api's, by what pins it."""

    @abstractmethod
    def born(self, service: str) -> list[str]:
        """One for each instance; another one after a start."""

    def limit_memory(self, mebibytes: int) -> None:
        """As a deployment of the api that gives it too little, or enough."""
        raise NotImplementedError

    def memory_limit(self) -> int:
        raise NotImplementedError

    @property
    @abstractmethod
    def url(self) -> str:
        """Of the api, for this machine; it is the same as long as the place is there."""

    @abstractmethod
    def snapshot(self) -> Facts:
        """All that a run without a change leaves as it was."""

    @abstractmethod
    def lasting(self) -> Facts:
        """What is the same when a change was taken back, if it cost an instance its life."""

    def run(self, site: Product, playbook: str, *options: str, **variables: Any) -> Any:
        """A run that left a record which holds, and no secret in it."""
        given = {} if playbook in READING else {"timeout_seconds": 120, "hold_seconds": 1}
        words = ("-e", json.dumps({**given, **variables}), *options)
        done = site.run(playbook, *words, timeout=600)
        assert done.report, done.stdout + done.stderr
        proven(done, [self.secret])
        return done

    @contextmanager
    def within_budget(self) -> Iterator[None]:
        """Where a platform has one of those who must go on serving meanwhile."""
        yield

    def ask(self, service: str, method: str, page: str) -> list[str]:
        """Each instance, by itself."""
        port = self.ports.get(service, (8080,))[0]
        return self.inside(service, "curl", "-s", "-m", "5", "-X", method, f"{HERE}:{port}/{page}")

    def break_it(self, service: str, fault: str) -> None:
        """Until its process ends, or it is mended."""
        self.ask(service, "POST", f"break/{fault}")

    def mend(self, service: str) -> None:
        self.ask(service, "DELETE", "break")

    def answer(self, page: str = "") -> int:
        return lab.get(f"{self.url}/{page}")[0]

    def until_well(self) -> None:
        """Of every service."""
        lab.wait_healthy(self.url, 90)
        wait_for("all serve", self.all_serve, 90)

    @abstractmethod
    def put_right(self) -> None:
        """Deployed anew with a good release, whatever a test left."""

    @abstractmethod
    def all_serve(self) -> bool: ...

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""LabelMint as a Compose project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.tests.integration.platforms import projects
from ansible_collections.oncall.runbooks.tests.integration.scenarios.places.place import (
    MODES,
    Facts,
    Place,
    Product,
)
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import output, run, wait_for

SERVICES = ("db", "redis", "api", "web", "worker", "bot", "gateway")


@dataclass
class Compose(Place):
    project: lab.Project
    inventory = "labelmint"
    # By its answer through the gateway, and soon by the container's own health check.
    sick: ClassVar = {"wrong_status", "unhealthy"}
    beyond: ClassVar = ("payouts",)

    def site(self, folder: Path) -> Product:
        return Product(self.project.inventory(folder / "where"), folder / "state", self.inventory)

    def inside(self, service: str, *command: str) -> list[str]:
        ids = [one["Id"] for one in projects.containers(self.project, service)]
        return [run("docker", "exec", each, *command, check=False).stdout for each in ids]

    def stop(self, service: str) -> None:
        self.project.compose("stop", "--timeout", "3", service)

    def start(self, service: str) -> None:
        self.project.compose("start", service)

    def deploy(self, number: int) -> None:
        self.project.set(API_RELEASE=f"v{number}")
        self.project.compose("up", "--detach", "--no-deps", "api")
        if number == 3:
            # From then on it spends more time waiting for its next start than running.
            wait_for("it ends", lambda: self.project.inspect("api")["RestartCount"] > 4, 90)

    def release(self) -> str:
        return str(self.project.inspect("api")["Image"])

    def limit_memory(self, mebibytes: int) -> None:
        self.project.set(API_MEMORY=f"{mebibytes}m")
        self.project.compose("up", "--detach", "--no-deps", "api")
        if mebibytes < 64:
            wait_for("it is killed", lambda: self.project.inspect("api")["RestartCount"] > 1, 60)

    def memory_limit(self) -> int:
        return int(self.project.inspect("api")["HostConfig"]["Memory"]) // 2**20

    def born(self, service: str) -> list[str]:
        return [" ".join(one) for one in projects.identity(self.project, service)]

    @property
    def url(self) -> str:
        return self.project.url("api")

    def all_serve(self) -> bool:
        found = projects.everything(self.project)
        states = [one["State"] for name in SERVICES for one in found.get(name, ())]
        return set(SERVICES) <= set(found) and all(
            state.get("Health", {}).get("Status") == "healthy" for state in states
        )

    def put_right(self) -> None:
        self.project.set(API_RELEASE="v2", API_MEMORY="256m")
        self.project.compose(
            "up", "--detach", "--force-recreate", "--no-deps", "--scale", "api=1", "api"
        )
        self.project.up()
        self.project.execute("redis", "redis-cli", "DEL", *MODES)

    def snapshot(self) -> Facts:
        found = projects.everything(self.project)
        lives = {name: [life(one) for one in found.get(name, ())] for name in SERVICES}
        return {**self._lasting(found), "lives": lives}

    def lasting(self) -> Facts:
        return self._lasting(projects.everything(self.project))

    def _lasting(self, found: dict[str, list[dict[str, Any]]]) -> Facts:
        named = ("--filter", f"label=com.docker.compose.project={self.project.name}")
        volumes = output("docker", "volume", "ls", "-q", *named).split()
        made = {name: projects.made_of(found.get(name, [])) for name in SERVICES}
        releases = [f"shop:v{number}" for number in range(1, 5)]
        shown = json.loads(output("docker", "volume", "inspect", *volumes))
        return {
            "containers": made,
            "volumes": [(one["Name"], one["CreatedAt"]) for one in shown],
            "networks": output("docker", "network", "ls", "-q", *named).split(),
            "images": dict(zip(releases, projects.images(*releases), strict=True)),
            "files": projects.files(self.project),
            "modes": sorted(self.project.execute("redis", "redis-cli", "EXISTS", *MODES).split()),
        }


def life(one: dict[str, Any]) -> list[Any]:
    kept = ("Status", "StartedAt", "Pid", "ExitCode")
    return [one["Id"], one["RestartCount"], *(one["State"][key] for key in kept)]


@contextmanager
def opened() -> Iterator[Compose]:
    with lab.compose_project("labelmint") as project:
        place = Compose(project)
        place.secret = project.settings["DATABASE_PASSWORD"]
        yield place

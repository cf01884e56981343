# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A program of a test as a service of its own on each platform: reached by an address, and looked at from outside."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.oncall.runbooks.tests.integration.platforms import projects
from ansible_collections.oncall.runbooks.tests.integration.platforms.kubernetes.bench import Bench
from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import (
    Machine,
    connection,
)
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import run

# Where it finds the files that it is given, and where it may write.
FILES, STATE = "/opt/program", "/var/lib/shop"


@dataclass(frozen=True)
class Program:
    """A command, which answers at PORT of its environment, with what it is set to."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Path | None = None
    # Files and folders of this machine that it is given besides, on Compose and Kubernetes.
    mounts: Mapping[Path, str] = field(default_factory=dict)
    # How Kubernetes sees that it is ready.
    ready: Mapping[str, Any] = field(
        default_factory=lambda: {"httpGet": {"path": "/health", "port": 8080}}
    )


@dataclass(frozen=True)
class Service:
    """`section` is the catalog's, `name` what the platform calls it, `url` what this machine does."""

    name: str
    section: dict[str, Any]
    url: str


class Ground(ABC):
    platform: str
    # How Ansible gets there.
    settings: Mapping[str, str]

    @abstractmethod
    def start(self, name: str, program: Program) -> Service: ...

    @abstractmethod
    def address(self, service: Service) -> tuple[str, int]:
        """Where the other services here reach it."""

    @abstractmethod
    def inside(self, service: Service, script: str) -> str:
        """Run where it lives."""

    @abstractmethod
    def lives(self, service: Service) -> Any:
        """Another answer once it was restarted, or is set to something else."""

    @abstractmethod
    def variable(self, service: Service, name: str) -> str:
        """As the process has it; nothing when it is not set."""

    def end(self, service: Service) -> None:
        """By an accident, where nobody starts it again."""
        raise NotImplementedError

    def stop(self, service: Service) -> None:
        """As somebody does who has no runbook."""
        raise NotImplementedError

    def entry(self, service: Service, kind: str, **more: Any) -> dict[str, Any]:
        return {"kind": kind, "platform": self.platform, self.platform: service.section, **more}


@dataclass
class Compose(Ground):
    project: lab.Project
    services: dict[str, Any] = field(default_factory=dict)
    platform = "compose"
    settings: Mapping[str, str] = field(default_factory=dict)

    def start(self, name: str, program: Program) -> Service:
        port = lab.free_port()
        mounts = {**program.mounts, **({program.files: FILES} if program.files else {})}
        self.services[name] = {
            "image": "shop:v1",
            "pull_policy": "never",
            # As the first process of its container a program would not heed SIGTERM.
            "init": True,
            "command": [word.replace("$", "$$") for word in program.command],
            "environment": {**program.environment, "PORT": "8080"},
            "ports": [f"127.0.0.1:{port}:8080"],
            "volumes": [f"{here}:{there}:ro" for here, there in mounts.items()],
        }
        written = yaml.safe_dump({"services": self.services})
        (self.project.folder / "compose.yaml").write_text(written)
        self.project.compose("up", "--detach", "--no-deps", name)
        where = {"project_dir": str(self.project.folder), "project": self.project.name}
        return Service(name, {**where, "service": name}, f"http://127.0.0.1:{port}")

    def address(self, service: Service) -> tuple[str, int]:
        return service.name, 8080

    def end(self, service: Service) -> None:
        self.project.compose("kill", service.name)

    def stop(self, service: Service) -> None:
        self.project.compose("stop", service.name)

    def inside(self, service: Service, script: str) -> str:
        return self.project.execute(service.name, "sh", "-c", script)

    def lives(self, service: Service) -> Any:
        return projects.identity(self.project, service.name)

    def variable(self, service: Service, name: str) -> str:
        return projects.environment(self.project, service.name).get(name, "")


@dataclass
class Systemd(Ground):
    host: lab.Host
    machine: Machine
    ports: int = 8100
    platform = "systemd"

    @property
    def settings(self) -> Mapping[str, str]:  # type: ignore[override]
        return connection(self.host.name)

    def start(self, name: str, program: Program) -> Service:
        self.ports += 1
        if program.files:
            run("docker", "cp", f"{program.files}/.", f"{self.host.name}:{FILES}")
        given = {**program.environment, "PORT": str(self.ports)}
        lines = [f"Environment={key}={value}" for key, value in given.items()]
        # What systemd would put in place of its own signs is the program's.
        plain = (word.replace("%", "%%").replace("$", "$$") for word in program.command)
        words = " ".join(json.dumps(word) for word in plain)
        self.machine.unit(name, "\n".join([*lines, f"ExecStart=/usr/bin/env {words}"]))
        self.machine.sh(f"systemctl start {name}")
        url = f"http://{self.host.address()}:{self.ports}"
        return Service(name, {"unit": f"{name}.service"}, url)

    def address(self, service: Service) -> tuple[str, int]:
        return "127.0.0.1", int(service.url.rpartition(":")[2])

    def end(self, service: Service) -> None:
        self.machine.sh(f"systemctl kill --signal KILL {service.name}")

    def inside(self, service: Service, script: str) -> str:
        return self.machine.sh(script)

    def lives(self, service: Service) -> Any:
        shown = "Id,MainPID,NRestarts,ActiveState,InvocationID,Environment"
        return self.machine.sh(f"systemctl show --property={shown} {service.name}")

    def variable(self, service: Service, name: str) -> str:
        listed = self.machine.sh(
            f"tr '\\0' '\\n' </proc/$(systemctl show -P MainPID {service.name})/environ"
        )
        pairs = (line.partition("=") for line in listed.splitlines())
        return {key: value for key, _equals, value in pairs}.get(name, "")


def mounted(name: str, program: Program) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """In the container of a pod, and what the pod takes it from."""
    places, volumes = {}, []
    for number, (here, there) in enumerate(program.mounts.items()):
        places[f"given-{number}"] = there
        volumes.append({"name": f"given-{number}", "hostPath": {"path": str(here)}})
    if program.files:
        places["program"] = FILES
        volumes.append({"name": "program", "configMap": {"name": name}})
    return [{"name": one, "mountPath": there} for one, there in places.items()], volumes


@dataclass
class Kubernetes(Ground):
    space: lab.Namespace
    bench: Bench
    platform = "kubernetes"
    settings: Mapping[str, str] = field(default_factory=dict)

    def start(self, name: str, program: Program) -> Service:
        given = {**program.environment, "PORT": "8080"}
        container: dict[str, Any] = {
            "command": list(program.command),
            "env": [{"name": key, "value": value} for key, value in given.items()],
            "readinessProbe": {**program.ready, "periodSeconds": 1},
        }
        if program.files:
            self.space.kubectl("create", "configmap", name, f"--from-file={program.files}")
        container["volumeMounts"], volumes = mounted(name, program)
        # Its name is its own, too.
        made = self.bench.apply("Deployment", {}, container, volumes=volumes)
        self.space.kubectl("expose", f"deployment/{made}", "--port=80", "--target-port=8080")
        self.space.kubectl("rollout", "status", f"deployment/{made}", "--timeout=60s")
        return Service(made, self.bench.section(made), self.space.url(made))

    def address(self, service: Service) -> tuple[str, int]:
        host, _colon, port = service.url.removeprefix("http://").partition(":")
        return host, int(port)

    def inside(self, service: Service, script: str) -> str:
        (pod, *_others) = self._pods(service)
        return self.space.execute(pod["metadata"]["name"], "sh", "-c", script)

    def _pods(self, service: Service) -> list[dict[str, Any]]:
        """Without those that are about to end."""
        found = self.bench.pods(service.name)
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def lives(self, service: Service) -> Any:
        found = self.space.json("deployment", service.name)["metadata"]["generation"]
        return found, sorted(pod["metadata"]["uid"] for pod in self._pods(service))

    def variable(self, service: Service, name: str) -> str:
        return self.inside(service, f"printenv {name} || true").strip()


@contextmanager
def on_compose(folder: Path) -> Iterator[Ground]:
    lab.need("compose")
    (folder / "project").mkdir()
    project = lab.Project(lab.fresh_name(), folder / "project")
    project.set(COMPOSE_PROJECT_NAME=project.name)
    try:
        yield Compose(project)
    finally:
        project.remove()


@contextmanager
def on_systemd(folder: Path) -> Iterator[Ground]:
    with lab.systemd_host() as host:
        yield Systemd(host, Machine(host.name, folder))


@contextmanager
def on_kubernetes(folder: Path) -> Iterator[Ground]:
    with lab.namespace() as space:
        yield Kubernetes(space, Bench(space, folder))


GROUNDS = {"compose": on_compose, "systemd": on_systemd, "kubernetes": on_kubernetes}

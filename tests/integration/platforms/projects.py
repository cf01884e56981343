# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a Compose project is, seen with docker itself: compared before and after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.lab.shell import output, run

# A program that runs and ends at once when it is told to.
SLEEP = {
    "image": "shop:v1",
    "command": ["sleep", "600"],
    "init": True,
    "stop_grace_period": "1s",
}


def entry(project: Any, service: str, **more: Any) -> dict[str, Any]:
    section = {"project_dir": str(project.folder), "service": service}
    return {"kind": "worker", "platform": "compose", "compose": section, **more}


def image(reference: str) -> str:
    return images(reference)[0]


def images(*references: str) -> list[str]:
    return output("docker", "image", "inspect", "--format", "{{.Id}}", *references).split()


def containers(project: Any, service: str) -> list[dict[str, Any]]:
    """By their number, whatever they are called."""
    return everything(project).get(service, [])


def everything(project: Any) -> dict[str, list[dict[str, Any]]]:
    """The containers of each service. Docker is asked twice, not twice for each: that adds up."""
    of_project = f"label=com.docker.compose.project={project.name}"
    ids = output("docker", "ps", "-aq", "--no-trunc", "--filter", of_project).split()
    found = json.loads(run("docker", "inspect", *ids).stdout) if ids else []
    services: dict[str, list[dict[str, Any]]] = {}
    for one in sorted(found, key=lambda one: int(labels(one)["container-number"])):
        services.setdefault(labels(one)["service"], []).append(one)
    return services


def labels(container: dict[str, Any]) -> dict[str, str]:
    prefix = "com.docker.compose."
    return {
        name.removeprefix(prefix): value
        for name, value in container["Config"]["Labels"].items()
        if name.startswith(prefix)
    }


def identity(project: Any, service: str) -> list[tuple[str, str]]:
    """Changes with every start."""
    return [(one["Id"], one["State"]["StartedAt"]) for one in containers(project, service)]


def made(project: Any, service: str) -> list[dict[str, Any]]:
    return made_of(containers(project, service))


def made_of(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the containers were made of: the same after a change and its undo."""
    return [
        {
            "name": one["Name"],
            "image": one["Image"],
            "image_name": one["Config"]["Image"],
            "hash": labels(one)["config-hash"],
            "ours": [name for name in one["Config"]["Labels"] if name.startswith("oncall")],
            "environment": sorted(one["Config"]["Env"]),
            "limits": (one["HostConfig"]["Memory"], one["HostConfig"]["NanoCpus"]),
            "volumes": sorted(mount.get("Name", "") for mount in one["Mounts"]),
        }
        for one in found
    ]


def files(project: Any) -> dict[str, bytes]:
    return {
        str(path): path.read_bytes() for path in Path(project.folder).rglob("*") if path.is_file()
    }


def environment(project: Any, service: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in containers(project, service)[0]["Config"]["Env"])

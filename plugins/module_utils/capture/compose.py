# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Containers of a Compose project, found by their labels: Compose's own files need not be readable."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.capture.source import (
    COUNTERS,
    EVENTS,
    LOGS,
    PROCESSES,
    SETTINGS,
    Source,
)


def sources(sections: Mapping[str, Mapping[str, Any]], lines: int, minutes: int) -> list[Source]:
    project = project_of(next(iter(sections.values())))
    label = f"--filter {shlex.quote(f'label=com.docker.compose.project={project}')}"
    found = [
        Source("containers", f"docker ps --all --no-trunc {label}", PROCESSES),
        Source("statistics", f"docker stats --no-stream $(docker ps -q {label})", COUNTERS),
        Source("events", f"docker events --since {minutes}m --until 0s {label}", EVENTS, end=True),
    ]
    for service, section in sections.items():
        name = f"label=com.docker.compose.service={section['service']}"
        one = f"docker ps --all --quiet {label} --filter {shlex.quote(name)}"
        found += [
            Source("top", f'for id in $({one}); do docker top "$id"; done', PROCESSES, service),
            Source(
                "log",
                f'for id in $({one}); do echo "== $id"; '
                f'docker logs --timestamps --since {minutes}m --tail {lines} "$id" 2>&1; done',
                LOGS,
                service,
                end=True,
            ),
            Source("settings", f"docker inspect $({one})", SETTINGS, service, form="json"),
        ]
    return found


def project_of(section: Mapping[str, Any]) -> str:
    """Its own name, else what Compose makes of its folder's."""
    if section.get("project"):
        return str(section["project"])
    folder = PurePath(str(section["project_dir"])).name.lower()
    return re.sub(r"^[_-]+|[^a-z0-9_-]", "", folder)

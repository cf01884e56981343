# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Import once, in the main process, what each forked worker would import again.

Ansible forks a worker for each task and host, and loads the task's action in it. What the
main process has loaded before, the workers inherit: psycopg alone takes 0.1 to 0.2 s.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping

from ansible.plugins.loader import action_loader

COLLECTION = "oncall.runbooks"
ACTIONS = (
    "incident_open",
    "incident_findings",
    "incident_plan",
    "incident_lock",
    "incident_change",
    "incident_verification",
    "incident_report",
)
BY_KIND = {
    "postgresql": (("psycopg",), ("postgresql_snapshot_info", "postgresql_sessions")),
}
BY_PLATFORM = {
    # Half a second; the one that runs commands in pods comes on top.
    "kubernetes": (("kubernetes.client", "kubernetes.stream"), ("kubernetes_workload",)),
}


def preload(kind: str, platforms: Iterable[str] = ()) -> None:
    wanted = [BY_KIND.get(kind), *(BY_PLATFORM.get(name) for name in platforms)]
    for libraries, actions in filter(None, wanted):
        _load(libraries, actions)
    _load((), ACTIONS)


def platforms_of(services: object, hosts: Iterable[str]) -> set[str]:
    """What the catalog says the hosts run on, as far as it says so without being evaluated."""
    entries = [services.get(host) for host in hosts] if isinstance(services, Mapping) else []
    return {str(entry.get("platform")) for entry in entries if isinstance(entry, Mapping)}


def _load(libraries: Iterable[str], actions: Iterable[str]) -> None:
    for action in actions:
        action_loader.get(f"{COLLECTION}.{action}", class_only=True)
    for library in libraries:
        try:
            importlib.import_module(library)
        except ImportError:
            continue  # whoever needs it says so, and how to install it

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Import once, in the main process, what each forked worker would import again.

Ansible forks a worker for each task and host, and loads the task's action in it. What the
main process has loaded before, the workers inherit: psycopg alone takes 0.1 to 0.2 s, the
client of Kubernetes a second.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ansible.plugins.loader import action_loader, filter_loader, test_loader
from ansible_collections.oncall.runbooks.plugins.plugin_utils.bytecode import keep_bytecode

if TYPE_CHECKING:
    from ansible.playbook.play import Play

COLLECTION = "oncall.runbooks"
ACTIONS = (
    "incident_open",
    "incident_diagnosis",
    "incident_plan",
    "incident_lock",
    "incident_change",
    "incident_verification",
    "incident_report",
)
CLIENT = "ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_client"
# By kind of service, by platform, and by the name of a scope for a playbook that reads many kinds.
SPECIAL: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "postgresql": (("psycopg",), ("postgresql_snapshot_info", "postgresql_sessions")),
    "redis": (("redis",), ("redis_snapshot_info",)),
    "kubernetes": ((CLIENT,), ("kubernetes_workload",)),
    "closure": ((), ("catalog_shares_info", "catalog_info", "incident_causes")),
}


def preload(*names: str) -> None:
    keep_bytecode()
    chosen = [SPECIAL[name] for name in dict.fromkeys(names) if name in SPECIAL]
    actions = dict.fromkeys([*ACTIONS, *(action for _libraries, each in chosen for action in each)])
    for action in actions:
        action_loader.get(f"{COLLECTION}.{action}", class_only=True)
    for library in (library for libraries, _actions in chosen for library in libraries):
        try:
            importlib.import_module(library)
        except ImportError:
            continue  # whoever needs it says so, and how to install it
    # One of them brings them all: a worker that evaluates a condition loads eleven files of filters and tests.
    filter_loader.get("ansible.builtin.default")
    test_loader.get("ansible.builtin.defined")
    # A collection in a worker would write to every object of the parent, and so copy its memory.
    gc.collect()
    gc.freeze()


def preload_platforms(play: Play) -> None:
    """The catalog lies with the hosts, whose variables are not there before the play begins. Where
    nobody calls this, each worker loads what it needs: slower, and as good."""
    known = play.get_variable_manager().get_vars(play=play)
    hosts, groups = known["ansible_play_hosts_all"], known["groups"]
    for host in hosts[:1]:
        # A service is called as a host, or as the group of its hosts.
        names = [*hosts, *(name for name in groups if not set(hosts).isdisjoint(groups[name]))]
        services = known["hostvars"].raw_get(host).get("runbooks_services")
        platforms = platforms_of(services, names)
        if platforms & SPECIAL.keys():
            preload(*platforms)


def platforms_of(services: object, names: Iterable[str]) -> set[str]:
    """What the catalog says these run on, as far as it says so without being evaluated."""
    entries = [services.get(name) for name in names] if isinstance(services, Mapping) else []
    return {str(entry.get("platform")) for entry in entries if isinstance(entry, Mapping)}

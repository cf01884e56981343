# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who reads what, when a whole catalog is read at once: all hosts in parallel, and nothing twice.

A Compose project, a namespace, a machine, a database and a Redis are each asked once, by the first host
that leads there; the answers of an application are everybody's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# Their services run on machines that we can look at; of the others only the service is ours to see.
ON_MACHINES = ("compose", "systemd", "command")


# By kind of service, the list of a share that it is in.
SERVERS = {"postgresql": "databases", "redis": "redis"}


@dataclass(frozen=True)
class Host:
    name: str
    service: str
    platform: str
    place: str
    machine: str
    asked_from_host: bool = False  # its health, by the machine and not by the controller
    server: str = ""  # what of it is read as such: one of the lists of SERVERS
    probes: tuple[str, ...] = ()  # what else of it is read, because it is of that kind


def of(hosts: Iterable[Host]) -> dict[str, dict[str, Any]]:
    """By host: workloads (lists of services of one place), health, databases, Redis, the machine to look at,
    and the probes of its own service."""
    hosts = list(hosts)
    shares: dict[str, dict[str, Any]] = {
        host.name: {
            "machine": host.machine,
            "look": False,
            "workloads": [],
            "health": [],
            "probes": [],
            **{server: [] for server in SERVERS.values()},
        }
        for host in hosts
    }
    for leader, services in by_place(hosts):
        shares[leader]["workloads"].append(services)
    lookers: dict[str, str] = {}
    askers: dict[str, str] = {}
    known: set[str] = set()
    for host in hosts:
        if (
            host.platform in ON_MACHINES
            and lookers.setdefault(host.machine, host.name) == host.name
        ):
            shares[host.name]["look"] = True
        if host.service not in known:
            known.add(host.service)
            shares[host.name]["probes"] = list(host.probes)
            if host.server:
                shares[host.name][host.server].append(host.service)
        asker = askers.setdefault(host.machine, host.name) if host.asked_from_host else host.name
        _once(shares[asker]["health"], host.service)
    return shares


def by_place(hosts: Iterable[Host]) -> list[tuple[str, list[str]]]:
    """For each place the first host that leads there, and the services of it that are asked for."""
    leaders: dict[tuple[str, ...], tuple[str, list[str]]] = {}
    for host in hosts:
        key = (host.machine, host.platform, host.place)
        _leader, services = leaders.setdefault(key, (host.name, []))
        _once(services, host.service)
    return list(leaders.values())


def _once(names: list[str], name: str) -> None:
    if name not in names:
        names.append(name)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all hosts brought together, by service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Readings = dict[str, Any]


@dataclass
class Gathered:
    # Where it runs and what was read there; one place for most services.
    places: list[tuple[str, Readings]] = field(default_factory=list)
    machines: list[str] = field(default_factory=list)
    looked_at: list[Readings] = field(default_factory=list)  # machines, each by one service


def gather(
    services: Mapping[str, str],
    shares: Mapping[str, Mapping[str, Any]],
    read: Mapping[str, Mapping[str, Any]],
) -> dict[str, Gathered]:
    """`services` by host; `read` is what each host answered, which may be nothing at all."""
    found: dict[str, Gathered] = {}
    for host, service in services.items():
        one = found.setdefault(service, Gathered())
        machine = shares[host]["machine"]
        if machine in one.machines:
            continue  # two names of one place
        one.machines.append(machine)
        one.places.append((machine, _of(service, machine, shares, read)))
        looked = (read.get(host) or {}).get("machine")
        if looked:
            one.looked_at.append(looked)
    return found


def _of(
    service: str,
    machine: str,
    shares: Mapping[str, Mapping[str, Any]],
    read: Mapping[str, Mapping[str, Any]],
) -> Readings:
    """Whoever read it: the hosts of one machine read for each other."""
    readings: Readings = {}
    for host, share in shares.items():
        if share["machine"] == machine:
            readings.update((read.get(host) or {}).get("readings", {}).get(service, {}))
    return readings

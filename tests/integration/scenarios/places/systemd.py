# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""LabelMint as units of a machine with systemd."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import Machine, until
from ansible_collections.oncall.runbooks.tests.integration.scenarios.places.place import (
    MODES,
    Facts,
    Place,
    Product,
)
from ansible_collections.oncall.runbooks.tests.lab import lab

UNITS = {
    "db": "postgresql@15-main.service",
    "redis": "redis-server.service",
    "api": "labelmint-backend.service",
    "web": "labelmint-web.service",
    "worker": "labelmint-worker@*.service",
    "gateway": "api-gateway.service",
}
DATA = "/var/lib/postgresql/15/main/PG_VERSION /var/lib/postgresql/15/main/base"


@dataclass
class Systemd(Place):
    host: lab.Host
    machine: Machine
    inventory = "labelmint_systemd"
    ports: ClassVar = {"api": (3001,), "web": (3000,), "worker": (3101,)}
    sick: ClassVar = {"wrong_status"}
    # Its restarts are over soon: the last of them is refused.
    crashing: ClassVar = {"crash_loop", "start_limit_hit", "unit_failed"}
    # Instances of a template; the others are one unit each.
    scaled = "worker"

    def site(self, folder: Path) -> Product:
        return Product(self.host.inventory(folder / "where"), folder / "state", self.inventory)

    def inside(self, service: str, *command: str) -> list[str]:
        return [self.host.execute(*command)]

    def stop(self, service: str) -> None:
        self.host.execute("systemctl", "stop", UNITS[service])

    def start(self, service: str) -> None:
        self.host.execute("systemctl", "start", UNITS[service])

    def deploy(self, number: int) -> None:
        self.host.release(number)
        unit = UNITS["api"]
        self.host.execute("systemctl", "restart", "--no-block", unit)
        if number == 3:
            until(lambda: self.host.active(unit) == "failed", "its restarts are over", 30)

    def release(self) -> str:
        return self.machine.sh("readlink -f /opt/app/current")

    def born(self, service: str) -> list[str]:
        return [" ".join(one) for one in self._active() if fnmatch(one[0], UNITS[service])]

    def _active(self) -> list[tuple[str, str]]:
        """Units and their lives, each of which has a number of its own."""
        patterns = " ".join(f"'{unit}'" for unit in UNITS.values())
        shown = self.machine.sh(f"systemctl show -p Id -p InvocationID -p ActiveState {patterns}")
        found = [dict(line.split("=", 1) for line in one.splitlines()) for one in blocks(shown)]
        there = {one["Id"]: one for one in found if one["ActiveState"] == "active"}
        return sorted((name, one["InvocationID"]) for name, one in there.items())

    @cached_property
    def url(self) -> str:
        return f"http://{self.host.address()}:8080/api"

    def all_serve(self) -> bool:
        active = [name for name, _life in self._active()]
        return all(any(fnmatch(name, unit) for name in active) for unit in UNITS.values())

    def put_right(self) -> None:
        self.host.release(2)
        units = " ".join(unit.replace("@*", "@1") for unit in UNITS.values())
        self.machine.sh(
            f"systemctl reset-failed; systemctl restart {UNITS['api']}; systemctl start {units}"
        )
        self.machine.sh(f"systemctl stop labelmint-worker@2; redis-cli DEL {' '.join(MODES)}")

    def snapshot(self) -> Facts:
        return {**self.lasting(), "units": self.machine.units()}

    def lasting(self) -> Facts:
        return {
            "running": [name for name, _life in self._active()],
            "files": self.machine.files(),
            "data": self.machine.sh(f"stat -c '%n %i %W' {DATA}"),
            "modes": self.machine.sh(f"redis-cli EXISTS {' '.join(MODES)}"),
        }


def blocks(shown: str) -> list[str]:
    return [block for block in shown.split("\n\n") if block.strip()]


@contextmanager
def opened() -> Iterator[Systemd]:
    with lab.systemd_host("labelmint_systemd", "--cap-add", "SYSLOG") as host:
        place = Systemd(host, Machine(host.name, Path("/nonexistent")))
        place.secret = host.password
        yield place

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a container and a unit take, measured where they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.memory import usage
from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import until
from ansible_collections.oncall.runbooks.tests.integration.platforms.projects import (
    SLEEP,
    containers,
)
from ansible_collections.oncall.runbooks.tests.lab.shell import run

MIB = 2**20
LARGE = "import time; held = bytes(50 * 2**20).replace(bytes(1), bytes([1])); time.sleep(600)"


def test_a_container(compose: Callable[..., Any]) -> None:
    project = compose({"api": SLEEP})
    (one,) = containers(project, "api")
    told = run("sh", "-s", given=usage.script("compose", {}, [one["Id"], "none"])).stdout
    found = usage.of_processes(told)
    assert list(found) == [one["Id"]] and 0 < found[one["Id"]] < 100 * MIB


def test_a_unit_and_what_it_started(machine: Any) -> None:
    machine.sh(f"printf '%s' '{LARGE}' >/root/large.py")
    start = "python3 /root/large.py"
    machine.unit("grown", f"ExecStart=/bin/sh -c '{start} & {start} & wait'")
    machine.sh("systemctl start grown")
    text = usage.script("systemd", {}, ["grown.service", "none.service"])

    def found() -> dict[str, int]:
        told = run("docker", "exec", "-i", machine.name, "sh", "-s", given=text).stdout
        return usage.of_processes(told)

    until(lambda: found()["grown.service"] > 100 * MIB, "both of them have grown")
    assert list(found()) == ["grown.service"]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a machine says of itself, and when it is too little."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import machine
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import resources
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Reach,
    Unreachable,
)

SAID = """== room
Filesystem 1024-blocks Used Available Capacity Mounted on
/dev/sda1 1000 960 40 96% /
tmpfs 1000 1000 0 100% /dev/shm
/dev/sdb1 1000 100 900 10% /srv/my data
/dev/loop0 10 10 0 100% /snap/x
overlay 1000 960 40 96% /var/lib/docker/overlay2/abc/merged
== inodes
Filesystem Inodes IUsed IFree IUse% Mounted on
/dev/sda1 100 10 90 10% /
/dev/sdb1 100 99 1 99% /srv/my data
== mounts
/dev/sda1 / ext4 rw,relatime 0 0
== memory
MemTotal: 1000 kB
MemAvailable: 100 kB
== load
0.10 5.00 3.00 1/100 123
== processors
2
"""
INPUTS = {"disk_percent": 80, "memory_percent": 80, "load_percent": 200}


def reasons(text: str, **inputs: int) -> dict[str, str]:
    found = resources.grade(machine.parsed("app-1", text), {**INPUTS, **inputs})
    return {one["reason"]: one["severity"] for one in found}


def test_what_is_read() -> None:
    reading = machine.parsed("app-1", SAID)
    assert [one["mount"] for one in reading["filesystems"]] == ["/", "/srv/my data"]
    assert reading["filesystems"][0]["free_bytes"] == 40 * 1024
    assert reading["memory"] == {"total_bytes": 1024000, "available_bytes": 102400}
    assert reading["load"] == {"five_minutes": 5.0, "processors": 2}


CALM = {"memory_percent": 100, "load_percent": 999}
ROOM = SAID.replace("96%", "5%").replace("99%", "9%")


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        (SAID, {}, {"disk_full": "crit", "inodes_exhausted": "crit", "memory_low": "warn", "overloaded": "warn"}),
        (SAID, {"memory_percent": 91, "load_percent": 300}, {"disk_full": "crit", "inodes_exhausted": "crit"}),
        (ROOM.replace("5%", "85%"), CALM, {"disk_full": "warn"}),
        (ROOM.replace("rw,", "ro,"), CALM, {"read_only": "crit"}),
        (ROOM, CALM, {"ok": "ok"}),
        ("", {}, {"not_read": "unknown"}),
    ],
)  # fmt: skip
def test_when_it_is_too_little(text: str, inputs: dict[str, int], expected: dict[str, str]) -> None:
    assert reasons(text, **inputs) == expected


def test_this_machine() -> None:
    def shell(command: str, stdin: str) -> Done:
        done = subprocess.run(
            ["sh", "-c", command],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    reading = machine.read("here", Reach(shell=shell))
    assert reading["filesystems"] and reading["memory"] and reading["load"]


def test_one_that_does_not_answer() -> None:
    def shell(command: str, stdin: str) -> Any:
        raise Unreachable("the host does not answer: no route")

    (found,) = resources.grade(machine.read("app-1", Reach(shell=shell)), INPUTS)
    assert (found["severity"], found["reason"]) == ("unknown", "host_unreachable")
    assert found["summary"] == "app-1: the host does not answer: no route"

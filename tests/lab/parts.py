# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The parts of the lab, what each needs, and how they are started, ended and shown."""

from __future__ import annotations

import argparse
import sys
import time
from types import ModuleType

from ansible_collections.oncall.runbooks.tests.lab import (
    cluster,
    compose,
    engine,
    hosts,
    image_builds,
)
from ansible_collections.oncall.runbooks.tests.lab.daemons import Ended
from ansible_collections.oncall.runbooks.tests.lab.places import locked
from ansible_collections.oncall.runbooks.tests.lab.shell import LabError, Skipped, say

# In the order of their start.
PARTS: dict[str, ModuleType] = {
    "docker": engine,
    "images": image_builds,
    "compose": compose,
    "systemd": hosts,
    "kubernetes": cluster,
}
NEEDS = {
    "docker": (),
    "images": ("docker",),
    "compose": ("docker", "images"),
    "systemd": ("docker", "images"),
    "kubernetes": ("docker", "images"),
}


def with_needs(*names: str) -> list[str]:
    """The parts and what they need, in the order of their start."""
    wanted = {need for name in names for need in (*NEEDS[name], name)}
    return [name for name in PARTS if name in wanted]


def up(names: list[str]) -> int:
    """Start what is asked for; a part that cannot run here takes along what needs it."""
    skipped: dict[str, str] = {}
    for name in with_needs(*(names or PARTS)):
        lost = next((need for need in NEEDS[name] if need in skipped), None)
        began = time.monotonic()
        try:
            if lost:
                raise Skipped(skipped[lost])
            PARTS[name].up()
        except Skipped as reason:
            skipped[name] = str(reason)
            continue
        say(f"{name:<12} up {time.monotonic() - began:8.1f} s")
    for why in dict.fromkeys(skipped.values()):
        lost_parts = [name for name, given in skipped.items() if given == why]
        print(f"skipped: {', '.join(lost_parts)}: {why}", flush=True)
    asked = names or list(PARTS)
    return 3 if all(name in skipped for name in asked) else 0


def down(names: list[str]) -> int:
    """End what is asked for and what needs it; without names, all of it."""
    for name in reversed(PARTS):
        if not names or set(with_needs(name)) & set(names):
            PARTS[name].down()
    return 0


def status(names: list[str]) -> int:
    """A line for each part; 3 if one does not run."""
    docker = engine.answers()
    for name in names or PARTS:
        print(f"{name:<12} {PARTS[name].status() if docker else 'stopped'}")
    return 0 if docker else 3


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tools/lab", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "status"))
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)}; all without one")
    options = parser.parse_args(arguments)
    for name in options.part:
        if name not in PARTS:
            parser.error(f"no part '{name}'; there are {', '.join(PARTS)}")
    try:
        if options.command == "status":
            return status(options.part)
        with locked():
            return {"up": up, "down": down}[options.command](options.part)
    except (LabError, Ended) as error:
        say(f"error: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a service runs on: one file a platform, all of which answer the same reading."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Protocol, cast

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done, Reach
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import Reading
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.target import Target

Section = Mapping[str, object]
# A new platform is a file of this package and its name here.
NAMES = ("command", "compose", "external", "kubernetes", "systemd")


class Platform(Protocol):
    # The keys of the catalog's section of that name.
    KEYS: tuple[str, ...]

    def check(self, path: str, section: object) -> None:
        """Refuse a section that cannot be acted on, with an InputError."""

    def place(self, section: Section) -> str:
        """What one read covers: services with the same place are read together."""

    def identity(self, section: Section) -> dict[str, str]:
        """What tells the service from every other one where its lock is kept, whatever a catalog
        calls it. Nothing: then its address does, or its name."""

    def read(self, sections: Mapping[str, Section], reach: Reach) -> dict[str, Reading]:
        """The state of the services, by name. A refusal is a reading; nothing is raised."""

    def execute(self, section: Section, command: str, stdin: str, reach: Reach) -> Done:
        """Run a shell command where the service lives, with a standard input. Raises Unreachable."""

    def execute_on_files(self, section: Section, command: str, stdin: str, reach: Reach) -> Done:
        """The same with the files of the service, also while it does not run."""

    def target(self, section: Section, wanted: str, known: Reading, reach: Reach) -> Target:
        """A release asked for by name, beside the reading of the service. Raises Unreachable."""


def platform(name: str) -> Platform:
    if name not in NAMES:
        raise ValueError(f"'{name}' is no platform")
    return cast(Platform, importlib.import_module(f"{__name__}.{name}"))

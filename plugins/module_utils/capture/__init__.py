# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is kept of a machine and its services before anybody changes something: one file a place.

Each answers its sources, what vanishes first before the rest: processes and sockets, then
counters and events, then logs, then settings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.capture import (
    command,
    compose,
    systemd,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.capture.source import Source


@dataclass(frozen=True)
class Bounds:
    log_lines: int
    minutes: int


# Others tell of themselves through their API, as readings.
PLACES = {"command": command.sources, "compose": compose.sources, "systemd": systemd.sources}


def sources(platform: str, sections: Mapping[str, Any], bounds: Bounds) -> list[Source]:
    """Of the services of one place, by name."""
    place = PLACES.get(platform)
    return place(sections, bounds.log_lines, bounds.minutes) if place else []


def in_order(found: Sequence[Source]) -> list[Source]:
    return sorted(found, key=lambda one: one.order)

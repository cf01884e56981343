# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service with commands of its own: what its status and its logs say."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.capture.source import (
    LOGS,
    PROCESSES,
    Source,
)


def sources(sections: Mapping[str, Mapping[str, Any]], lines: int, _minutes: int) -> list[Source]:
    found: list[Source] = []
    for service, section in sections.items():
        if section.get("status"):
            # Whatever it answers is what there is to know.
            told = f'{shlex.join(section["status"])}; echo "status $?"'
            found.append(Source("status", told, PROCESSES, service))
        if section.get("logs"):
            end = f"{shlex.join(section['logs'])} 2>&1 | tail -n {lines}"
            found.append(Source("log", end, LOGS, service, end=True))
    return found

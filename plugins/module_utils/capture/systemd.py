# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Units of systemd: their state, their journal, what they are set to."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.capture.source import (
    LOGS,
    PROCESSES,
    SETTINGS,
    Source,
)


def sources(sections: Mapping[str, Mapping[str, Any]], lines: int, minutes: int) -> list[Source]:
    found: list[Source] = []
    for service, section in sections.items():
        unit = shlex.quote(str(section["unit"]))
        user = " --user" if section.get("scope") == "user" else ""
        since = f"--since=-{minutes}min"
        found += [
            # 3 says that it does not run, which is worth as much.
            Source(
                "status",
                f"systemctl{user} status --no-pager --full --lines=0 -- {unit}; true",
                PROCESSES,
                service,
            ),
            Source(
                "log",
                f"journalctl{user} --no-pager --output=short-iso-precise {since} --lines={lines} --unit={unit}",
                LOGS,
                service,
                end=True,
            ),
            Source(
                "settings",
                f"systemctl{user} show --no-pager -- {unit}; systemctl{user} cat --no-pager -- {unit}",
                SETTINGS,
                service,
            ),
        ]
    return found

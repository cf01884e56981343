# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import re
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import room
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION

# Where the inventory's host is the machine that the service runs on.
HERE = ("command", "compose", "systemd")


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        service = self.this_run().services[self.host]
        name = self.entry(service)["platform"]
        if name == "kubernetes":
            return {"changed": False, "reading": self._of_nodes(service)}
        return {"changed": False, "reading": reading(self._meminfo() if name in HERE else "")}

    def _of_nodes(self, service: str) -> dict[str, Any]:
        """Credentials may reach no further than a namespace: then nobody knows."""
        _functions, section = self.platform_of(service)
        try:
            return dict(room.room(self.clusters.api(section), section))
        except Unreachable:
            return dict(room.UNKNOWN)

    def _meminfo(self) -> str:
        try:
            return self.shell("cat /proc/meminfo").stdout
        except Unreachable:
            return ""


def reading(text: str) -> dict[str, Any]:
    found = dict(re.findall(r"^(\w+): +(\d+) kB$", text, re.MULTILINE))
    total, available = found.get("MemTotal"), found.get("MemAvailable")
    return {
        "total_bytes": int(total) * 1024 if total else None,
        "available_bytes": int(available) * 1024 if available else None,
    }

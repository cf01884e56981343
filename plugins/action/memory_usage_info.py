# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.memory import usage
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION

SHELLS = ("compose", "systemd")


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION, "workload": {"type": "dict", "required": True}}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        self.service = run.services[self.host]
        known = self.arguments["workload"]
        interval = float(run.inputs[self.service].get("interval_seconds") or 1)
        self.running = {
            one["key"]: one["name"] for one in known["instances"] if one["state"] == "running"
        }
        if known["refused"]:
            return answer(refused=known["refused"])
        try:
            first, began = self._sizes(), time.monotonic()
            self.stay(run, interval)
            second, seconds = self._sizes(), time.monotonic() - began
            told = self._told()
        except Unreachable as error:
            return answer(refused={"reason": "not_measured", "message": str(error)})
        rows = [
            {"name": name, "bytes": second[key], "before_bytes": first.get(key)}
            for key, name in self.running.items()
            if key in second
        ]
        missing = [name for key, name in self.running.items() if key not in second]
        limit = known["limits"].get("memory_bytes")
        return answer(rows, missing, round(seconds, 1), limit, self._total(), told)

    def _sizes(self) -> Mapping[str, int]:
        """By the key of each instance that runs. Raises Unreachable."""
        platform = self.entry(self.service)["platform"]
        _functions, section = self.platform_of(self.service)
        if platform == "kubernetes":
            return usage.of_pods(self.clusters.api(section), section, self.running)
        if platform in SHELLS and self.running:
            text = usage.script(platform, section, list(self.running))
            return usage.of_processes(self.shell("sh -s", text).stdout)
        return {key: size for key, size in self._told().items() if key in self.running}

    def _told(self) -> Mapping[str, int]:
        """By its own command: of its instances, or of whatever it has names for."""
        argv = (self.entry(self.service).get("commands") or {}).get("memory")
        if not argv:
            return {}
        told = usage.of_command(self.inside(self.service, shlex.join(argv)).stdout)
        if told is None:
            raise Unreachable("its command 'memory' prints no JSON object of bytes by name")
        return told

    def _total(self) -> int | None:
        """Of the machine, where the inventory's host is it."""
        if self.entry(self.service)["platform"] not in (*SHELLS, "command"):
            return None
        words = self.shell("grep MemTotal: /proc/meminfo").stdout.split()
        return int(words[1]) * 1024 if len(words) > 1 else None


def answer(
    instances: list[dict[str, Any]] | None = None,
    missing: list[str] | None = None,
    seconds: float = 0.0,
    limit: int | None = None,
    total: int | None = None,
    told: Mapping[str, int] | None = None,
    refused: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    named = {one["name"] for one in instances or ()}
    return {
        "changed": False,
        "reading": {
            "refused": refused,
            "instances": instances or [],
            "missing": missing or [],
            "seconds": seconds,
            "limit_bytes": limit,
            "total_bytes": total,
            "told": {name: size for name, size in (told or {}).items() if name not in named},
        },
    }

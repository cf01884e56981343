# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import settling
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import boot_clock
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import Reading
from ansible_collections.oncall.runbooks.plugins.module_utils.verification import respite
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION, Stop

PAUSE_S = 0.5
TIMEOUT_S = 120.0


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "service": {"type": "str", "required": True},
        "before": {"type": "dict", "required": True},
        "expect": {"type": "str", "choices": [*settling.EXPECTED], "default": "serving"},
        "number": {"type": "int"},
        "instance": {"type": "str"},
        "changed": {"type": "bool", "default": True},
        "hold_seconds": {"type": "float", "default": 2.0},
        "timeout_seconds": {"type": "float"},
    }

    def act(self) -> dict[str, Any]:
        before = self.arguments["before"]
        # Nothing was done in check mode: there is nothing to wait for. And where nobody can be asked
        # (commands of the catalog, without one for the status), what the command said must do.
        silent = (before["refused"] or {}).get("reason") == "not_managed"
        reading = before if self.check_mode or silent else self._wait()
        return {
            "changed": self.arguments["changed"],
            "before": settling.told(before),
            "after": settling.told(reading),
            "reading": reading,
        }

    def _wait(self) -> Reading:
        goal = settling.Goal(
            self.arguments["expect"], self.arguments["number"], self.arguments["instance"]
        )
        began, wait, limit = boot_clock(), settling.Wait(), self._limit()
        while True:
            looked = boot_clock()
            reading = self.workload(self.arguments["service"], again=True)
            wait = settling.advance(
                wait, reading, goal, boot_clock(), self.arguments["hold_seconds"]
            )
            if wait.done:
                return reading
            waited = boot_clock() - began
            if wait.hopeless or waited >= limit:
                name = self.arguments["service"]
                said = wait.text or "it does not stay as it is"
                raise Stop(f"unrecovered: {name}, after {waited:.0f} s: {said}", "unrecovered")
            self.stay_the_owner()
            time.sleep(respite(PAUSE_S, boot_clock() - looked))

    def _limit(self) -> float:
        """The scenario's own patience, where it has one."""
        run = self.this_run()
        inputs = run.inputs.get(run.services.get(self.host, ""), {})
        given = self.arguments["timeout_seconds"]
        return float(given if given is not None else inputs.get("timeout_seconds") or TIMEOUT_S)

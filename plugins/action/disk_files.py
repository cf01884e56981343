# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.disk.entry import Rule
from ansible_collections.oncall.runbooks.plugins.module_utils.disk.room import Need, enough
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp
from ansible_collections.oncall.runbooks.plugins.plugin_utils.disk_action import DiskAction, asked
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

BATCH = 500
MIB = 2**20
NOTHING = {"deleted": 0, "freed_bytes": 0}


class ActionModule(DiskAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["cleaned"], "required": True},
        "rule": {"type": "int", "required": True},
        "dir": {"type": "path", "required": True},
        "free_bytes": {"type": "int", "required": True},
        "free_inodes": {"type": "int", "required": True},
        "at_most": {"type": "int", "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        self.incident = self.this_run()
        self.service = self.incident.services[self.host]
        rule = asked(self._rule())
        with self.unrecovered("not all was deleted"):
            files = self._chosen(rule)
            if self.check_mode or not files:
                return {"changed": bool(files), "after": {**NOTHING, "deleted": len(files)}}
            listing = self._listed(rule, files)
            after = self._deleted(rule, files)
        if after["free_bytes"] is None:
            raise Stop(f"refused: {after['refused']}", "refused")
        return {"changed": bool(after["deleted"]), "after": {**after, "listing": listing}}

    def _rule(self) -> Rule:
        """The catalog's own, as it is now, whatever a plan says."""
        number = self.arguments["rule"]
        rules = self.disk(self.service).clean
        if not 0 <= number < len(rules) or rules[number].dir != self.arguments["dir"]:
            raise Stop("refused: the catalog has no such rule by now", "refused")
        return rules[int(number)]

    def _chosen(self, rule: Mapping[str, Any]) -> list[dict[str, Any]]:
        """As many as are needed, the oldest first, within the caps."""
        limits = self.incident.inputs[self.service]
        most = min(self.arguments["at_most"], limits["max_delete"])
        (seen,) = self.on_host("survey", rules=[rule], most=most)
        if seen["refused"]:
            raise Stop(f"refused: {seen['refused']}", "refused")
        wanted = Need(self.arguments["free_bytes"], self.arguments["free_inodes"])
        number = enough(seen["go"], wanted, most, limits["max_delete_mib"] * MIB)
        return list(seen["go"][:number])

    def _listed(self, rule: Mapping[str, Any], files: list[dict[str, Any]]) -> str:
        """What goes, before it goes. Whatever a name is made of, it stays one line."""
        lines = [
            f"{stamp(one['mtime_ns'] / 10**9)} {one['size']} {ascii(one['name'])[1:-1]}"
            for one in files
        ]
        text = f"{rule['dir']}\n" + "\n".join(lines) + "\n"
        return self.incident.keep_text(self.service, "deleted_files", text, "txt")

    def _deleted(self, rule: Mapping[str, Any], files: list[dict[str, Any]]) -> dict[str, Any]:
        """Batch by batch, under the lock; each file looked at again by the program that unlinks it."""
        done: dict[str, Any] = {**NOTHING, "left": [], "free_bytes": None, "refused": None}
        for at in range(0, len(files), BATCH):
            self.confirm_lock(self.incident, self.service)
            wanted = [[one["name"], one["ino"], one["mtime_ns"]] for one in files[at : at + BATCH]]
            told = self.on_host("unlink", rule=rule, wanted=wanted)
            if told["refused"]:
                done["refused"] = told["refused"]
                break
            done["deleted"] += len(told["gone"])
            done["freed_bytes"] += told["bytes"]
            done["left"] += [f"{ascii(name)[1:-1]}: {why}" for name, why in told["left"][:20]]
            done.update(free_bytes=told["free_bytes"], free_inodes=told["free_inodes"])
        return done

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.disk import look, on_host, room
from ansible_collections.oncall.runbooks.plugins.module_utils.disk.entry import Disk
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.disk_action import DiskAction, asked
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION
from ansible_collections.oncall.runbooks.plugins.plugin_utils.shares_action import machine_of

# A service that somebody else runs is not on the controller, though its tasks may run there.
ELSEWHERE = (
    "nobody here can look at its disks; by hand: look at its provider's storage, and let it grow"
)


class ActionModule(DiskAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        try:
            reading = self._read(run, service)
        except Unreachable as error:
            reading = refused("host_unreachable", str(error))
        reading["platform"] = self.entry(service)["platform"]
        reading["first"] = self._first(run)
        return {"changed": False, "reading": reading}

    def _read(self, run: incident.Run, service: str) -> dict[str, Any]:
        entry, disk = self.entry(service), self.disk(service)
        if entry["platform"] == "external" and self.is_local(self.host) and not entry.get("disk"):
            return refused("not_managed", ELSEWHERE)
        in_pod = entry["platform"] == "kubernetes"
        dirs = [] if in_pod else [rule.dir for rule in disk.clean]
        places = list(dict.fromkeys([*disk.filesystems, *dirs]))
        text = look.script(places, everything=not disk.filesystems)
        # The disks of its node are not ours to see; those of the pod are.
        done = self.inside(service, "sh -s", text) if in_pod else self.shell("sh -s", text)
        found = look.filesystems(done.stdout)
        reading = {**refused("", ""), "refused": None, "filesystems": found}
        warn = run.inputs[service]["warn_percent"]
        short = [one["mount"] for one in found if room.need(one, warn)]
        if in_pod or not short or any(one["read_only"] for one in found):
            return reading
        deeper = self.shell("sh -s", look.closer(short, places))
        most = run.inputs[service]["max_delete"]
        return {**reading, **look.causes(deeper.stdout), **self._rules(disk, found, most)}

    def _rules(
        self, disk: Disk, filesystems: Sequence[Mapping[str, Any]], most: int
    ) -> dict[str, Any]:
        if not disk.clean:
            return {"rules": []}
        try:
            told = self.on_host("survey", rules=[asked(rule) for rule in disk.clean], most=most)
        except Refused as error:
            nothing = on_host.told({"files": 0, "bytes": 0, "kept": [], "go": []}, 0)
            told = [{**nothing, "refused": error.refusal.message} for _rule in disk.clean]
        mounts = {place: one["mount"] for one in filesystems for place in one["places"]}
        return {
            "rules": [
                {**asked(rule), **seen, "mount": mounts.get(rule.dir)}
                for rule, seen in zip(disk.clean, told, strict=True)
            ]
        }

    def _first(self, run: incident.Run) -> bool:
        """Of several services of a machine, one speaks for what they share."""
        machines = {
            host: machine_of(host, self.task_vars["hostvars"][host]) for host in run.services
        }
        return next(host for host in machines if machines[host] == machines[self.host]) == self.host


def refused(reason: str, message: str) -> dict[str, Any]:
    return {
        "refused": {"reason": reason, "message": message},
        "filesystems": [],
        "held": [],
        "largest": [],
        "journal": None,
        "docker": None,
        "rules": [],
    }

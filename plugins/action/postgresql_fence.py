# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import subprocess
import time
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    UNREACHABLE,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import boot_clock
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import cluster, fencing
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt
from ansible_collections.oncall.runbooks.plugins.plugin_utils.nodes_action import NodesAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import LEASE_S
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

COMMAND_S = 120
# A server that was told to stop may still say so for a moment.
SILENT_S = 20


class ActionModule(NodesAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["fenced"], "required": True},
        "gone": {"type": "bool", "default": False},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        if self.check_mode:
            return {"changed": True, "after": {"fenced": service}}
        if self.arguments["gone"]:
            self._stays_gone(run, service)
        self.confirm_lock(run, service, LEASE_S)
        said = self._fence(service)
        self._is_silent(run, service)
        self.progress(run, service, f"{service} is fenced: {said}")
        after = {"fenced": service, "said": said}
        return {"changed": True, "after": after, "incident_show": self.shown}

    def _stays_gone(self, run: incident.Run, service: str) -> None:
        """A server that only restarts comes back within seconds."""
        seconds = run.inputs[service]["gone_seconds"]
        until = boot_clock() + seconds
        while True:
            self._refuse_life(service)
            left = until - boot_clock()
            if left <= 0:
                return
            self.stay_the_owner()
            self.stay(run, min(1.0, left))

    def _refuse_life(self, service: str) -> None:
        refused = self.node(service)["refused"]
        if refused is None or refused["reason"] not in UNREACHABLE:
            raise Stop(f"refused: {service} answers again: it is not gone", "refused")
        standbys = self.entry(service)["postgresql"].get("standbys") or []
        nodes = {name: self.node(name)["node"] for name in standbys}
        answered = {name: node for name, node in nodes.items() if node}
        if not answered:
            raise Stop("refused: no standby answers any more: there is no proof left", "refused")
        for name, node in answered.items():
            if node["in_recovery"] and cluster.receiving(node):
                raise Stop(f"refused: {name} receives again: {service} is not gone", "refused")

    def _fence(self, service: str) -> str:
        command = (self.entry(service).get("commands") or {}).get("fence")
        said = self._by_command(command) if command else self._by_platform(service)
        return excerpt(said) or "its command ended with 0"

    def _by_command(self, argv: list[str]) -> str:
        """Here, and not on the server's host, which may be gone."""
        try:
            done = subprocess.run(
                argv,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=COMMAND_S,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise not_acknowledged(type(error).__name__) from None
        if done.returncode:
            said = excerpt(done.stderr or done.stdout)
            raise not_acknowledged(f"status {done.returncode} {said}".strip())
        return done.stdout

    def _by_platform(self, service: str) -> str:
        platform, section = self.entry(service)["platform"], self.platform_of(service)[1]
        reading = self.workload(service)
        keys = [one["key"] for one in reading["instances"]]
        if reading["refused"]:
            raise not_acknowledged(reading["refused"]["message"])
        try:
            done = self.shell("sh -s", fencing.script(platform, section, keys))
        except (Unreachable, ValueError) as error:
            raise not_acknowledged(str(error)) from None
        if done.rc:
            raise not_acknowledged(excerpt(done.stdout or done.stderr) or f"status {done.rc}")
        return done.stdout

    def _is_silent(self, run: incident.Run, service: str) -> None:
        """What the fence says is held against what the server itself does."""
        until = boot_clock() + SILENT_S
        while True:
            refused = self.node(service)["refused"]
            if refused and refused["reason"] in UNREACHABLE:
                return
            if boot_clock() > until:
                raise not_acknowledged(f"{service} still answers")
            self.stay(run)
            time.sleep(0.2)


def not_acknowledged(why: str) -> Stop:
    return Stop(
        f"unrecovered: the fence was not acknowledged, nothing was promoted: {why}", "unrecovered"
    )

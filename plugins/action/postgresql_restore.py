# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import shlex
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.backup import restoring
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools import called
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import integrity
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.backup_action import BackupAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import LEASE_S
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

# Nothing renews the lease while a backup is read and copied.
COPY_LEASE_S = 6 * 3600
START_S = 120


class ActionModule(BackupAction):
    """One attempt; Ansible repeats it until the copy is at its target."""

    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "backup": {
            "type": "dict",
            "required": True,
            "options": {
                "path": {"type": "str", "required": True},
                "major": {"type": "int", "required": True},
                "room_kib": {"type": "int", "default": 0},
            },
        },
        "directory": {"type": "str", "required": True},
        "port": {"type": "int", "required": True},
        "target": {"type": "str", "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        given = self.arguments
        copy = restoring.Copy(given["directory"], given["port"], given["target"])
        if self.check_mode:
            return {"changed": True, "done": True, "after": vars(copy)}
        kept = self.so_far(run, "restore")
        if not kept:
            kept = {"begun": True, "unread": self._begin(run, service, copy)}
        state = self._state(service, copy)
        if state is None or not restoring.arrived(state):
            self.go_on(run, "restore", kept, False)
            self.stay_the_owner()
            self.progress(
                run, service, f"the copy is at {state['replayed_at'] if state else 'its start'}"
            )
            self.stay(run, 1.0)
            return {"changed": True, "done": False, "incident_show": self.shown}
        self.go_on(run, "restore", {}, True)
        after = {**vars(copy), "replayed_at": state["replayed_at"], "lsn": state["lsn"]}
        after["integrity"] = self._judged(service, copy)
        if kept["unread"]:
            after["unread"] = kept["unread"]
        return {"changed": True, "done": True, "after": after, "incident_show": self.shown}

    def _begin(self, run: incident.Run, service: str, copy: restoring.Copy) -> str:
        """Why the backup could not be read before, where only the copy tells whether it is whole."""
        backup = self.backup(service)
        if backup is None:
            raise Stop("refused: the catalog does not say where backups are", "refused")
        self.confirm_lock(run, service, COPY_LEASE_S)
        given = self.arguments["backup"]
        self.progress(run, service, "the backup is read, file by file")
        read = self.verified(service, backup, given, run.inputs[service]["verify_seconds"])
        if backup.tool.forbids(read):
            raise Stop(f"refused: the backup is not whole: {read['said']}", "refused")
        text = restoring.prepare(copy, given, backup.tool, backup.programs)
        self.confirm_lock(run, service, COPY_LEASE_S)
        done = self._run(
            service, f"sh -c {shlex.quote(text)}", restoring.settings(copy, backup.tool)
        )
        if done.rc == 3:
            raise Stop(f"refused: {excerpt(done.stdout)}", "refused")
        if done.rc:
            raise failed(copy, called.error(done.stderr or done.stdout) or f"status {done.rc}")
        self.confirm_lock(run, service, LEASE_S)
        # Whether it came up, is asked next: what its log says tells more than this command.
        self._run(service, f"sh -c {shlex.quote(restoring.start(copy, backup.programs, START_S))}")
        return "" if read["status"] == "ok" else read["said"]

    def _run(self, service: str, command: str, stdin: str = "") -> Done:
        try:
            return self.there(service, command, stdin)
        except Unreachable as error:
            raise Stop(f"unrecovered: {error}", "unrecovered") from None

    def _state(self, service: str, copy: restoring.Copy) -> dict[str, Any] | None:
        """None while it recovers and lets nobody in. One that has ended did not reach its target."""
        way, execute = self.way_to(service, copy)
        try:
            state = client.copy_state(way, execute)
            if state["paused"] and state["locked"]:
                client.end_recovery(way, execute)
            return state
        except Refused:
            backup = self.backup(service)
            text = restoring.running(copy, backup.programs if backup else "")
            done = self._run(service, f"sh -c {shlex.quote(text)}")
            if done.rc:
                raise failed(copy, excerpt(done.stdout) or "it does not run") from None
            return None

    def _judged(self, service: str, copy: restoring.Copy) -> list[dict[str, Any]]:
        backup = self.backup(service)
        way, execute = self.way_to(service, copy)
        answers = self.answers(backup.integrity if backup else (), way, execute)
        bad = integrity.asked({"queries": answers})
        if bad:
            raise failed(copy, f"at this moment the data is not whole, either: {bad[0]['summary']}")
        return answers


def failed(copy: restoring.Copy, why: str) -> Stop:
    return Stop(
        f"unrecovered: the copy in {copy.directory} is no use: {why}; the live server was not touched. "
        "When nobody needs the copy, remove its folder by hand",
        "unrecovered",
    )

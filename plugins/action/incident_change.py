# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident, undos
from ansible_collections.oncall.runbooks.plugins.module_utils.changes import UNTOUCHED, changes
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import Journal
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import LockUnavailable
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    RunbookAction,
)

# A restart may take minutes, and nothing renews the lease meanwhile.
LEASES_S = {"disruptive": 600, "destructive": 600}
KEPT = ("action", "service", "risk", "because", "summary", "before", "undo", "parameters")


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["intended", "made", "failed"], "required": True},
        "entry": {"type": "dict", "required": True},
        **FENCE_OPTION,
        "number": {"type": "int"},
        "after": {"type": "dict", "default": {}},
        "message": {"type": "str", "default": ""},
        "untouched": {"type": "bool", "default": False},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        if self.check_mode:
            return {"changed": False, "number": 0}
        state = self.arguments["state"]
        if state == "intended":
            line = run.journal.append_with(
                run.run,
                "change_intended",
                lambda before: self._intent(run, service, before),
                service,
            )
            return {"changed": False, "number": line["data"]["number"], **shown(line["data"])}
        return self._made(run, service) if state == "made" else self._failed(run, service)

    def _made(self, run: incident.Run, service: str) -> dict[str, Any]:
        outcome = {"number": self.arguments["number"], "after": self.arguments["after"]}
        run.write("change_made", outcome, service)
        reverts = self.arguments["entry"]["parameters"].get("reverts")
        if reverts and "action" in reverts:
            reverts = self._own(run, service, reverts["action"])
        if reverts:
            number = reverts["number"]
            # Of another control node's incident there is no journal here: it learns it beside the lock.
            journal = Journal(run.folder.parent / reverts["incident"] / "journal.jsonl")
            if journal.path.exists():
                journal.append(run.run, "change_reverted", {"number": number}, service)
            now = stamp(time.time())
            self.lock(run, service).note(
                undos.taken_back(reverts["incident"], number, run.run, undos.who(), now)
            )
        return {
            "changed": False,
            **shown({**self.arguments["entry"], **outcome, "status": "made"}),
        }

    def _own(self, run: incident.Run, service: str, action: str) -> dict[str, Any] | None:
        """The change of this run that is taken back by the same run: the plan knew no number of it."""
        made = [
            {"incident": run.incident, "number": one["number"]}
            for one in changes(incident.lines_of(run.journal.read(), run.run, service))
            if one["action"] == action and one["status"] == "made"
        ]
        return made[-1] if made else None

    def _failed(self, run: incident.Run, service: str) -> dict[str, Any]:
        """Unless it stopped before anything was changed, it may need its undo."""
        message, number = self.arguments["message"], self.arguments["number"]
        outcome = {"number": number, "message": message, "untouched": self.arguments["untouched"]}
        run.write("change_failed", outcome, service)
        entry = {**self.arguments["entry"], **outcome, "status": "failed"}
        if outcome["untouched"]:
            entry["undo"] = dict(UNTOUCHED)
            with suppress(LockUnavailable):
                self.lock(run, service).note(undos.closed(run.incident, number))
        return {
            "changed": False,
            "failed": True,
            "outcome": "unrecovered",
            "msg": f"unrecovered: {message.removeprefix('unrecovered: ')}",
            **shown(entry),
        }

    def _intent(
        self, run: incident.Run, service: str, before: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """The change as announced. Its number is its own within the incident, over all its runs.

        The lock is confirmed, and the undo lies beside it, before the journal says so.
        """
        lock, entry = self.lock(run, service), self.arguments["entry"]
        number = 1 + max(
            sum(line["type"] == "change_intended" for line in before),
            undos.numbered(lock.store.beside(), run.incident),
        )
        intent = self._announced(number, entry)
        record = undos.record(intent, run.incident, run.run, undos.who(), stamp(time.time()))
        lease = LEASES_S.get(entry["risk"], incident.LEASE_S)
        note = undos.opened(record) if record else None
        lock.confirm(run.run, self.arguments["fence"], lease, note=note)
        return intent

    def _announced(self, number: int, entry: dict[str, Any]) -> dict[str, Any]:
        minutes = entry.get("expires_minutes")
        return {
            "number": number,
            **{key: entry[key] for key in KEPT},
            "expires_at": stamp(time.time() + 60 * minutes) if minutes else None,
            "status": "intended",
        }


def shown(change: dict[str, Any]) -> dict[str, Any]:
    return {"incident_show": [{"kind": "change", "change": change}]}

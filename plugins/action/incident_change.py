# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import Journal
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
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
        "fence": {"type": "int", "required": True},
        "number": {"type": "int"},
        "after": {"type": "dict", "default": {}},
        "message": {"type": "str", "default": ""},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        if self.check_mode:
            return {"changed": False, "number": 0}
        state = self.arguments["state"]
        if state == "intended":
            lease = LEASES_S.get(self.arguments["entry"]["risk"], incident.LEASE_S)
            self.lock(run, service).confirm(run.run, self.arguments["fence"], lease)
            line = run.journal.append_with(run.run, "change_intended", self._intent, service)
            return {"changed": False, "number": line["data"]["number"], **shown(line["data"])}
        outcome = {"number": self.arguments["number"]}
        outcome["after" if state == "made" else "message"] = self.arguments[
            "after" if state == "made" else "message"
        ]
        run.write(f"change_{state}", outcome, service)
        reverts = self.arguments["entry"]["parameters"].get("reverts")
        if state == "made" and reverts:
            journal = Journal(run.folder.parent / reverts["incident"] / "journal.jsonl")
            journal.append(run.run, "change_reverted", {"number": reverts["number"]}, service)
        result = {
            "changed": False,
            **shown({**self.arguments["entry"], **outcome, "status": state}),
        }
        if state == "failed":
            result.update(
                failed=True, outcome="unrecovered", msg=f"unrecovered: {self.arguments['message']}"
            )
        return result

    def _intent(self, before: list[dict[str, Any]]) -> dict[str, Any]:
        """The change as announced. Its number is its own within the incident, over all its runs."""
        number = 1 + sum(line["type"] == "change_intended" for line in before)
        entry = self.arguments["entry"]
        minutes = entry.get("expires_minutes")
        return {
            "number": number,
            **{key: entry[key] for key in KEPT},
            "expires_at": stamp(time.time() + 60 * minutes) if minutes else None,
            "status": "intended",
        }


def shown(change: dict[str, Any]) -> dict[str, Any]:
    return {"incident_show": [{"kind": "change", "change": change}]}

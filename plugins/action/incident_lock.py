# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import getpass
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import scenario
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import (
    HostGone,
    LockHeld,
    LockUnavailable,
    State,
    Taken,
    identity,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.takeover import settle
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RUN_OPTION,
    RunbookAction,
)

NOT_THERE = (
    "the machine that keeps the lock does not answer: this one keeps it, and only its runs see that"
)


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["acquired", "released"], "required": True},
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        if self.check_mode:
            return {"changed": False, "fence": 0}
        return (
            self._acquire(run, service)
            if self.arguments["state"] == "acquired"
            else self._release(run, service)
        )

    def _acquire(self, run: incident.Run, service: str) -> dict[str, Any]:
        owner = identity(
            run.pid, run=run.run, incident=run.incident, user=getpass.getuser(), worker=None
        )
        try:
            taken = self._taken(run, service, owner)
        except LockHeld as held:
            run.write(
                "lock_refused",
                {"owner": held.owner, "until": held.until, "message": str(held)},
                service,
            )
            raise
        run.write(
            "lock_acquired",
            {
                "owner": owner,
                "fence": taken.fence,
                "until": taken.until,
                "took_over": taken.took_over,
            },
            service,
        )
        said = [NOT_THERE] if self.kept_here(run).exists() else []
        if taken.took_over:
            left_open = settle(run.state_dir, taken.took_over, run.run, service)
            why = taken.took_over["why"]
            said.append(f"taken over from run {taken.took_over['run']}: {why}{left_open}")
        message = "; ".join(said)
        show = {"kind": "lock", "service": service, "state": "acquired", "message": message}
        return {"changed": False, "fence": taken.fence, "incident_show": [show]}

    def _taken(self, run: incident.Run, service: str, owner: State) -> Taken:
        """Where it lies; or here, when its machine is gone and the runbook is for that."""
        try:
            return self.lock(run, service).acquire(owner, incident.LEASE_S)
        except HostGone:
            if not getattr(scenario(run.scenario), "HOST_MAY_BE_GONE", False):
                raise
        self.kept_here(run).touch()
        return self.lock(run, service).acquire(owner, incident.LEASE_S)

    def _release(self, run: incident.Run, service: str) -> dict[str, Any]:
        if not self._asked_for_it(run, service):
            return {"changed": False}
        try:
            fence = self.lock(run, service).release(run.run)
        except LockUnavailable:
            fence = None  # its lease ends by itself, and the report has still to be written
        if fence is not None:
            run.write("lock_released", {"fence": fence}, service)
        return {"changed": False}

    def _asked_for_it(self, run: incident.Run, service: str) -> bool:
        """A run that had nothing to do need not ask the host, or the cluster, once more."""
        lines = incident.lines_of(run.journal.read(), run.run, service)
        return any(line["type"] == "lock_acquired" for line in lines)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import changes, incident
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RUN_OPTION,
    RunbookAction,
)


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        # An expired one is undone whichever incident made it; the others only for the incident that is named.
        service = run.services[self.host]
        one = None if run.inputs[service]["expired_only"] else run.incident
        if one:
            refuse_nothing(run, run.inputs[service]["change"])
        found = changes.open_changes(Path(run.state_dir), service, one)
        return {"changed": False, "reading": {"now": stamp(time.time()), "changes": found}}


def refuse_nothing(run: incident.Run, number: int | None) -> None:
    """A typo in the incident or the number is no proof that all is undone."""
    lines = run.journal.read()
    example = "-e incident=INC-20261121-030405-a1b2, or -e expired_only=true"
    opened = [line["data"]["scenario"] for line in lines if line["type"] == "run_opened"]
    if all(scenario == run.scenario for scenario in opened):
        raise InputError(
            f"incident: '{run.incident}' is a new one, of which nothing can be undone; allowed is the one that "
            f"made the changes; for example {example}"
        )
    known = [change["number"] for change in changes.changes(lines)]
    if number is not None and number not in known:
        raise InputError(
            f"change: got {number}; incident '{run.incident}' has "
            f"{', '.join(map(str, known)) or 'no changes'}; for example {example}"
        )

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import changes, incident, undos
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp
from ansible_collections.oncall.runbooks.plugins.plugin_utils.beside_action import BesideAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION

SHOWN = 5


class ActionModule(BesideAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        # An expired one is undone whichever incident made it; the others only for the incident that is named.
        service = run.services[self.host]
        one = None if run.inputs[service]["expired_only"] else run.incident
        beside = self.beside_the_lock(run, service)
        if one:
            refuse_nothing(run, service, beside)
        found = changes.open_changes(Path(run.state_dir), service, one, beside)
        reading = {
            "now": stamp(time.time()),
            "changes": found,
            "strangers": [undos.change_of(each, service) for each in beside.strangers],
        }
        return {"changed": False, "reading": reading}


def refuse_nothing(run: incident.Run, service: str, beside: undos.Beside) -> None:
    """A typo in the incident or the number is no proof that all is undone."""
    lines, number = run.journal.read(), run.inputs[service]["change"]
    example = "-e incident=INC-20261121-030405-a1b2, or -e expired_only=true"
    opened = [line["data"]["scenario"] for line in lines if line["type"] == "run_opened"]
    told = [one for one in (*beside.undos, *beside.undone) if one["incident"] == run.incident]
    if all(scenario == run.scenario for scenario in opened) and not told:
        raise InputError(
            f"incident: '{run.incident}' is a new one, of which nothing can be undone; allowed is the one that "
            f"made the changes; {undoable(run, service, beside) or f'for example {example}'}"
        )
    known = sorted(
        {change["number"] for change in changes.changes(lines)} | {one["number"] for one in told}
    )
    if number is not None and number not in known:
        raise InputError(
            f"change: got {number}; incident '{run.incident}' has "
            f"{', '.join(map(str, known)) or 'no changes'}; for example {example}"
        )


def undoable(run: incident.Run, service: str, beside: undos.Beside) -> str:
    """What there is, so that nobody has to look for the incident."""
    found = changes.open_changes(Path(run.state_dir), service, None, beside)
    if not found:
        return ""
    named = [
        f"-e incident={one['incident']} -e change={one['number']} ({one['undo']['how']['summary']})"
        for one in found[:SHOWN]
    ]
    more = f", and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"of {service} can be undone: {', '.join(named)}{more}"

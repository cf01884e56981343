# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions share that read the changes of a service: its journals here, and what lies beside its lock."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.oncall.runbooks.plugins.module_utils import changes, incident, undos
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import Journal
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import LockUnavailable
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RunbookAction


class BesideAction(RunbookAction):
    def beside_the_lock(self, run: incident.Run, service: str) -> undos.Beside:
        """Where it cannot be read, the journals here are all that is known."""
        try:
            found = self.lock(run, service).store.beside()
        except LockUnavailable:
            return undos.NOTHING
        if not self.check_mode:
            enter_undone(run, service, found)
        return found


def enter_undone(run: incident.Run, service: str, beside: undos.Beside) -> None:
    """What another control node undid is entered in the journal of the incident that made it."""
    folder = Path(run.state_dir) / "incidents"
    for end in beside.undone:
        journal = Journal(folder / end["incident"] / "journal.jsonl")
        if not journal.path.exists():
            continue
        for change in changes.changes(journal.read()):
            ours = change["number"] == end["number"] and change["service"] == service
            if ours and changes.can_be_undone(change):
                data = {"number": end["number"], "by": end["by"]}
                journal.append(end["run"], "change_reverted", data, service)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RunbookAction


class AskedOnce(RunbookAction):
    """A host that did not answer once is not asked again: each try may take its whole time-out."""

    _silent = ""

    def shell(self, command: str, stdin: str = "") -> Done:
        if self._silent:
            raise Unreachable(self._silent)
        try:
            return super().shell(command, stdin)
        except Unreachable as error:
            self._silent = str(error)
            raise

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import history
from ansible_collections.oncall.runbooks.plugins.plugin_utils.beside_action import BesideAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(BesideAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        return {
            "changed": False,
            "reading": history.read(
                Path(run.state_dir), service, time.time(), self.beside_the_lock(run, service)
            ),
        }

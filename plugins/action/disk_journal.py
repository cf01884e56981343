# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.disk import look
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

# Its names, sizes and times, before any of it goes.
LISTING = "find /var/log/journal /run/log/journal -type f -exec ls -ln {} + 2>/dev/null; exit 0"
# Without --rotate: what is written now stays, and the last minutes with it.
VACUUM = "LC_ALL=C journalctl --vacuum-size={mib}M"


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["vacuumed"], "required": True},
        "keep_mib": {"type": "int", "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        keep = max(self.arguments["keep_mib"], run.inputs[service]["journal_mib"])
        try:
            before = self._bytes()
            if self.check_mode or before <= keep * 2**20:
                return {"changed": before > keep * 2**20, "after": {"freed_bytes": 0}}
            listing = run.keep_text(service, "journal_files", self.shell(LISTING).stdout, "txt")
            self.confirm_lock(run, service)
            done = self.shell(VACUUM.format(mib=keep))
            after = self._bytes()
        except Unreachable as error:
            raise Stop(f"unrecovered: {error}", "unrecovered") from None
        if done.rc:
            said = excerpt(done.stderr) or f"status {done.rc}"
            raise Stop(f"unrecovered: the journal was not vacuumed: {said}", "unrecovered")
        return {
            "changed": after < before,
            "after": {"freed_bytes": before - after, "bytes": after, "listing": listing},
        }

    def _bytes(self) -> int:
        found = look.causes(self.shell("sh -s", look.closer([], [])).stdout)["journal"]
        return int(found["bytes"]) if found else 0

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.disk import images, look
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import (
    LEASE_S,
    PlatformAction,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

# Without --force: what got a name or a container meanwhile stays. What it was built from stays, too.
REMOVE = (
    'if [ "$(docker image inspect --format "{{len .RepoTags}}" %(id)s)" = 0 ]; '
    "then docker image rm --no-prune %(id)s >/dev/null && echo gone; fi"
)


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["removed"], "required": True},
        "images": {"type": "list", "elements": "str", "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        try:
            chosen = self._still(service, run.inputs[service]["image_days"])
            if self.check_mode or not chosen:
                return {"changed": bool(chosen), "after": {"removed": [], "freed_bytes": 0}}
            listing = run.keep_text(service, "images", json.dumps(chosen, indent=1), "json")
            gone, said = [], ""
            for one in chosen:
                self.confirm_lock(run, service, LEASE_S)
                done = self.shell(REMOVE % {"id": one["id"]})
                gone += [one] if done.stdout.strip() == "gone" else []
                said = excerpt(done.stderr) or said
        except Unreachable as error:
            raise Stop(f"unrecovered: {error}", "unrecovered") from None
        if not gone:
            raise Stop(f"unrecovered: no image was removed: {said}", "unrecovered")
        return {
            "changed": True,
            "after": {
                "removed": [one["id"] for one in gone],
                "freed_bytes": sum(one["bytes"] for one in gone),
                "listing": listing,
            },
        }

    def _still(self, service: str, days: int) -> Sequence[Any]:
        """Of those of the plan, the ones that may go as things are now."""
        docker = look.causes(self.shell("sh -s", look.closer([], [])).stdout)["docker"]
        if docker is None:
            raise Stop("unrecovered: Docker does not answer any more", "unrecovered")
        protected = images.releases(self.workload(service))
        now = images.removable(docker, protected, days, datetime.now(UTC))
        return [one for one in now if one["id"] in self.arguments["images"]]

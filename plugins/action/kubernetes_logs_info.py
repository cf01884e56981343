# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    containers,
    observed,
    paths,
    pods,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
    Object,
    Rejected,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION, Stop

# Of one container, and of how many pods: what is read in an incident is bounded.
BYTES, PODS = 256 * 1024, 20


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "service": {"type": "str", "required": True},
        "lines": {"type": "int", "required": True},
    }

    def act(self) -> dict[str, Any]:
        service = self.arguments["service"]
        _platform, section = self.platform_of(service)
        try:
            self.api = self.clusters.api(section)
            workload = self.api.get(paths.workload(section))
            name = containers.chosen(containers.template_of(workload), section)
            found = observed.pods_of(self.api, workload)[:PODS]
            logs = [one for pod in found for one in self._logs(pod, name)]
        except ApiError as error:
            outcome = "refused" if error.reason == "forbidden" else "error"
            raise Stop(f"{outcome}: {service}: {error}", outcome) from None
        return {"changed": False, "before": {}, "after": {"logs": logs}}

    def _logs(self, pod: Object, name: str) -> list[dict[str, str]]:
        """Of each container; what the one before it wrote tells why it ended."""
        path = paths.pod(pod["metadata"]["namespace"], pod["metadata"]["name"], "log")
        found = []
        for status in pods.statuses(pod):
            if name and status["name"] != name and not pods.trouble(pod, 0):
                continue  # the others of a pod are of interest when it does not run
            for previous in ("true", "false") if status.get("restartCount") else ("false",):
                text = self._text(path, status["name"], previous)
                label = f"{pod['metadata']['name']}/{status['name']}"
                if text:
                    before = " (before its last restart)" if previous == "true" else ""
                    found.append({"instance": label + before, "text": text})
        return found

    def _text(self, path: str, container: str, previous: str) -> str:
        query = {
            "container": container,
            "previous": previous,
            "tailLines": str(self.arguments["lines"]),
            "limitBytes": str(BYTES),
        }
        try:
            return self.api.text(path, query)
        except Rejected:
            return ""  # a container that has not run yet has written nothing

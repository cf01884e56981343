# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import shlex
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import machine
from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    UNREACHABLE,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    NothingRuns,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import place
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION

# Where the server shares the host with others, so that its port says which one it is.
ON_HOST = ("command", "systemd")
# Where the inventory's host is the machine whose disks count.
HERE = (*ON_HOST, "compose")
LOCAL = "127.0.0.1"


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "postgresql": {"type": "dict", "required": True},
    }

    def act(self) -> dict[str, Any]:
        service = self.this_run().services[self.host]
        given = self.arguments["postgresql"]
        answers = given["document"] is not None
        # One that turns us away is there. Only of one that is silent more is known where it lives.
        speaks = answers or given["refused"]["normal"]["reason"] not in UNREACHABLE
        seen = {**place.nothing("", ""), "refused": None} if speaks else self._seen(service)
        migrations = self._command(service, "migrations") if answers else None
        reading = {**seen, "speaks": speaks, "migrations": migrations}
        return {"changed": False, "reading": reading}

    def _seen(self, service: str) -> dict[str, Any]:
        entry = self.entry(service)
        platform = entry["platform"]
        if platform == "external":
            return dict(place.nothing("not_managed", "nobody here can ask where the server lives"))
        on_host = platform in ON_HOST
        given = entry["postgresql"]
        host = given.get("host") or LOCAL
        text = place.script(
            (given.get("port") or 5432) if on_host else None,
            host if host.startswith("/") else LOCAL,
        )
        try:
            done = self.inside(service, "sh -s", text)
            seen = {**place.parsed(done.stdout), "refused": None}
        except NothingRuns:
            seen = {**place.nothing("", ""), "refused": None, "ready": "no_answer"}
        except Unreachable as error:
            seen = dict(place.nothing("host_unreachable", str(error)))
        seen["filesystems"] = (
            machine.read(self.host, self.reach)["filesystems"] if platform in HERE else []
        )
        if seen["configuration"] is None:
            checked = self._command(service, "config_check")
            if checked and checked["status"]:
                seen["configuration"] = {"error": checked["said"]}
        return seen

    def _command(self, service: str, name: str) -> dict[str, Any] | None:
        """One of the catalog's own commands, which only tells."""
        argv = (self.entry(service).get("commands") or {}).get(name)
        if not argv:
            return None
        try:
            done = self.inside(service, shlex.join(argv))
        except Unreachable as error:
            return {"status": None, "said": str(error)}
        return {
            "status": done.rc,
            "said": excerpt(done.stdout or done.stderr) or f"status {done.rc}",
        }

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client, cluster
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.nodes_action import NodesAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import LEASE_S
from ansible_collections.oncall.runbooks.plugins.plugin_utils.postgresql_action import LOCKED_OUT
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

CAUSES = (*LOCKED_OUT, "insufficient_privilege")
REJOIN = (
    "on the host of {old}, while it is stopped: pg_rewind --target-pgdata=ITS_DATA "
    "--source-server='host={host} port={port} user=postgres dbname=postgres', then primary_conninfo to {new}, "
    "an empty standby.signal, lift the fence, start it"
)


class ActionModule(NodesAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "standby": {"type": "str", "required": True},
        "system": {"type": "str", "required": True},
        "timeline": {"type": "int", "required": True},
        "position": {"type": "int", "required": True},
        "fenced": {"type": "str", "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service, standby = run.services[self.host], self.arguments["standby"]
        if self.arguments["fenced"] != service:
            raise refused(f"{service} is not fenced")
        before = self._as_planned(standby)
        if self.check_mode:
            return {"changed": True, "after": {"primary": standby}}
        self.confirm_lock(run, service, LEASE_S)
        promoted = self._by_who_may(run, service, standby, "promote it", client.promote)
        after = self._writes(run, service, standby, before, promoted)
        self.progress(run, service, f"{standby} takes writes, on timeline {after['timeline']}")
        way = self.normal_way(standby)
        told = {
            "primary": standby,
            "timeline": after["timeline"],
            "lsn": after["lsn"],
            "to_do": [
                f"point the applications to {standby} ({way.host or 'its socket'}:{way.port or 5432})",
                f"name {standby} as the primary in the catalog",
                REJOIN.format(old=service, new=standby, host=way.host, port=way.port or 5432),
            ],
        }
        return {"changed": True, "after": told, "incident_show": self.shown}

    def _as_planned(self, standby: str) -> dict[str, Any]:
        """The very server that was decided about, which still waits and receives nothing."""
        found = self.node(standby)
        node = found["node"]
        if node is None:
            raise refused(f"{standby} does not answer any more: {found['refused']['message']}")
        if not node["in_recovery"]:
            raise refused(f"{standby} takes writes already")
        if node["system"] != self.arguments["system"]:
            raise refused(f"{standby} is another cluster than the one that was decided about")
        if cluster.receiving(node):
            raise refused(f"{standby} receives again: its primary lives")
        if (node["position"] or 0) < self.arguments["position"]:
            raise refused(f"{standby} has less than it had when it was decided about")
        if node["paused"]:
            raise refused(f"the replay of {standby} is paused")
        return dict(node)

    def _by_who_may(
        self, run: incident.Run, service: str, standby: str, purpose: str, ask: Any
    ) -> Any:
        """pg_promote() wants a superuser, or one to whom it was granted."""
        with self.unrecovered(f"{standby} was not promoted"):
            try:
                return self._asked(standby, self.normal_way(standby), ask)
            except Refused as error:
                way = self.other_way(standby, "admin")
                if way is None or error.refusal.reason not in CAUSES:
                    raise
            told = f"{purpose} ({standby})"
            run.write(
                "break_glass", {"purpose": told, "way": f"{way.via}, user {way.user}"}, service
            )
            self.shown.append({"kind": "break_glass", "service": service, "purpose": told})
            return self._asked(standby, way, ask)

    def _asked(self, standby: str, way: Way, ask: Any) -> Any:
        return ask(way, self.executor(standby, way))

    def _writes(
        self,
        run: incident.Run,
        service: str,
        standby: str,
        before: dict[str, Any],
        promoted: bool,
    ) -> dict[str, Any]:
        found = self.node(standby)["node"]
        if not promoted or found is None or found["in_recovery"]:
            raise Stop(
                f"unrecovered: {standby} was told to take over and does not take writes yet; look at its log. "
                f"{service} is fenced",
                "unrecovered",
            )
        if found["timeline"] != before["timeline"] + 1:
            raise Stop(
                f"unrecovered: {standby} is on timeline {found['timeline']}, expected was "
                f"{before['timeline'] + 1}: somebody else promoted a server, too",
                "unrecovered",
            )
        self._by_who_may(run, service, standby, "try a write", client.write_test)
        return dict(found)


def refused(why: str) -> Stop:
    return Stop(f"refused: {why}", "refused")

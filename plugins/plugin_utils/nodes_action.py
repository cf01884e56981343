# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions share that ask all servers of a PostgreSQL cluster."""

from __future__ import annotations

from functools import partial
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refusal, Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.postgresql_action import (
    PostgresqlAction,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.shares_action import machine_of

ELSEWHERE = (
    "it is on another machine and its entry says via: exec; its primary's runbook asks it from the "
    "control node: give it via: tcp"
)


class NodesAction(PostgresqlAction):
    def node(self, service: str) -> dict[str, Any]:
        """A server as it tells itself; a refusal is an answer, too."""
        try:
            document = self.asked(service, self.normal_way(service))
        except Refused as error:
            return {"refused": vars(error.refusal), "node": None}
        return {"refused": None, "node": document}

    def asked(self, service: str, way: Way) -> dict[str, Any]:
        document = client.read(way, ["node"], {}, self.executor(service, way))
        return dict(document["node"])

    def executor(self, service: str, way: Way) -> client.Executor:
        """Where the server lives, as far as this host's own connection leads there."""
        if way.via == "exec" and not self._leads_to(service):
            raise Refused(Refusal("not_from_here", ELSEWHERE))
        return partial(self.executed, service)

    def _leads_to(self, service: str) -> bool:
        if self.entry(service)["platform"] == "kubernetes":
            return True
        hostvars = self.task_vars["hostvars"]
        here = machine_of(self.host, hostvars[self.host])
        return all(machine_of(host, hostvars[host]) == here for host in self.hosts_of(service))

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions share that find out which hosts lead to the same place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import catalog, shares
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import platform
from ansible_collections.oncall.runbooks.plugins.module_utils.triage import kinds
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RunbookAction


class SharesAction(RunbookAction):
    def leading(self, host: str, service: str) -> shares.Host:
        """Where a host leads to, for one of its services."""
        entry = self.entry(service)
        name, kind = entry["platform"], kinds.of(entry)
        return shares.Host(
            name=host,
            service=service,
            platform=name,
            place=platform(name).place(catalog.section(entry)),
            machine=machine_of(host, self.task_vars["hostvars"][host]),
            asked_from_host=(entry.get("health") or {}).get("from") == "host",
            server=shares.SERVERS.get(entry["kind"], "") if kind else "",
            probes=kind.probes if kind else (),
        )


def machine_of(host: str, variables: Mapping[str, Any]) -> str:
    """What the connection leads to: several services of a catalog may be on one machine."""
    connection = str(variables.get("ansible_connection") or "ssh").rpartition(".")[2]
    if connection == "local":
        return "this machine"
    address = str(variables.get("ansible_host") or host)
    port = variables.get("ansible_port")
    return f"{address}:{port}" if port else address

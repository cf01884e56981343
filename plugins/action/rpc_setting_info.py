# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.chain import entry as chains
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.plugin_utils.chain_action import ChainAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION


class ActionModule(ChainAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION, "endpoint": {"type": "int"}}

    def act(self) -> dict[str, Any]:
        """The plan names a node by its number, because its address may hold a key."""
        service = self.this_run().services[self.host]
        path = f"runbooks_services.{service}.rpc"
        variable = chains.rpc(path, self.entry(service).get("rpc")).variable
        number, known = self.arguments["endpoint"], self.nodes(service)
        if number is None:
            return {"changed": False, "environment": {variable: None}}
        if not 0 <= number < len(known):
            raise InputError(
                f"{path}.nodes: the catalog changed meanwhile, and has no node {number + 1} any more; "
                "allowed is to run this again; for example without the old plan"
            )
        return {"changed": False, "environment": {variable: known[number][1]}}

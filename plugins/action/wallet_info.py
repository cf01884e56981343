# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import time
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.chain.thresholds import limits
from ansible_collections.oncall.runbooks.plugins.module_utils.ton import wallets
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.client import Client, Problem
from ansible_collections.oncall.runbooks.plugins.plugin_utils.chain_action import (
    ChainAction,
    best_first,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION

KEPT = "wallets"


class ActionModule(ChainAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION, "chain": {"type": "dict", "required": True}}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        wallet = self.wallet(service)
        reading: dict[str, Any] = {
            "refused": None, "wallets": [], "contract": None,
            "floor_nano": wallet.floor_nano, "jetton_floor": wallet.jetton_floor,
        }  # fmt: skip
        client = self.client(wallet.ton, service)
        try:
            most_s = limits(run.inputs[service])[1]
            client = best_first(client, self.arguments["chain"]["nodes"], most_s)
            api, wanted = wallet.ton.api, wallet.addresses
            reading["wallets"] = wallets.read(client, wanted, api, wallet.jetton)
            self._tell_of_progress(run, service, reading["wallets"])
            reading["contract"] = self._contract(client, wallet.contract, api)
        except Problem as failed:
            reading["refused"] = failed.told()
        reading["requests"] = client.counted.requests
        return {"changed": False, "reading": reading, "incident_show": self.shown}

    def _tell_of_progress(
        self, run: incident.Run, service: str, told: list[dict[str, Any]]
    ) -> None:
        """Beside the first look of this run, whenever that is news."""
        seqnos, now = wallets.seqnos(told), time.time()
        first = self.so_far(run, KEPT) or {"at": now, "seqnos": seqnos, "sent": 0}
        sent = wallets.sent_since(first["seqnos"], seqnos)
        if sent > first["sent"]:
            text = f"messages that the wallets sent within {now - first['at']:.0f} s, by their seqno: {sent}"
            self.progress(run, service, text)
        self.go_on(run, KEPT, {**first, "sent": sent}, done=False)

    def _contract(self, client: Client, asked: Any, api: str) -> dict[str, Any] | None:
        if asked is None:
            return None
        try:
            return wallets.getter(client, asked[0], asked[1], api)
        except Problem as failed:
            return {"refused": failed.told(), "method": asked[1], "exit_code": None, "ok": False}

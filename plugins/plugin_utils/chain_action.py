# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions about a chain share: the client with its key, read here and now, and the nodes of a service."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.chain import entry as chains
from ansible_collections.oncall.runbooks.plugins.module_utils.chain import inside, nodes
from ansible_collections.oncall.runbooks.plugins.module_utils.health import http
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.ton import network
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.client import (
    Client,
    Problem,
    problem,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction

# Of one reading of a service; a verification reads many times.
BUDGET_S = 30.0
EACH_S = 5


class ChainAction(PlatformAction):
    def wallet(self, service: str) -> chains.Wallet:
        return chains.wallet(
            f"runbooks_services.{service}.wallet", self.entry(service).get("wallet")
        )

    def client(self, asked: chains.Ton, service: str) -> Client:
        run = self.this_run()
        return Client(
            list(asked.endpoints), asked.key, BUDGET_S, asked.per_second,
            progress=partial(self.progress, run, service), sleep=partial(self.stay, run),
        )  # fmt: skip

    def nodes(self, service: str) -> list[tuple[chains.Node, str]]:
        """Each endpoint that a service may use, the first choice first."""
        entry = self.entry(service)
        if entry.get("wallet") is not None:
            asked = self.wallet(service).ton
            node = chains.Node("toncenter", asked.endpoints, asked, None, "", "", "controller")
            return [(node, endpoint) for endpoint in node.endpoints]
        return [
            (node, one) for node in map(self._node, self._names(service)) for one in node.endpoints
        ]

    def _names(self, service: str) -> list[str]:
        entry = self.entry(service)
        if entry.get("rpc") is not None:
            return list(chains.rpc(f"runbooks_services.{service}.rpc", entry["rpc"]).nodes)
        if entry["kind"] == "chain_node":
            return [service]
        raise InputError(
            f"runbooks_services.{service}.rpc: not given; allowed is which nodes it uses; "
            f"for example {chains.RPC_EXAMPLE}"
        )

    def _node(self, name: str) -> chains.Node:
        entry = self.entry(name)
        return chains.chain_node(f"runbooks_services.{name}.chain_node", entry.get("chain_node"))

    def node_readings(self, service: str) -> list[dict[str, Any]]:
        return nodes.judged([self._read(service, *one) for one in self.nodes(service)])

    def _read(self, service: str, node: chains.Node, endpoint: str) -> dict[str, Any]:
        if node.ton:
            client = self.client(node.ton, service)
            return network.node(client, endpoint, node.ton.network, node.ton.api, time.time())
        ask = partial(self._ask_inside, service) if node.place == "inside" else _ask
        return nodes.read(node, endpoint, ask, time.time())

    def _ask_inside(self, service: str, url: str, data: str) -> Mapping[str, Any]:
        try:
            done = self.inside(service, inside.COMMAND, inside.program(url, data, EACH_S))
        except Unreachable:
            said = "nobody could be asked where the service lives"
            raise problem("unreachable", url, said) from None
        return inside.answer(url, done)


def _ask(url: str, data: str) -> Mapping[str, Any]:
    headers = {"Content-Type": "application/json"} if data else {}
    statuses = list(http.REDIRECTS)
    return http.fetch(url, statuses, EACH_S, "POST" if data else "GET", data, headers)


def best_first(client: Client, told: Sequence[Mapping[str, Any]], most_s: float) -> Client:
    """Only those endpoints whose answers count."""
    chosen = network.usable([dict(one) for one in told], most_s)
    if not chosen:
        said = "no node is fresh and of the right network, so nothing is known"
        raise Problem("no_node", said)
    return client.on(*(client.endpoints[number] for number in chosen))

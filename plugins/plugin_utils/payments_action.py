# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The payments of a service, held against the chain: for the probe, and again right before a change."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import catalog
from ansible_collections.oncall.runbooks.plugins.module_utils.chain import environment
from ansible_collections.oncall.runbooks.plugins.module_utils.chain import payments as book
from ansible_collections.oncall.runbooks.plugins.module_utils.chain.thresholds import limits
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.ton import transactions
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.client import Problem
from ansible_collections.oncall.runbooks.plugins.plugin_utils.chain_action import (
    ChainAction,
    best_first,
)

EXAMPLE = "commands: {payments: [npm, run, 'payments:list']}"


class PaymentsAction(ChainAction):
    def payments(self, service: str, told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        reading: dict[str, Any] = {
            "reason": "unreadable", "message": "", "groups": {name: [] for name in book.GROUPS},
            "waiting": 0, "environment": self._environment(service),
        }  # fmt: skip
        try:
            found = self._listed(service)
            looked_up = self._looked_up(service, found, told)
        except (book.Unreadable, Unreachable) as error:
            return {**reading, "message": str(error)}
        except Problem as failed:
            message = f"what became of the payments cannot be looked up: {failed.message}"
            return {**reading, "reason": "no_node", "message": message}
        waiting = sum(one["status"] == "new" for one in found)
        return {**reading, "groups": book.numbers(looked_up), "waiting": waiting}

    def _listed(self, service: str) -> list[book.Payment]:
        argv = (self.entry(service).get("commands") or {}).get("payments")
        if not argv:
            raise book.Unreadable(
                "the catalog has no command that lists the payments; "
                f"for example runbooks_services.{service}.{EXAMPLE}"
            )
        done = self.inside(service, shlex.join(argv))
        return book.told(done.rc, done.stdout)

    def _looked_up(
        self, service: str, found: Sequence[book.Payment], told: Sequence[Mapping[str, Any]]
    ) -> list[book.Payment]:
        since = book.since(found)
        if since is None:
            return []
        wallet, run = self.wallet(service), self.this_run()
        most_s = limits(run.inputs[service])[1]
        client = best_first(self.client(wallet.ton, service), told, most_s)
        arrived: list[dict[str, Any]] = []
        complete = True
        waiting: list[dict[str, Any]] = []
        # First what waits: what is in neither would otherwise be in between.
        if wallet.ton.api == "v3":
            waiting = transactions.pending(client, wallet.addresses)
        for account in wallet.addresses:
            more, whole = transactions.sent_since(client, account, since, wallet.ton.api)
            arrived, complete = [*arrived, *more], complete and whole
        # What the node does not have yet may be in a block: its own age is added to the wait.
        behind = max((one["age_s"] or 0.0 for one in told if not one["refused"]), default=0.0)
        return book.judged(found, arrived, complete, waiting, time.time() - behind)

    def _environment(self, service: str) -> dict[str, bool]:
        """Names, and whether they are set; a value is never read."""
        names, entry = self.wallet(service).environment, self.entry(service)
        platform, section = entry["platform"], catalog.section(entry)
        if not names or platform not in environment.PLATFORMS:
            return {}
        try:
            done = self.inside(service, environment.which_are_set(platform, section, names))
        except Unreachable:
            return {}
        there = done.stdout.split()
        return {} if done.rc else {name: name in there for name in names}

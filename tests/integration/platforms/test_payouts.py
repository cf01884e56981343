# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""LabelMint's payouts, with its own inventory: a ledger in its PostgreSQL, and a chain that counts what arrived."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import drill
from ansible_collections.oncall.runbooks.tests.integration.platforms import projects
from ansible_collections.oncall.runbooks.tests.integration.scenarios.places.place import Product
from ansible_collections.oncall.runbooks.tests.lab import engine, lab, toncenter
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

pytestmark = pytest.mark.slow
OURS, NANO = f"0:{'a1' * 32}", 10**9
GIVEN = {"service": "payouts", "hold_seconds": 0, "timeout_seconds": 120}
SERVICES = ("db", "redis", "worker")
LEDGER = "SELECT json_agg(payouts ORDER BY added) FROM payouts"


@dataclass
class LabelMint:
    project: lab.Project
    site: Product
    chain: toncenter.Server

    def npm(self, *words: str) -> str:
        return self.project.execute("worker", "npm", "run", *words).strip()

    def ledger(self) -> list[dict[str, Any]]:
        """As PostgreSQL has it, not as the application says."""
        told = self.project.execute(
            "db", "psql", "-U", "labelmint", "-d", "labelmint", "-Atc", LEDGER
        )
        return list(json.loads(told.strip() or "[]"))

    def statuses(self) -> list[str]:
        return [one["status"] for one in self.ledger()]

    def snapshot(self) -> tuple[Any, ...]:
        lives = [projects.identity(self.project, name) for name in SERVICES]
        return lives, self.ledger(), self.npm("payments:status"), len(self.chain.chain.transactions)

    def run(self, *options: str) -> Any:
        done = self.site.run("payment_failure", "-e", json.dumps(GIVEN), *options, timeout=600)
        assert done.report, done.stdout + done.stderr
        drill.proven(done, [*self.chain.keys])
        return done

    def unchanged(self, outcome: str, *options: str) -> Any:
        before = self.snapshot()
        done = self.run(*options)
        assert self.snapshot() == before and not done.report["changes"]
        assert done.outcome == outcome, done.stdout + done.stderr
        return done


@pytest.fixture
def labelmint(tmp_path: Path) -> Iterator[LabelMint]:
    chain = toncenter.Server(toncenter.Chain(), {}, limited=False)
    chain.chain.accounts[OURS] = toncenter.Account(balance=1000 * NANO)
    with (
        toncenter.serve(chain, engine.address()) as url,
        lab.compose_project("labelmint", *SERVICES, TON_URL=url, WALLET=OURS) as project,
    ):
        where = project.inventory(tmp_path / "where", addresses=[OURS], endpoints=[url])
        key = (project.folder / "toncenter.api_key").read_text().strip()
        chain.keys[key] = "mainnet"
        yield LabelMint(project, Product(where, tmp_path / "state", "labelmint"), chain)


def test_payouts_that_are_stuck_are_settled(labelmint: LabelMint) -> None:
    """TN07: the chain took one, the answer was cut off, and the next waits behind it. In four passes."""
    labelmint.unchanged("healthy")
    labelmint.chain.faults = {"sendBocReturnHash": ["reset_after"]}
    for number in (1, 2):
        words = ("payments", "add", f"p-{number}", f"0:{number:064x}", str(3 * NANO))
        labelmint.project.execute("worker", "shop", *words)
    wait_for("nobody knows", lambda: labelmint.statuses() == ["unknown", "new"], 30)
    wait_for("it arrives", lambda: labelmint.chain.chain.paid("p-1") == 1, 30)
    labelmint.chain.faults = {}

    checked = labelmint.unchanged("planned", "--check")
    assert checked.finding("payments")["reason"] == "unreconciled"
    before = labelmint.snapshot()[0]
    done = labelmint.run()
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    made = [one["action"] for one in done.report["changes"]]
    assert made == ["pause_processing", "reconcile_payments", "resume_payouts"]
    wait_for("the next goes", lambda: labelmint.statuses() == ["paid", "paid"], 30)
    assert [labelmint.chain.chain.paid(name) for name in ("p-1", "p-2")] == [1, 1]
    assert labelmint.snapshot()[0] == before
    labelmint.unchanged("healthy")

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A payment service on each platform, whose books are kept where it lives, and a chain that counts what arrived."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration import payments_house
from ansible_collections.oncall.runbooks.tests.integration.faults import drill
from ansible_collections.oncall.runbooks.tests.integration.payments_house import KEY, OURS
from ansible_collections.oncall.runbooks.tests.integration.platforms.programs import (
    FILES,
    GROUNDS,
    STATE,
    Ground,
    Program,
    Service,
)
from ansible_collections.oncall.runbooks.tests.lab import engine, lab, payments, toncenter
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

pytestmark = pytest.mark.slow
harness = sys.modules["oncall_harness"]
BOOKS = ("python3", f"{FILES}/payments.py")
# Its books outlive a restart; the page is for a platform that wants to be told that it is ready.
STARTED = (
    f"mkdir -p {STATE}/page && touch {STATE}/page/health && "
    f"(python3 -m http.server --directory {STATE}/page $PORT & ) && "
    f'{{ [ -f {STATE}/books.json ] || {" ".join(BOOKS)} make --dir {STATE} --url "$CHAIN" --wallet {OURS}; }} && '
    f"exec {' '.join(BOOKS)} run --dir {STATE}"
)
GIVEN = {"service": "payouts", "hold_seconds": 0, "timeout_seconds": 20}


@dataclass(kw_only=True)
class House(payments_house.House):
    ground: Ground
    service: Service

    def command(self, verb: str, *words: str) -> list[str]:
        return [*BOOKS, verb, "--dir", STATE, *words]

    def call(self, verb: str, *words: str) -> str:
        return self.ground.inside(self.service, shlex.join(self.command(verb, *words))).strip()

    def run(self, *options: str, **given: Any) -> Any:
        how = {"commands": self.commands(), "wallet": self.wallet()}
        entry = self.ground.entry(self.service, "wallet", **how)
        site = harness.make_site(self.folder / "site", {"payouts": entry}, self.ground.settings)
        done = site.run("payment_failure", "-e", json.dumps({**GIVEN, **given}), *options)
        assert done.report, done.stdout + done.stderr
        drill.proven(done, [KEY])
        return done

    def unchanged(self, *options: str) -> Any:
        before = self.ground.lives(self.service), self.call("list"), self.call("status")
        done = self.run(*options)
        after = self.ground.lives(self.service), self.call("list"), self.call("status")
        assert after == before and not done.report["changes"]
        return done


@pytest.fixture(scope="module", params=GROUNDS)
def house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("payments")
    files = folder / "files"
    files.mkdir()
    shutil.copy(Path(payments.__file__), files)
    state = payments_house.chain()
    with GROUNDS[request.param](folder) as ground, toncenter.serve(state, engine.address()) as url:
        service = ground.start("payer", Program(("sh", "-c", STARTED), {"CHAIN": url}, files))
        made = House(ground=ground, service=service, state=state, url=url, folder=folder)
        wait_for("it keeps books", lambda: lab.get(f"{service.url}/health", 1)[0] == 200)
        yield made


def actions(done: Any) -> list[str]:
    return [one["action"] for one in done.report["changes"]]


def test_a_payment_of_which_nobody_knows_the_end(house: House) -> None:
    """TN07: the chain took it, and the answer was cut off. In four passes."""
    healthy = house.unchanged()
    assert (healthy.rc, healthy.outcome) == (0, "healthy"), healthy.stdout + healthy.stderr
    house.state.faults = {"sendBocReturnHash": ["reset_after"]}
    house.add("p-1")
    house.until("unknown")
    house.state.faults = {}
    checked = house.unchanged("--check")
    assert checked.outcome == "planned", checked.stdout
    assert checked.finding("payments")["reason"] == "unreconciled"
    before = house.ground.lives(house.service)
    done = house.run()
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    assert actions(done) == ["pause_processing", "reconcile_payments", "resume_payouts"]
    assert (house.call("status"), house.paid()) == ("running", [1])
    assert house.statuses() == {"p-1": "paid"}
    assert house.ground.lives(house.service) == before
    again = house.unchanged()
    assert again.outcome == "healthy", again.stdout


def test_a_worker_that_was_killed_is_started(house: House) -> None:
    if house.ground.platform == "kubernetes":
        pytest.skip("a Deployment starts its pods itself")
    house.ground.end(house.service)
    done = house.run()
    # One that failed has a state of its own to get out of.
    action = {"compose": "start_service", "systemd": "restart_service"}[house.ground.platform]
    assert (done.outcome, actions(done)) == ("recovered", [action]), done.stdout
    house.add("p-2")
    house.until("paid")
    assert set(house.paid()) == {1}

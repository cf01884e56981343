# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Payouts that fail, with a payment service that keeps books and a chain that counts what arrived."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration import payments_house
from ansible_collections.oncall.runbooks.tests.integration.payments_house import KEY, OURS
from ansible_collections.oncall.runbooks.tests.integration.robustness import rig
from ansible_collections.oncall.runbooks.tests.lab import payments, toncenter

harness = sys.modules["oncall_harness"]
FAST = ("-e", "hold_seconds=0", "-e", "timeout_seconds=3")


@dataclass(kw_only=True)
class House(payments_house.House):
    """Its service is a program of this machine, told by commands of the catalog to start and stop."""

    @property
    def books(self) -> Path:
        return self.folder / "payments"

    def call(self, verb: str, *words: str) -> str:
        command = self.command(verb, *words)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def command(self, verb: str, *words: str) -> list[str]:
        return [sys.executable, str(payments.__file__), verb, "--dir", str(self.books), *words]

    def entry(self, **more: Any) -> dict[str, Any]:
        verbs = {verb: self.command(verb) for verb in ("start", "stop", "restart")}
        return {
            "kind": "wallet",
            "platform": "command",
            "command": {"status": self.command("alive"), **verbs},
            "commands": self.commands(),
            "wallet": self.wallet(**more),
        }

    def tells_no_key(self, done: Any) -> None:
        """In no output, no journal, no report, no evidence; and in no address that was asked for."""
        kept = [path.read_text(errors="replace") for path in rig.written(done.state)]
        assert not [text for text in (done.stdout, done.stderr, *kept) if KEY in text]
        assert not [one for one in self.state.seen if KEY in one["path"]]
        assert [one for one in self.state.seen if one["key"] == KEY], "it was used"

    def site(self, **more: Any) -> Any:
        return harness.make_site(self.folder, {"payments": self.entry(**more)})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    state = payments_house.chain()
    with toncenter.serve(state) as url:
        made = House(folder=tmp_path, state=state, url=url)
        made.call("make", "--url", url, "--wallet", OURS)
        made.call("start")
        yield made
        made.call("stop")


def findings(done: Any) -> list[str]:
    assert done.report, done.stdout + done.stderr
    return [one["reason"] for one in done.report["findings"] if one["severity"] != "ok"]


def plan(done: Any) -> list[tuple[str, str]]:
    return [(one["action"], one["status"]) for one in done.report["plan"]]


def test_a_payment_of_which_nobody_knows_the_end(house: House) -> None:
    """TN07: the chain took it, and the answer was cut off. In four passes."""
    site = house.site()
    healthy = site.run("payment_failure", *FAST)
    assert (healthy.rc, healthy.outcome) == (0, "healthy"), healthy.stdout + healthy.stderr
    house.state.faults = {"sendBocReturnHash": ["reset_after"]}
    house.add("p-1")
    house.until("unknown")
    house.state.faults = {}
    rig.wait_for(lambda: house.paid() == [1])
    before = house.books.joinpath("books.json").read_text()
    checked = site.run("payment_failure", *FAST, "--check")
    assert (checked.outcome, findings(checked)) == ("planned", ["unreconciled"]), checked.stdout
    assert house.books.joinpath("books.json").read_text() == before
    done = site.run("payment_failure", *FAST)
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    assert [one["action"] for one in done.report["changes"]] == [
        "pause_processing", "reconcile_payments", "resume_payouts",
    ]  # fmt: skip
    assert [one["status"] for one in done.report["changes"]] == ["reverted", "made", "made"]
    house.tells_no_key(done)
    assert (house.call("status"), house.statuses(), house.paid()) == (
        "running",
        {"p-1": "paid"},
        [1],
    )
    again = site.run("payment_failure", *FAST)
    assert (again.outcome, again.report["changes"]) == ("healthy", [])


def test_the_chain_cannot_be_asked_and_then_can(house: House) -> None:
    """TN02, TN03."""
    site = house.site()
    house.state.faults = {"*": ["504"]}
    down = site.run("payment_failure", *FAST)
    assert down.outcome == "unrecovered" and "liteserver_timeout" in findings(down)
    (change,) = down.report["changes"]
    assert (change["action"], change["status"], house.call("status")) == (
        "pause_processing",
        "made",
        "paused",
    )
    assert change["expires_at"] and change["undo"]["how"]["on_expiry"] == "page"
    waits = site.run("payment_failure", *FAST)
    assert plan(waits) == [("resume_payouts", "refused")] and house.call("status") == "paused"
    house.state.faults = {}
    healed = site.run("payment_failure", *FAST)
    assert (healed.rc, healed.outcome, house.call("status")) == (0, "recovered", "running"), (
        healed.stdout
    )
    assert site.run("payment_failure", *FAST).outcome == "healthy"


def test_a_stale_node(house: House) -> None:
    """TN05: all of its answers have status 200."""
    house.state.stale_s = 600
    stale = house.site().run("payment_failure", *FAST)
    assert "stale" in findings(stale) and house.call("status") == "paused"


def test_a_pause_that_a_person_made_stays(house: House) -> None:
    site = house.site()
    house.call("pause")
    done = site.run("payment_failure", *FAST)
    assert (done.outcome, plan(done)) == ("attention", [("resume_payouts", "not_needed")])
    assert house.call("status") == "paused"
    house.call("resume")
    asked = site.run("pause_processing", "-e", "mode=pause", *FAST)
    assert asked.outcome == "done", asked.stdout + asked.stderr
    assert plan(site.run("payment_failure", *FAST)) == [("resume_payouts", "not_needed")]
    assert house.call("status") == "paused", "also one that a person made with our own playbook"


@pytest.mark.parametrize(
    ("fault", "reason"), [({"*": ["html"]}, "bad_answer"), (None, "network_mismatch")]
)
def test_nothing_is_done_on_what_cannot_be_believed(house: House, fault: Any, reason: str) -> None:
    """TN06, TN08."""
    site = house.site()
    if fault:
        house.state.faults = fault
    else:
        house.state.chain.global_id = -3
    before = house.books.joinpath("books.json").read_text()
    done = site.run("payment_failure", *FAST)
    assert done.outcome == "refused" and reason in findings(done)
    assert house.books.joinpath("books.json").read_text() == before
    assert not [one for one in house.state.seen if "sendBoc" in one["path"]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "frozen"}, "frozen"),
        ({"balance": 5}, "below_floor"),
        ({"suspended": True}, "suspended"),
    ],
)
def test_a_wallet_that_cannot_pay(house: House, change: dict[str, Any], reason: str) -> None:
    for name, value in change.items():
        setattr(house.state.chain.accounts[OURS], name, value)
    done = house.site().run("payment_failure", *FAST)
    assert reason in findings(done) and house.call("status") == "paused"


def test_a_worker_that_is_down_is_started(house: House) -> None:
    house.call("stop")
    done = house.site().run("payment_failure", *FAST)
    assert (done.outcome, [one["action"] for one in done.report["changes"]]) == (
        "recovered",
        ["start_service"],
    )
    house.add("p-1")
    house.until("paid")


def lose(house: House) -> None:
    """Sent long ago, and never taken: what a message has that expired on its way."""
    with_books = json.loads(house.books.joinpath("books.json").read_text())
    for one in with_books["payments"]:
        one.update(
            status="unknown", sent_at=int(time.time()) - 200, valid_until=int(time.time()) - 100
        )
    house.books.joinpath("books.json").write_text(json.dumps(with_books))


def test_what_is_lost_is_sent_again_only_when_a_person_says_so(house: House) -> None:
    site = house.site()
    house.call("stop")
    house.add("p-1", "p-2")
    lose(house)
    house.call("start")
    first = site.run("payment_failure", *FAST)
    assert "unreconciled" in findings(first), "the books do not know yet that they are lost"
    asks = site.run("payment_failure", *FAST)
    assert asks.outcome == "refused" and ("process_payments", "needs_approval") in plan(asks)
    assert house.paid() == [0, 0]
    unnamed = site.run("payment_failure", *FAST, "-e", "approve=process_payments")
    assert unnamed.report is None and unnamed.rc != 0, "a destructive approval names its target"
    approved = ("-e", "approve=process_payments@payments")
    done = site.run("payment_failure", *FAST, *approved)
    assert house.paid() == [1, 1], done.stdout + done.stderr
    assert re.search("wallets sent within [0-9]+ s, by their seqno: 2", done.stdout), done.stdout
    last = site.run("payment_failure", *FAST, *approved)
    assert (last.outcome, house.call("status")) == ("recovered", "running"), last.stdout
    assert site.run("payment_failure", *FAST, *approved).outcome == "healthy"
    assert house.paid() == [1, 1]


def cut_off(site: Any, number: int) -> bool:
    """A run that is killed, with all that it started, when its task of that number begins."""
    plan = {"do": "kill all", "when": "start", "number": number}
    process = site.start("payment_failure", *FAST, environment=rig.accident(plan))
    return bool(rig.finish(process)[0] == -signal.SIGKILL)


def said(site: Any, kind: str, action: str) -> bool:
    return any(
        line["data"].get("action") == action
        for lines in rig.journals(site.state).values()
        for line in rig.of_type(lines, kind)
    )


def came_back(house: House, site: Any) -> None:
    """At most two more runs: the first may have found it paused, and the books behind."""
    for _each in range(3):
        done = site.run("payment_failure", *FAST)
        assert done.report, done.stdout + done.stderr
        if done.outcome in ("recovered", "healthy"):
            break
    assert done.outcome in ("recovered", "healthy"), done.stdout
    assert house.call("status") == "running"


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_killed_anywhere_nothing_is_paid_twice(house: House) -> None:
    """TN04: at each task of a run that pauses, reconciles and resumes; and TN07 each time."""
    site = house.site()
    number, killed = 2, True
    while killed:
        house.state.faults = {"sendBocReturnHash": ["reset_after", ""]}
        house.add(*(f"p-{number}-{each}" for each in range(4)))
        rig.wait_for(lambda: "unknown" in house.statuses().values())
        rig.wait_for(lambda: house.paid()[-4] == 1)
        killed = cut_off(site, number)
        if house.call("status") == "paused":
            assert said(site, "change_intended", "pause_processing"), "nothing is paused in silence"
        came_back(house, site)
        house.until("paid")
        number += 1
    assert number > 30, "it was killed at each of its tasks"
    assert len(house.added) >= 100 and set(house.paid()) == {1}
    for incident, lines in rig.journals(site.state).items():
        assert rig.sealed(lines) and rig.open_intents(lines) == set(), incident
        resumed = [
            n for n, line in enumerate(lines) if line["data"].get("action") == "resume_payouts"
        ]
        settled = [
            n for n, line in enumerate(lines) if line["data"].get("action") == "reconcile_payments"
        ]
        assert not resumed or not settled or settled[0] < resumed[0], "nothing goes on unreconciled"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            {"addresses": ["EQDKbjIcfM6ezt8KjKJJLshZJJSqX7XOA4ff-W72r5gqPrHG"]},
            "invalid TON address: checksum",
        ),
        ({"endpoints": ["https://testnet.toncenter.com"]}, "network/endpoint mismatch"),
        ({"floor_nano": 0.1}, "a whole number"),
    ],
)
def test_a_catalog_that_is_wrong(house: House, change: dict[str, Any], why: str) -> None:
    """BI53, BI58, BI59: one line, and nobody was asked anything."""
    done = house.site(**change).run("payment_failure", *FAST)
    assert done.rc != 0 and done.report is None
    assert why in " ".join((done.stdout + done.stderr).split()), done.stdout + done.stderr
    assert not [one for one in house.state.seen if one["key"] == KEY]

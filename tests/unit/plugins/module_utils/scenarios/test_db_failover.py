# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import decision, grading
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import db_failover
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.postgresql.test_cluster import (
    FOLLOWS,
    PRIMARY,
    node,
    silent,
)

FENCED = {"platform": "external", "kind": "postgresql", "commands": {"fence": ["off"]}}
GONE = {"db": silent(), "a": node()}
TWO_GONE = {"db": silent(), "a": node(), "b": node()}
MISSING = {"db": silent(), "a": node(), "b": silent()}
OLDER = {"db": node(in_recovery=False, timeline=3), "a": PRIMARY}
ELSE = {"db": silent(), "a": PRIMARY, "b": FOLLOWS}
SPLIT = {"db": PRIMARY, "a": node(in_recovery=False, timeline=2)}
YES = "promote_replica@a"


def planned(
    nodes: Mapping[str, Any], *approvals: str, catalog: Mapping[str, Any] | None = None
) -> list[decision.Entry]:
    reading = {"primary": "db", "synchronous": [], "nodes": nodes}
    inputs = {"max_lag_kib": 16}
    findings = grading.grade(["postgresql_nodes"], {"postgresql_nodes": reading}, inputs, "db")

    def approved(action: str, target: str = "db") -> bool:
        return action in approvals or f"{action}@{target}" in approvals

    situation = decision.Situation(
        "db",
        FENCED if catalog is None else catalog,
        findings,
        {"postgresql_nodes": reading},
        inputs,
        approved,
    )
    return decision.decide(db_failover.plan(situation), db_failover.ACTIONS, "disruptive", approved)


CASES: list[tuple[str, Mapping[str, Any], tuple[str, ...], str | None, str]] = [
    ("well", {"db": PRIMARY, "a": FOLLOWS}, (), None, ""),
    ("well, and asked for", {"db": PRIMARY, "a": FOLLOWS}, (YES,), "refused", "while one takes writes"),
    ("gone", GONE, (), "needs_approval", "destructive"),
    ("approved", GONE, (YES,), "planned", "approved by name"),
    ("approved for another service", GONE, ("promote_replica@db",), "needs_approval", ""),
    ("the second of two", TWO_GONE, ("promote_replica@b",), "planned", ""),
    ("the one that has less", {**GONE, "b": node(position=101)}, (YES,), "refused", "b has received more"),
    ("one is missing", MISSING, (YES,), "refused", "allow_data_loss@a"),
    ("the loss accepted for another", MISSING, (YES, "allow_data_loss@b"), "refused", ""),
    ("the loss accepted", MISSING, (YES, "allow_data_loss@a"), "planned", ""),
    ("a standby receives", {"db": silent(), "a": FOLLOWS}, (YES,), "refused", "look at the network"),
    ("no proof", {"db": silent(), "a": silent()}, (YES,), "refused", "without proof"),
    ("it speaks", {"db": silent("recovering"), "a": node()}, (YES,), "refused", "db_outage.yml"),
    ("moved", {"db": silent(), "a": PRIMARY}, (), None, ""),
    ("moved, and asked for again", {"db": silent(), "a": PRIMARY}, (YES,), None, ""),
    ("moved, and another asked for", ELSE, ("promote_replica@b",), "refused", "takes writes"),
    ("wrong way round", {"db": FOLLOWS, "a": PRIMARY}, (), "refused", "correct the catalog"),
    ("two write", SPLIT, (), "needs_approval", ""),
    ("two write, and a promotion is approved", SPLIT, (YES,), "needs_approval", ""),
    ("the old one is approved", SPLIT, ("fence_primary@db",), "planned", ""),
    ("two on one timeline", {"db": PRIMARY, "a": PRIMARY}, ("fence_primary@db",), "refused", "by hand"),
    ("the other is the old one", OLDER, ("fence_primary@db",), "refused", "service=a"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("nodes", "approvals", "status", "why"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_plan(
    nodes: Mapping[str, Any], approvals: tuple[str, ...], status: str | None, why: str
) -> None:
    entries = planned(nodes, *approvals)
    assert [entry["status"] for entry in entries] == ([status] if status else [])
    assert all(why in entry["why"] for entry in entries)


def test_what_is_approved_is_named() -> None:
    assert planned(GONE)[0]["approve_with"] == "approve=promote_replica@a"
    assert planned(SPLIT)[0]["approve_with"] == "approve=fence_primary@db"
    assert planned(GONE, YES)[0]["parameters"]["standby"] == "a"


@pytest.mark.parametrize("nodes", [GONE, SPLIT])
def test_what_cannot_be_fenced_is_not_replaced(nodes: Mapping[str, Any]) -> None:
    catalog = {"platform": "command", "kind": "postgresql"}
    (entry,) = planned(nodes, YES, "fence_primary@db", catalog=catalog)
    assert entry["status"] == "refused" and "commands: {fence:" in entry["why"]


@pytest.mark.parametrize(
    ("standbys", "theirs", "said"),
    [
        ([], [], "got nothing"),
        (["db"], [], "both|named as a primary and as a standby"),
        (["a"], ["db"], "named as a primary and as a standby"),
    ],
)
def test_nobody_is_both(standbys: list[str], theirs: list[str], said: str) -> None:
    entries = {
        "db": {"postgresql": {"standbys": standbys}},
        "a": {"postgresql": {"standbys": theirs}},
    }
    with pytest.raises(InputError, match=said):
        db_failover.others("db", entries.__getitem__)


def test_that_it_moved_is_the_proof() -> None:
    found = [
        {"check": "postgresql_nodes", "reason": "moved", "severity": "warn"},
        {"check": "postgresql_nodes", "reason": "waits_for_standby", "severity": "warn"},
    ]
    assert [one["severity"] for one in db_failover.proof(found)] == ["ok", "warn"]

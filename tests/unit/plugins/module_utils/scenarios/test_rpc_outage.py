# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Another node for a time; and whose lag it is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils import (
    service_situations as situations,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.chain_readings import (
    chain,
    mode,
    node,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    change,
    short,
)

BESIDE = ("chain_nodes", "workload", "health", "dependencies", "history")
RPC = {"rpc": {"nodes": ["rpc", "rpc-fallback"], "env": "RPC_URL"}}
GONE = node(refused="timeout")
SWITCH, REFUSED = ("switch_rpc", "planned"), ("switch_rpc", "refused")
HEIGHT = {"message": "", "indexed": 100, "head": 100, "rate": 1.0, "head_rate": 1.0}


def planned(readings: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    given = {"catalog": RPC, **more}
    return situations.planned("rpc_outage", readings, checks=("rpc_in_use", *BESIDE), **given)


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (chain(node(), node()), []),
        (chain(GONE, node()), [SWITCH]),
        (chain(node(600), node()), [SWITCH]),
        (chain(node(right_chain=False), node()), [SWITCH]),
        (chain(node(None, behind=90), node()), [SWITCH]),
        (chain(node(None, behind=9), node()), []),
        (chain(node(syncing=True), node()), [SWITCH]),
        # one in use serves: the others are told of
        (chain(GONE, node(), in_use=1), []),
        (chain(node(), GONE, in_use=1), [SWITCH]),
        (chain(node(), GONE), []),
        # nothing to go to
        (chain(GONE, GONE), [REFUSED]),
        (chain(GONE), [REFUSED]),
        (chain(GONE, node(40)), [REFUSED]),
        # it only limits the rate
        (chain(node(refused="rate_limited"), node()), []),
    ],
)
def test_rpc_outage(reading: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert short(planned({"chain": reading})) == expected


def test_the_plan_holds_no_address() -> None:
    (entry,) = planned({"chain": chain(GONE, node(), in_use=0)})
    assert (entry["parameters"], entry["before"]) == ({"endpoint": 1}, {"endpoint": 0})
    assert (
        entry["undo"]["how"]["parameters"] == {"endpoint": None} and entry["expires_minutes"] == 240
    )


def test_the_node_itself_has_no_other_one() -> None:
    (entry,) = planned({"chain": chain(GONE, node())}, catalog={}, kind="chain_node")
    assert entry["status"] == "refused" and "where it is used" in entry["why"]


def test_where_the_setting_cannot_be_read_our_record_of_it_counts() -> None:
    made = change("switch_rpc", expires_at="2026-11-21T09:00:00.000000Z")
    readings = {"chain": chain(GONE, node()), "history": situations.history(pending=[made])}
    assert short(planned(readings)) == [REFUSED]


def lagging(readings: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    complete = {"chain": chain(node(), node()), "indexer": HEIGHT, "mode": mode(), **readings}
    checks = ("indexer_lag", "rpc_in_use", *BESIDE)
    given = {"catalog": RPC, "checks": checks, **more}
    return short(situations.planned("indexer_lagging", complete, kind="indexer", **given))


RESTART = ("restart_service", "planned")


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ({}, []),
        ({"indexer": {**HEIGHT, "head": 900, "rate": 0.0}}, [RESTART]),
        ({"indexer": {**HEIGHT, "head": 900, "rate": 0.5}}, [RESTART]),
        ({"indexer": {**HEIGHT, "head": 900, "rate": 9.0}}, []),
        ({"indexer": {**HEIGHT, "head": 50, "indexed": 900}}, []),
        ({"indexer": {**HEIGHT, "message": "no number"}}, []),
        # the node's lag, not the worker's
        ({"chain": chain(GONE, node()), "indexer": {**HEIGHT, "head": 900, "rate": 0.0}}, [SWITCH]),
        ({"chain": chain(node(None, behind=99), node())}, [SWITCH]),
        ({"chain": chain(GONE, GONE), "indexer": {**HEIGHT, "head": None}}, [REFUSED]),
        # it is meant to
        (
            {"mode": mode("entered"), "indexer": {**HEIGHT, "head": 900, "rate": 0.0}},
            [("restart_service", "refused")],
        ),
        ({"mode": mode("entered")}, []),
    ],
)
def test_indexer_lagging(readings: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert lagging(readings) == expected


def test_not_again_and_again() -> None:
    restarts = [change("restart_service")] * 3
    stuck = {"indexer": {**HEIGHT, "head": 900, "rate": 0.0}}
    assert lagging({**stuck, "history": situations.history(*restarts)}) == [
        ("restart_service", "refused")
    ]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is taken out of the work of a service, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import instance
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    reading as of_workload,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import drain_traffic
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic.reading import (
    member,
    reading,
    refused,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    planned,
    short,
    workload,
)

CHECKS = ("workload", "health", "history", "traffic")
A = member("a", "in_use", pool="web", address="10.0.0.1:80", healthy=True, load=3, said="UP")
B = member("b", "in_use", pool="web", address="10.0.0.2:80", healthy=True, load=0, said="UP")
SICK = {**B, "healthy": False, "said": "DOWN"}
UNSEEN = {**B, "healthy": None}
OUT = {**B, "state": "drained", "said": "DRAIN"}
ELSEWHERE = {**B, "pool": "api"}


def of_upstream(*members: dict[str, Any], asked: str = "a", **more: Any) -> list[Any]:
    readings = {
        "traffic": reading("haproxy", "its socket", members, more.pop("obstacles", ())),
        "workload": more.pop("workload", workload()),
    }
    return planned("drain_traffic", readings, kind="proxy", checks=CHECKS, upstream=asked, **more)


PLANNED, REFUSED = [("drain_upstream", "planned")], [("drain_upstream", "refused")]
TWO = [instance("gateway-1", "running"), instance("gateway-2", "running")]


@pytest.mark.parametrize(
    ("members", "more", "expected", "says"),
    [
        ([A, B], {}, PLANNED, ""),
        ([A, B], {"asked": "10.0.0.1:80"}, PLANNED, ""),
        ([A, B], {"asked": "web/a"}, PLANNED, ""),
        ([A, B], {"asked": "web/10.0.0.1:80"}, PLANNED, ""),
        # A sick one may go while a well one stays.
        ([SICK, A], {"asked": "b"}, PLANNED, ""),
        ([{**A, "state": "drained", "load": 0}, B], {}, [], ""),
        # It is out, and its sessions have not ended: there is nothing to do but to wait.
        ([{**A, "state": "drained"}, B], {}, [], ""),
        ([A], {}, REFUSED, "would leave 0"),
        ([A, SICK], {}, REFUSED, "would leave 0"),
        ([A, UNSEEN], {}, REFUSED, "would leave 0"),
        ([A, OUT], {}, REFUSED, "would leave 0"),
        ([A, ELSEWHERE], {}, REFUSED, "would leave 0"),
        ([A, B], {"min_healthy": 2}, REFUSED, "min_healthy=2"),
        ([A, B], {"asked": "c"}, REFUSED, "there is no c; known are web/a, web/b"),
        ([A, B, {**A, "pool": "api"}], {}, REFUSED, "a is more than one"),
        ([A, B], {"obstacles": ["its socket may only read"]}, REFUSED, "only read"),
        ([A, B], {"workload": workload(*TWO)}, REFUSED, "runs 2 times"),
    ],
)
def test_a_server(members: list[Any], more: dict[str, Any], expected: list[Any], says: str) -> None:
    entries = of_upstream(*members, **more)
    assert short(entries) == expected
    assert says in " ".join(entry["why"] for entry in entries)


def test_nothing_is_named() -> None:
    assert of_upstream(A, OUT, asked=None) == []  # type: ignore[arg-type]


def test_the_proxy_does_not_answer() -> None:
    silent = refused("haproxy", "its socket", "traffic_unreadable", "its socket does not answer")
    entries = planned(
        "drain_traffic", {"traffic": silent}, kind="proxy", checks=CHECKS, upstream="a"
    )
    assert short(entries) == REFUSED and entries[0]["why"] == "its socket does not answer"


def test_its_way_back() -> None:
    (entry,) = of_upstream(A, B)
    assert entry["undo"]["how"]["action"] == "return_upstream"
    assert entry["undo"]["how"]["parameters"] == {"pool": "web", "upstream": "a"}
    assert (entry["risk"], entry["expires_minutes"]) == ("safe", 60)


def node(name: str, load: int, **more: Any) -> dict[str, Any]:
    return {**member(name, "in_use", healthy=True, load=load, said="ready"), **more}


def pods(*nodes: str, ready: bool = True) -> dict[str, Any]:
    made = [
        instance(f"api-{at}", "running", ready=ready, node=name) for at, name in enumerate(nodes)
    ]
    return of_workload("kubernetes", "shop/api", desired=len(made), instances=made)


def of_node(*members: dict[str, Any], runs: dict[str, Any], **more: Any) -> list[Any]:
    found = reading("kubernetes", "its nodes", members, more.pop("obstacles", ()))
    return planned(
        "drain_traffic", {"traffic": found, "workload": runs}, checks=CHECKS, node="n1", **more
    )


LOST = {"healthy": False, "said": "not ready"}


@pytest.mark.parametrize(
    ("members", "runs", "more", "expected", "says"),
    [
        ([node("n1", 1), node("n2", 1)], pods("n1", "n2"), {}, [("drain_node", "planned")], ""),
        # All of them may be there, as one moves at a time.
        ([node("n1", 2), node("n2", 0)], pods("n1", "n1"), {}, [("drain_node", "planned")], ""),
        ([node("n1", 0), node("n2", 2)], pods("n2", "n2"), {}, [("cordon_node", "planned")], ""),
        # What does not serve costs nothing.
        ([node("n1", 1), node("n2", 0)], pods("n1", ready=False), {}, [("drain_node", "planned")], ""),
        ([node("n1", 1), node("n2", 0)], pods("n1"), {}, [("drain_node", "refused")], "0 would, with 1"),
        ([node("n1", 1), node("n2", 1)], pods("n1", "n2"), {"catalog": {"replicas": {"min": 2}}},
         [("drain_node", "refused")], "-e replicas=3"),
        ([node("n1", 1), node("n2", 1)], pods("n1", "n2"), {"min_healthy": 2}, [("drain_node", "refused")], ""),
        ([node("n1", 1)], pods("n1", "n1"), {"obstacles": ["no other node"]}, [("drain_node", "refused")], "no other"),
        # Of a node that is lost nothing is moved.
        ([node("n1", 2, **LOST), node("n2", 0)], pods("n1", "n1"), {}, [("cordon_node", "planned")], ""),
        ([node("n1", 2, **LOST, state="drained")], pods("n1", "n1"), {}, [], ""),
        ([node("n1", 0, state="drained"), node("n2", 2)], pods("n2", "n2"), {}, [], ""),
        ([node("n2", 2)], pods("n2", "n2"), {}, [("cordon_node", "refused")], "there is no n1"),
    ],
)  # fmt: skip
def test_a_node(
    members: list[Any], runs: Any, more: dict[str, Any], expected: list[Any], says: str
) -> None:
    entries = of_node(*members, runs=runs, **more)
    assert short(entries) == expected
    assert says in " ".join(entry["why"] for entry in entries)


def test_moving_pods_needs_an_approval_and_closing_does_not() -> None:
    def of(load: int) -> tuple[str, str]:
        runs = pods("n1", "n2") if load else pods("n2", "n2")
        (entry,) = of_node(node("n1", load), node("n2", 2), runs=runs, approve_up_to="safe")
        return entry["action"], entry["status"]

    assert of(1) == ("drain_node", "needs_approval")
    assert of(0) == ("cordon_node", "planned")


def test_what_somebody_else_closed_stays_closed() -> None:
    (entry,) = of_node(node("n1", 1, state="drained"), node("n2", 1), runs=pods("n1", "n2"))
    assert (entry["action"], entry["expires_minutes"]) == ("drain_node", None)
    assert "stays so" in entry["undo"]["none"]


def test_one_of_the_two() -> None:
    with pytest.raises(InputError, match="allowed is one of the two"):
        drain_traffic.contradictions({"upstream": "a", "node": "n1"})


def test_what_must_hold_afterwards() -> None:
    def found(check: str, severity: str, reason: str) -> dict[str, Any]:
        return {"check": check, "severity": severity, "reason": reason}

    kept = [found("traffic", "ok", "ok"), found("health", "crit", "timeout")]
    beside = [found("workload", "crit", "node_not_ready"), found("history", "warn", "recurring")]
    assert drain_traffic.proof([*beside, *kept]) == kept
    crash = found("workload", "crit", "crash_loop")
    assert drain_traffic.proof([crash]) == [crash]

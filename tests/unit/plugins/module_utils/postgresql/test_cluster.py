# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import cluster

LIMIT = 1000


def node(**more: Any) -> dict[str, Any]:
    told = {
        "in_recovery": True,
        "system": "7",
        "timeline": 1,
        "lsn": "0/64",
        "position": 100,
        "behind_bytes": 0,
        "paused": False,
        "receiver": None,
        "synchronous_standby_names": "",
        "followers": [],
        **more,
    }
    return {"refused": None, "node": told}


def silent(reason: str = "refused") -> dict[str, Any]:
    return {"refused": {"reason": reason, "message": "no"}, "node": None}


def streams(status: str | None = "streaming") -> dict[str, Any]:
    return {"receiver": {"status": status}}


PRIMARY = node(in_recovery=False)
FOLLOWS = node(**streams())
CASES: list[tuple[str, dict[str, Any], str, tuple[str, ...]]] = [
    ("all is well", {"db": PRIMARY, "a": FOLLOWS}, "ok", ()),
    ("a standby is down", {"db": PRIMARY, "a": silent()}, "standby_lost", ()),
    ("nobody follows", {"db": PRIMARY, "a": node()}, "standby_lost", ()),
    ("paused", {"db": PRIMARY, "a": node(**streams(), paused=True)}, "replica_lag", ()),
    ("behind", {"db": PRIMARY, "a": node(**streams(), behind_bytes=1001)}, "replica_lag", ()),
    ("at the limit", {"db": PRIMARY, "a": node(**streams(), behind_bytes=1000)}, "ok", ()),
    ("it speaks", {"db": silent("starting_up"), "a": node()}, "primary_speaks", ()),
    ("full is not gone", {"db": silent("slots_reserved"), "a": node()}, "primary_speaks", ()),
    ("a wrong password is not gone", {"db": silent("auth_failed"), "a": node()}, "primary_speaks", ()),
    ("a standby receives", {"db": silent(), "a": FOLLOWS}, "partial_partition", ()),
    ("one of two receives", {"db": silent(), "a": node(), "b": FOLLOWS}, "partial_partition", ()),
    ("what is hidden is no proof", {"db": silent(), "a": node(**streams(None))}, "partial_partition", ()),
    ("it looks", {"db": silent("timeout"), "a": node(**streams("starting"))}, "primary_down_promotable", ("a",)),
    ("nobody answers", {"db": silent(), "a": silent()}, "unproven", ()),
    ("nobody else", {"db": silent()}, "unproven", ()),
    ("gone", {"db": silent(), "a": node()}, "primary_down_promotable", ("a",)),
    ("both as far", {"db": silent(), "a": node(), "b": node()}, "primary_down_promotable", ("a", "b")),
    ("one further", {"db": silent(), "a": node(), "b": node(position=101)}, "primary_down_promotable", ("b",)),
    ("the furthest is paused", {"db": silent(), "a": node(), "b": node(position=101, paused=True)}, "replica_lag", ()),
    ("the other one is not", {"db": silent(), "a": node(), "b": node(paused=True)}, "primary_down_promotable", ("a",)),
    ("one is missing", {"db": silent(), "a": node(), "b": silent()}, "data_loss_possible", ("a",)),
    ("it moved", {"db": silent(), "a": PRIMARY}, "moved", ()),
    ("it is a standby", {"db": FOLLOWS, "a": PRIMARY}, "role_mismatch", ()),
    ("nobody writes", {"db": node(), "a": node()}, "role_mismatch", ()),
    ("two write", {"db": PRIMARY, "a": node(in_recovery=False, timeline=2)}, "split_brain_risk", ()),
    ("another cluster", {"db": PRIMARY, "a": node(system="8")}, "other_cluster", ()),
    ("another cluster is never promoted", {"db": silent(), "a": node(), "b": node(system="8")}, "other_cluster", ()),
]  # fmt: skip


def judged(nodes: dict[str, Any], synchronous: tuple[str, ...] = ()) -> cluster.Verdict:
    reading = {"primary": "db", "synchronous": list(synchronous), "nodes": nodes}
    return cluster.judge(reading, LIMIT)


@pytest.mark.parametrize(
    ("nodes", "reason", "candidates"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_judge(nodes: dict[str, Any], reason: str, candidates: tuple[str, ...]) -> None:
    verdict = judged(nodes)
    assert (verdict.reason, verdict.candidates) == (reason, candidates)
    assert verdict.severity == {
        "ok": "ok", "standby_lost": "warn", "moved": "warn",
        "replica_lag": "warn" if nodes["db"]["node"] else "crit",
    }.get(reason, "crit")  # fmt: skip


def test_no_loss_is_only_claimed_of_one_that_commits_waited_for() -> None:
    gone = {"db": silent(), "a": node(), "b": node()}
    assert not judged(gone).lossless and "may be lost" in judged(gone).summary
    waited = judged(gone, ("b",))
    assert waited.lossless and waited.candidates == ("b",)
    ahead = {"db": silent(), "a": node(position=101), "b": node()}
    assert not judged(ahead, ("b",)).lossless
    assert not judged({"db": silent(), "a": node(), "b": silent()}, ("a",)).lossless


@pytest.mark.parametrize(
    ("timelines", "old"), [((1, 2), "db"), ((3, 2), "a"), ((2, 2), "")], ids=str
)
def test_of_two_that_write_the_older_timeline_was_left(
    timelines: tuple[int, int], old: str
) -> None:
    first, second = (node(in_recovery=False, timeline=timeline) for timeline in timelines)
    assert judged({"db": first, "a": second}).old == old

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A primary and its standbys, as each of them tells it: is the primary gone, and who may take its place?

That we cannot reach a primary proves nothing. A standby that receives from it is proof that it lives;
only standbys that say they receive nothing are proof that it is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    UNREACHABLE,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import size

Node = Mapping[str, Any]
# A receiver that is none of these is on its way to one, or looks for somebody to receive from.
RECEIVING = ("streaming", "waiting")


@dataclass(frozen=True)
class Verdict:
    severity: str
    reason: str
    summary: str
    candidates: tuple[str, ...] = ()  # who may be promoted, all as far as any standby
    old: str = ""  # of two that take writes, the one that was left behind
    lossless: bool = False


def judge(reading: Mapping[str, Any], max_lag_bytes: int) -> Verdict:
    primary, answers = reading["primary"], nodes(reading)
    writable = [name for name, node in answers.items() if not node["in_recovery"]]
    if len({node["system"] for node in answers.values()}) > 1:
        told = ", ".join(f"{name} is of {node['system']}" for name, node in answers.items())
        return Verdict("crit", "other_cluster", f"they are copies of different clusters: {told}")
    if len(writable) > 1:
        return split(answers, writable)
    if primary in answers:
        return lives(reading, answers, writable, max_lag_bytes)
    if writable:
        said = f"{writable[0]} takes writes, {primary} is down: name {writable[0]} as the primary in the catalog"
        return Verdict("warn", "moved", said)
    return silent(reading, answers, max_lag_bytes)


def nodes(reading: Mapping[str, Any]) -> dict[str, Node]:
    """Those that answered, in the order of the catalog."""
    return {name: one["node"] for name, one in reading["nodes"].items() if one["node"]}


def split(answers: Mapping[str, Node], writable: Sequence[str]) -> Verdict:
    """Who was promoted last is on the newer timeline."""
    told = ", ".join(f"{name} on timeline {answers[name]['timeline']}" for name in writable)
    by_age = sorted(writable, key=lambda name: answers[name]["timeline"])
    two = len(writable) == 2
    apart = two and answers[by_age[0]]["timeline"] < answers[by_age[1]]["timeline"]
    said = f"{len(writable)} servers take writes: {told}"
    return Verdict("crit", "split_brain_risk", said, old=by_age[0] if apart else "")


def lives(
    reading: Mapping[str, Any],
    answers: Mapping[str, Node],
    writable: Sequence[str],
    max_lag_bytes: int,
) -> Verdict:
    primary = reading["primary"]
    if primary not in writable:
        who = f"{writable[0]} takes writes" if writable else "nobody that answers takes writes"
        said = f"the catalog names {primary} as the primary, but it is a standby; {who}"
        return Verdict("crit", "role_mismatch", said)
    for name in reading["nodes"]:
        node = answers.get(name)
        if node is None:
            return Verdict("warn", "standby_lost", f"{name} does not answer")
        if name != primary and not receiving(node):
            return Verdict("warn", "standby_lost", f"{name} does not receive from {primary}")
        if name != primary and lag(name, node, max_lag_bytes):
            return Verdict("warn", "replica_lag", lag(name, node, max_lag_bytes))
    others = len(answers) - 1
    return Verdict("ok", "ok", f"{primary} takes writes, {others} standbys receive from it")


def silent(reading: Mapping[str, Any], answers: Mapping[str, Node], max_lag_bytes: int) -> Verdict:
    primary = reading["primary"]
    refused = reading["nodes"][primary]["refused"]
    if refused["reason"] not in UNREACHABLE:
        said = f"{primary} is there and refuses: {refused['message']}"
        return Verdict("crit", "primary_speaks", said)
    streaming = [name for name, node in answers.items() if receiving(node)]
    if streaming:
        said = (
            f"{streaming[0]} receives from its primary: only from here {primary} cannot be reached"
        )
        return Verdict("crit", "partial_partition", said)
    if not answers:
        said = (
            f"{primary} does not answer, and no standby answers that could say whether it is gone"
        )
        return Verdict("crit", "unproven", said)
    return gone(reading, answers, max_lag_bytes)


def gone(reading: Mapping[str, Any], answers: Mapping[str, Node], max_lag_bytes: int) -> Verdict:
    primary = reading["primary"]
    furthest = max(node["position"] or 0 for node in answers.values())
    best = tuple(n for n, node in answers.items() if (node["position"] or 0) == furthest)
    ready = tuple(name for name in best if not lag(name, answers[name], max_lag_bytes))
    if not ready:
        said = f"{primary} is gone, and {lag(best[0], answers[best[0]], max_lag_bytes)}"
        return Verdict("crit", "replica_lag", said)
    missing = [name for name in reading["nodes"] if name not in (*answers, primary)]
    at = f"{ready[0]} has received up to {answers[ready[0]]['lsn']}"
    if missing:
        said = f"{primary} is gone; {at}, and {', '.join(missing)}, which may have more, does not answer"
        return Verdict("crit", "data_loss_possible", said, ready)
    synchronous = [name for name in ready if name in reading["synchronous"]]
    if synchronous:
        said = f"{primary} is gone; {at}, and no acknowledged write is lost: commits waited for it"
        return Verdict("crit", "primary_down_promotable", said, tuple(synchronous), lossless=True)
    said = (
        f"{primary} is gone; {at}, as far as any standby; commits did not wait for it, so that "
        "the last ones may be lost"
    )
    return Verdict("crit", "primary_down_promotable", said, ready)


def receiving(node: Node) -> bool:
    """One whose state is not shown to us counts: no data is no proof."""
    receiver = node["receiver"]
    return receiver is not None and (receiver["status"] is None or receiver["status"] in RECEIVING)


def lag(name: str, node: Node, max_lag_bytes: int) -> str:
    """Why it is not ready: what it has received and not replayed yet."""
    if node["paused"]:
        return f"the replay of {name} is paused: SELECT pg_wal_replay_resume() when nobody needs the pause"
    behind = node["behind_bytes"] or 0
    if behind > max_lag_bytes:
        return f"{name} has {size(behind)} still to replay, more than {size(max_lag_bytes)}"
    return ""

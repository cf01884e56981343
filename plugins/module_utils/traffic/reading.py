# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who takes part in the work of a service; the same for a proxy's servers and a cluster's nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# What a server, or a pool of them, may be called: a name, an address, a socket, POOL/NAME.
NAME = r"[A-Za-z0-9_\[./][A-Za-z0-9_.:/\[\]-]{0,254}"
Member = dict[str, Any]
Reading = dict[str, Any]
# What a member is in for, by us or by others. Of what is out for another reason, nothing is ours.
IN_USE, DRAINED, OTHERWISE = "in_use", "drained", "otherwise"


def member(
    name: str,
    state: str,
    *,
    pool: str = "",
    address: str = "",
    healthy: bool | None = None,
    load: int | None = None,
    said: str = "",
) -> Member:
    """`load` is what is still there: open sessions of a server, the service's pods on a node;
    null where nobody counts. `said` is the proxy's own word for its state."""
    return {
        "name": name,
        "pool": pool,
        "address": address,
        "state": state,
        "healthy": healthy,
        "load": load,
        "said": said,
    }


def reading(
    by: str, where: str, members: Iterable[Member], obstacles: Iterable[str] = ()
) -> Reading:
    """`obstacles` say why nothing can be changed, or not this; known before anything is."""
    return {
        "by": by,
        "where": where,
        "refused": None,
        "members": list(members),
        "obstacles": [why for why in obstacles if why],
    }


def refused(by: str, where: str, reason: str, message: str) -> Reading:
    """Nothing is known of who takes part."""
    return {**reading(by, where, ()), "refused": {"reason": reason, "message": message}}


def asked_for(inputs: Mapping[str, Any]) -> str | None:
    found: str | None = inputs.get("upstream") or inputs.get("node")
    return found


def meant(found: Mapping[str, Any], asked: str) -> Sequence[Member]:
    """By its name, its address, or POOL/NAME where several pools have one of that name."""
    return [
        one
        for one in found["members"]
        if asked in (one["name"], one["address"], label(one))
        or (one["address"] and asked == f"{one['pool']}/{one['address']}")
    ]


def label(one: Mapping[str, Any]) -> str:
    return f"{one['pool']}/{one['name']}" if one["pool"] else str(one["name"])

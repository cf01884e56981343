# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which instances of a template run when there should be so many."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError

MOST = 1000


def steps(instances: Sequence[Mapping[str, Any]], unit: str, replicas: int) -> list[dict[str, str]]:
    """`instances` are those of the reading. Those with the lowest numbers stay, free numbers are filled
    from 1 on, and the highest go first: down again is the way back of up."""
    template, pattern, kind = unit.partition("@*")
    if not pattern:
        raise InputError(f"replicas: {unit} is one unit; several are instances of a template")
    if not 1 <= replicas <= MOST:
        raise InputError(f"replicas: got {replicas}; allowed is 1 to {MOST}; for example 2")
    known = {number(one["key"]): one for one in instances}
    free = (n for n in itertools.count(1) if n not in known)
    kept = sorted(known)[:replicas]
    kept += itertools.islice(free, max(0, replicas - len(kept)))
    kind = kind or ".service"
    return [
        *step((f"{template}@{n}{kind}" for n in kept if not runs(known.get(n))), "started"),
        *step((known[n]["key"] for n in sorted(known, reverse=True) if n not in kept), "stopped"),
    ]


def step(units: Iterable[str], state: str) -> list[dict[str, str]]:
    return [{"unit": unit, "state": state} for unit in units]


def runs(one: Mapping[str, Any] | None) -> bool:
    return one is not None and one["state"] in ("running", "starting", "restarting")


def number(unit: str) -> int:
    """`worker@3.service` is the third."""
    name = unit.partition("@")[2].rpartition(".")[0]
    if not name.isdecimal() or str(int(name)) != name:
        raise InputError(
            f"replicas: {unit} is no numbered instance, so nobody knows what the next is called; "
            "start and stop them by name"
        )
    return int(name)

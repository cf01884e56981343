# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does a server of a proxy, or a node, take part in the work of the service, though it should not?

Unasked, all of them should.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic.reading import (
    IN_USE,
    Member,
    asked_for,
    label,
    meant,
)

PROBE = "traffic"
# What cannot be read is not known. The platform's own reason stays.
UNREADABLE = (
    "traffic_unreadable",
    "config_invalid",
    "not_managed",
    "client_missing",
    "host_unreachable",
    "apiserver_unavailable",
    "forbidden",
    "unknown_target",
    "ambiguous_target",
)
REASONS = (*UNREADABLE, "takes_traffic", "draining", "not_well", "out_of_use")
SHOWN = 20


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    refused, asked = reading["refused"], asked_for(inputs)
    if refused:
        return [finding("unknown", refused["reason"], refused["message"])]
    if asked is None:
        return overview(reading["members"])
    found = meant(reading, asked)
    if len(found) != 1:
        known = ", ".join(label(one) for one in reading["members"][:SHOWN]) or "none"
        reason = "ambiguous_target" if found else "unknown_target"
        said = f"{asked} is more than one" if found else f"there is no {asked}"
        return [finding("unknown", reason, f"{said}; known are {known}")]
    return [of_one(found[0])]


def of_one(one: Member) -> Finding:
    said, load = told(one), one["load"]
    if one["state"] == IN_USE:
        return finding("warn", "takes_traffic", f"{said}: it takes part", load)
    # Nobody on a node that is lost confirms that anything is gone.
    if load and one["healthy"] is not False:
        return finding(
            "warn", "draining", f"{said}: it is out, and not everything has left it", load
        )
    return finding("ok", "ok", f"{said}: it is out", load)


def overview(members: list[Member]) -> list[Finding]:
    out = [one for one in members if one["state"] != IN_USE]
    # A lost node that has none of its pods is no matter of this service.
    sick = [
        one
        for one in members
        if one not in out and one["healthy"] is False and (one["pool"] or one["load"])
    ]
    found = []
    if sick:
        said = f"in use, and not well: {several(sick)}; to take one out: -e {option(sick[0])}"
        found.append(finding("warn", "not_well", said, len(sick)))
    if out:
        found.append(finding("warn", "out_of_use", f"out of use: {several(out)}", len(out)))
    return found or [finding("ok", "ok", f"all take part: {several(members)}", len(members))]


def several(members: list[Member]) -> str:
    return "; ".join(told(one) for one in members[:SHOWN])


def option(one: Member) -> str:
    return f"upstream={label(one)}" if one["pool"] else f"node={one['name']}"


def told(one: Member) -> str:
    parts = [
        one["address"] if one["address"] not in ("", one["name"]) else "",
        one["said"],
        f"{one['load']} there" if one["load"] is not None else "",
    ]
    return f"{label(one)} ({', '.join(part for part in parts if part)})"

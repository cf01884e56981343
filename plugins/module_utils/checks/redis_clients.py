# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many connections are left, and who has them? What cannot be read, redis_access tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import (
    Finding,
    against,
    finding,
)

PROBE = "redis"
REASONS = ("idle_clients", "active_clients", "kept_clients", "no_permission")


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None or not document["clients"]["maxclients"]:
        return []
    clients = document["clients"]
    percent = 100 * clients["connected"] / clients["maxclients"]
    severity, threshold = against(percent, inputs)
    reason = "ok" if severity == "ok" else cause(clients)
    return [finding(severity, reason, sentence(clients), round(percent, 1), "percent", threshold)]


def cause(clients: Mapping[str, Any]) -> str:
    """What holds most of the connections."""
    if not clients["listed"]:
        return "no_permission"
    held = {
        "idle_clients": len(clients["endable"]),
        "active_clients": clients["kept"].get("young", 0),
        "kept_clients": sum(n for why, n in clients["kept"].items() if why not in ("own", "young")),
    }
    # At a tie what something can be done about comes first.
    return max(held, key=lambda name: held[name])


def sentence(clients: Mapping[str, Any]) -> str:
    said = f"{clients['connected']} of {clients['maxclients']} connections are used"
    if not clients["listed"]:
        return f"{said}; our user may not list them (ACL: +client|list)"
    parts = [f"{len(clients['endable'])} idle"] if clients["endable"] else []
    parts += [
        f"{number} {why.replace('_', ' ')}"
        for why, number in clients["kept"].items()
        if why != "own"
    ]
    said += f": {', '.join(parts)}" if parts else ""
    if clients["groups"]:
        top = clients["groups"][0]
        said += f"; most by {top['who']} ({top['clients']})"
    return said

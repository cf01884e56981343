# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Raising max_connections: what must hold before, and what to do by hand where nobody here can restart.

Facts: the setting needs a restart; ALTER SYSTEM loses to a command-line option; a hot standby
whose own value is lower stops replaying (PostgreSQL documentation, "Hot Standby: Administrator's
Overview"); a file with an error keeps the server from starting (pg_file_settings).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)

ACTION = "raise_max_connections"
MOST = 10000
# Platforms that the role workload restarts a service on by itself.
MANAGED = ("compose", "kubernetes", "systemd")
# What one more backend takes: its own memory and its share of tables in shared memory, plus one work_mem.
BACKEND_BYTES = 10 * 1024 * 1024


def raise_entry(
    situation: Situation, found: Finding, reading: Mapping[str, Any], enough: bool
) -> Entry:
    document = reading["document"]
    current = document["slots"]["max_connections"]
    target = situation.inputs["max_connections"] or proposal(current)
    summary = f"raise max_connections from {current} to {target}; it restarts the server"
    before = {"max_connections": current}
    undo = {
        "how": {
            "action": ACTION,
            "parameters": {"value": current, "reset": not written_by_alter_system(document)},
            "summary": f"set max_connections to {current} again and restart",
        }
    }

    def entry(status: str, why: str = "") -> Entry:
        parameters = {"value": target, "reset": False}
        return propose(
            ACTION, situation.service, found, summary, status, why, parameters, before, undo
        )

    if enough:
        return entry("not_needed", "ending sessions is enough")
    refused = first_refusal(situation, reading, target)
    return entry("refused", refused) if refused else entry("planned")


def written_by_alter_system(document: Mapping[str, Any]) -> bool:
    """Else the undo takes the line out again, and the value that stood elsewhere counts."""
    return str(document["settings"]["max_connections"].get("sourcefile")).endswith(
        "postgresql.auto.conf"
    )


def proposal(current: int) -> int:
    """Half as many again, in round figures: more costs memory for each, used or not."""
    return min(MOST, current + max(10, (current // 2 + 9) // 10 * 10))


def first_refusal(situation: Situation, reading: Mapping[str, Any], target: int) -> str:
    document = reading["document"]
    tests = (
        lower(document, target),
        fixed_elsewhere(document, target),
        standby_first(situation, document, target),
        broken_files(situation, reading),
        no_memory(reading, document, target),
        by_hand(situation, target),
    )
    return next((why for why in tests if why), "")


def lower(document: Mapping[str, Any], target: int) -> str:
    current = document["slots"]["max_connections"]
    return (
        ""
        if target > current
        else f"max_connections is {current} already; give a higher one, as -e max_connections={proposal(current)}"
    )


def fixed_elsewhere(document: Mapping[str, Any], target: int) -> str:
    setting = document["settings"]["max_connections"]
    if setting["source"] != "command line":
        return ""
    return (
        f"the running value comes from the command line "
        f"(postgres -c max_connections={setting['setting']}), where ALTER SYSTEM cannot win; by hand: "
        f"write {target} where the server is started (command: in the compose file, ExecStart of "
        "the unit, args of the pod, or pg_ctl's options) and restart it"
    )


def standby_first(situation: Situation, document: Mapping[str, Any], target: int) -> str:
    streaming = [
        standby["application_name"] or standby["client_addr"]
        for standby in document["replication"]["standbys"]
    ]
    names = [name for name in streaming if name] or list(
        situation.catalog["postgresql"].get("standbys") or []
    )
    if not names:
        return ""
    return (
        f"a standby follows this server ({', '.join(names)}), and stops replaying when its own "
        f"max_connections is lower; by hand: set {target} on each standby first and restart it, then "
        "on this server"
    )


def broken_files(situation: Situation, reading: Mapping[str, Any]) -> str:
    """Read through the break-glass connection, and only once the raise is approved."""
    configuration = reading["configuration"]
    if configuration is None:
        return ""
    if "refused" in configuration:
        return f"the configuration files cannot be checked: {configuration['refused']['message']}"
    errors = configuration["errors"]
    if not errors:
        return ""
    first = errors[0]
    return (
        f"the server would not start again: {first['sourcefile']} line {first['sourceline']}, "
        f"{first['name']}: {first['error']}; "
        "mend the file and run this again"
    )


def no_memory(reading: Mapping[str, Any], document: Mapping[str, Any], target: int) -> str:
    configuration = reading["configuration"] or {}
    available = (configuration.get("memory") or {}).get("available_bytes")
    needed = memory_needed(document, target)
    if available is None or needed <= available:
        return ""
    return (
        f"{target} connections may take {needed // 2**20} MB more and the server's host has "
        f"{available // 2**20} MB left; "
        "give a smaller one, as -e max_connections=NUMBER, or more memory"
    )


def memory_needed(document: Mapping[str, Any], target: int) -> int:
    work_mem = int(document["settings"]["work_mem"]["setting"]) * 1024
    added: int = target - document["slots"]["max_connections"]
    return added * (BACKEND_BYTES + work_mem)


def by_hand(situation: Situation, target: int) -> str:
    catalog = situation.catalog
    if can_restart(catalog) and catalog["postgresql"].get("admin"):
        return ""
    return (
        f"platform {catalog['platform']}: nobody here can restart this server; by hand, as a superuser: "
        f"ALTER SYSTEM SET max_connections = {target}; check that "
        "SELECT * FROM pg_file_settings WHERE error IS NOT NULL is empty; "
        "restart the server when a break of a few seconds is acceptable; then run this again"
    )


def can_restart(catalog: Mapping[str, Any]) -> bool:
    """By the platform itself, or by the command that its owner wrote down."""
    platform = catalog["platform"]
    return platform in MANAGED or bool((catalog.get(platform) or {}).get("restart"))

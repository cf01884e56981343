# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Of a server that is silent: what is seen of it where it lives?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import size

PROBE = "postgresql_place"
REASONS = (
    "not_managed",
    "host_unreachable",
    "disk_full",
    "read_only",
    "config_invalid",
    "answers_there",
    "rejecting",
    "hung",
    "not_running",
    "place_unknown",
)
# With less, not even a log line may be written: a start would fail, or end in the midst of recovery.
LEAST_BYTES = 16 * 1024 * 1024
# A process that was stopped, as by a debugger or a SIGSTOP.
HALTED = ("T", "t")


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    if reading["speaks"]:
        return []
    refused = reading["refused"]
    if refused:
        return [finding("unknown", refused["reason"], refused["message"]), *disks(reading)]
    found = [*disks(reading)]
    if reading["configuration"]:
        said = f"with its configuration the server would not start: {reading['configuration']['error']}"
        found.append(finding("crit", "config_invalid", said))
    return [*found, state(reading)]


def disks(reading: Mapping[str, Any]) -> Iterator[Finding]:
    for one in reading["filesystems"]:
        mount, free = one["mount"], one["free_bytes"]
        if one["read_only"]:
            yield finding("warn", "read_only", f"{mount} is mounted read-only")
        elif free < LEAST_BYTES or one["inodes_percent"] == 100:
            said = f"{mount} is full: {size(free)} are left"
            yield finding("crit", "disk_full", said, free, "bytes", LEAST_BYTES)


def state(reading: Mapping[str, Any]) -> Finding:
    ready, process = reading["ready"], reading["process"]
    if ready == "accepting":
        said = "where it lives the server accepts connections: only from here it cannot be reached"
        return finding("crit", "answers_there", said)
    if ready == "rejecting":
        return finding("crit", "rejecting", "it runs, and accepts no connections yet, or no more")
    if process and (ready == "no_answer" or process["state"] in HALTED):
        halted = ", which somebody has stopped" if process["state"] in HALTED else ""
        said = f"it hangs: process {process['pid']}{halted} is there and does not answer"
        return finding("crit", "hung", said)
    if ready == "no_answer":
        return finding("crit", "not_running", "no process of it runs where it lives")
    return finding("unknown", "place_unknown", "where it lives nobody could ask it: no pg_isready")

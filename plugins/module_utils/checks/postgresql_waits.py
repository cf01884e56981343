# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What do the sessions at work wait for? A commit that waits for a standby is no slow statement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.postgresql_access import (
    UNREAD,
    unread,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import many

PROBE = "postgresql"
REASONS = ("waiting_for_standby", *UNREAD)
MOST_NAMED = 3


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None:
        return [unread(reading["refused"]["normal"])]
    waits, limit = document["waits"], inputs["blocked_seconds"]
    longest = waits["for_standby_s"] or 0
    if waits["for_standby"] and longest >= limit:
        said = (
            f"{many(waits['for_standby'], 'commit')} waiting for a synchronous standby, for up to "
            f"{longest:.0f} s: bring the standby back, or have a person decide to change "
            "synchronous_standby_names; cancelled, they would count as made on this server alone"
        )
        return [finding("crit", "waiting_for_standby", said, longest, "seconds", limit)]
    said = f"{many(waits['active'], 'session')} at work"
    events = [f"{e['count']} {named(e)}" for e in waits["events"][:MOST_NAMED]]
    if events:
        said += f": {', '.join(events)}"
    return [finding("ok", "ok", said, waits["active"], "sessions", None)]


def named(event: Mapping[str, Any]) -> str:
    return f"{event['type']} {event['event']}" if event["event"] else str(event["type"])

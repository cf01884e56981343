# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests are refused because there are too many (429): by the service, or by whom it asks.

Told apart first. What others ask it to wait is waited. Of its own counters that of a client whom a person
names is reset, and all of them only when that is approved; nothing but what the catalog calls a counter is
ever deleted.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input, Text
from ansible_collections.oncall.runbooks.plugins.module_utils.rate_limit import client
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import many
from ansible_collections.oncall.runbooks.plugins.module_utils.services import actions, variables

KIND = ""
INPUTS = (
    Text(
        "client",
        None,
        client.PATTERN,
        "a client as its counter names it: an address, a user",
        "203.0.113.7",
        "reset the counters of this client",
    ),
    Input("abuse_percent", 50, 1, 100, "percent of requests", "from here one client is too much"),
    Input("refused_percent", 5, 1, 100, "percent of requests", "warn when so many are refused"),
    Input("log_lines", 2000, 1, 20000, "lines of the log", "no more than these, the newest"),
    Input("minutes", 10, 1, 1440, "minutes", "the log of this time"),
    Input("max_unlink", 10000, 1, 1000000, "keys", "reset at most this many counters in one run"),
    variables.HOLD,
    variables.TIMEOUT,
)
ACTIONS = actions.some("reset_client", "reset_rate_limits")
BEGINS_ANEW = {"none": "a counter begins anew with the next request; which went is in the evidence"}


def plan(situation: Situation) -> list[Entry]:
    found = situation.finding("rate_counters")
    if found is None or found["reason"] not in ("stuck", "abuse", "clients_limited"):
        return []
    if situation.inputs["client"] is not None:
        return [reset(situation, found, "reset_client")]
    if situation.approved("reset_rate_limits") or found["reason"] == "stuck":
        return [reset(situation, found, "reset_rate_limits")]
    return []


def reset(situation: Situation, found: Finding, action: str) -> Entry:
    reading, wanted = situation.readings["rate_limits"], situation.inputs["client"]
    counters: dict[str, Any] = reading["counters"]
    number = min(counters["counters"], situation.inputs["max_unlink"])
    whose = client.shown(wanted) if wanted else "all clients"
    why = ""
    if found["reason"] == "abuse":
        why = (
            "one client makes most of the requests, and would only be let in again: keep it out at the proxy, or reset "
            "the counter of another one with -e client=NAME"
        )
    return propose(
        action,
        situation.service,
        found,
        f"reset about {many(number, 'counter')} of {whose} in {reading['redis']}",
        "refused" if why else "planned",
        why,
        {
            "kept_in": reading["redis"],
            "prefixes": reading["prefixes"],
            "client": wanted,
            "at_most": situation.inputs["max_unlink"],
        },
        {"limited": counters["limited"]},
        BEGINS_ANEW,
    )

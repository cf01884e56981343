# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Undo what an incident changed: all of it, one change, or only what has expired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks.open_changes import wanted
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Flag, Input, InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import (
    data_corruption,
    db_connection_exhausted,
    db_failover,
    db_outage,
    db_slow_queries,
    disk_full,
    payment_failure,
    redis_memory_full,
    redis_outage,
    rpc_outage,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.services import actions, variables

KIND = ""
GOAL = "request"
INPUTS = (
    Input("change", None, 1, 100000, "number of a change", "undo only this one"),
    Flag("expired_only", "undo only what has expired, whichever incident made it"),
    Input("hold_seconds", 0, 0, 600, "seconds", "undone means so for this long"),
    variables.TIMEOUT,
)
ACTIONS: dict[str, Action] = {
    **db_connection_exhausted.ACTIONS,
    **db_slow_queries.ACTIONS,
    **db_outage.ACTIONS,
    **disk_full.ACTIONS,
    **db_failover.ACTIONS,
    **data_corruption.ACTIONS,
    **payment_failure.ACTIONS,
    **redis_memory_full.ACTIONS,
    **redis_outage.ACTIONS,
    **rpc_outage.ACTIONS,
    **actions.ACTIONS,
}
# This ends the run with an error, and so whatever schedule started it calls a person.
PAGE = (
    "change {number} of incident {incident} has expired at {expires_at} and never lapses by itself: a person "
    "decides; to undo it: ansible-playbook playbooks/revert.yml -e service={service} -e incident={incident} "
    "-e change={number}"
)


def contradictions(values: Mapping[str, Any]) -> None:
    if values["change"] is not None and values["expired_only"]:
        raise InputError(
            f"change: got {values['change']}, with expired_only; allowed is one of the two; "
            "for example -e incident=INC-1 -e change=2"
        )


def plan(situation: Situation) -> list[Entry]:
    """The newest change first: what was built last is taken down first."""
    found = situation.finding("open_changes")
    if found is None or found["severity"] == "ok":
        return []
    entries = []
    for change in wanted(situation.readings["changes"], situation.inputs):
        how = change["undo"]["how"]
        parameters = {
            **how["parameters"],
            "reverts": {"incident": change["incident"], "number": change["number"]},
        }
        pages = situation.inputs["expired_only"] and how.get("on_expiry") == "page"
        entries.append(
            propose(
                how["action"],
                situation.service,
                found,
                f"undo change {change['number']}: {how['summary']}",
                "refused" if pages else "planned",
                PAGE.format(**change) if pages else "",
                parameters=parameters,
                before=change["after"] or change["before"],
                undo={
                    "none": f"it is itself an undo; the change is described in incident {change['incident']}"
                },
            )
        )
    return entries

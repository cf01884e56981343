# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong, in the whole catalog, and where to begin. It reads; it changes nothing.

The causes are ranked by triage/ranking.py, the playbook for each comes from triage/symptoms.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import check
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import (
    Input,
    InputError,
    Spec,
    Text,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import (
    bot_malfunction,
    db_connection_exhausted,
    db_slow_queries,
    indexer_lagging,
    queue_backed_up,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds
from ansible_collections.oncall.runbooks.plugins.module_utils.triage import kinds, symptoms
from ansible_collections.oncall.runbooks.plugins.module_utils.triage.ranking import (
    Cause,
    Service,
    rank,
)

KIND = ""
SCOPE = "closure"
# The same thresholds as in the playbooks that triage points at.
BORROWED: tuple[tuple[ModuleType, tuple[str, ...]], ...] = (
    (
        db_connection_exhausted,
        ("warn_percent", "crit_percent", "idle_seconds", "idle_in_transaction_seconds"),
    ),
    (db_slow_queries, ("blocked_seconds",)),
    (
        queue_backed_up,
        ("warn_jobs", "crit_jobs", "age_seconds", "drain_minutes", "failed_jobs"),
    ),
    (bot_malfunction, ("recent_seconds", "max_pending")),
    (
        indexer_lagging,
        ("warn_age_seconds", "crit_age_seconds", "max_behind_blocks", "max_lag_blocks"),
    ),
)
INPUTS: tuple[Spec, ...] = (
    Text("alert", None, r"[A-Za-z][A-Za-z0-9_]{0,63}", "the name of an alert", "ServiceDown", "the alert that came in"),
    Text("symptom", None, r"[^\x00-\x1f\x7f]{1,200}", "a few words", "503", "what a person sees"),
    Input("recent_minutes", 120, 1, 10080, "minutes", "a release that came within this time may be the cause"),
    Input("disk_percent", 80, 1, 100, "percent of a disk", "warn from here"),
    Input("memory_percent", 80, 1, 100, "percent of a machine's memory", "warn from here"),
    Input("load_percent", 200, 1, 10000, "percent of the processors, over five minutes", "warn from here"),
    Input("certificate_days", 14, 1, 365, "days", "warn when a certificate ends within this"),
    Input("interval_seconds", 2, 1, 60, "seconds", "the rates of queues and indexes are measured over this long"),
    *(spec for scenario, names in BORROWED for spec in scenario.INPUTS if spec.name in names),
)  # fmt: skip
ACTIONS: dict[str, Action] = {}
MAX_ASKED = 3


def contradictions(values: Mapping[str, Any]) -> None:
    if values["alert"] is not None and values["symptom"] is not None:
        raise InputError(
            f"alert: got {values['alert']}, with a symptom; allowed is one of the two; "
            "for example -e alert=ServiceDown"
        )
    indexer_lagging.contradictions(values)
    asked(values)


def asked(values: Mapping[str, Any]) -> symptoms.Playbooks:
    """The playbooks that the alert or the symptom stands for."""
    if values["alert"] is not None:
        return symptoms.for_alert(values["alert"])
    return symptoms.for_symptom(values["symptom"]) if values["symptom"] is not None else ()


def plan(_situation: Situation) -> list[Entry]:
    """Nothing is ever done."""
    return []


def checks(entry: Mapping[str, Any], readings: Mapping[str, Any]) -> list[str]:
    """What can be judged of a service. What nobody manages here is not unknown, it is elsewhere."""
    chosen = []
    refused = (readings.get("workload") or {}).get("refused") or {}
    if entry["platform"] != "external" and refused.get("reason") != "not_managed":
        chosen.append("workload")
    # A service whose entry does not say how to ask it is known by its workload and its health.
    kind = kinds.of(entry)
    chosen += told_once(kind.checks, readings) if kind else []
    return [*chosen, "health", "certificate"] if entry.get("health") else chosen


def told_once(checks: Sequence[str], readings: Mapping[str, Any]) -> list[str]:
    """Why something could not be read, one check tells for all."""
    unread = [
        name
        for name in checks
        if "unread" in (readings.get(check(name).PROBE) or {"unread": "by nobody"})
    ]
    return [name for name in checks if name not in unread[1:]]


def deployment(
    readings: Sequence[Mapping[str, Any]], now: float, recent_minutes: int
) -> tuple[float | None, str]:
    """How long ago the release in use came, when that is recent, and its title."""
    for reading in readings:
        for release in reading.get("releases") or []:
            since = release["since"]
            if release["name"] == reading["current"] and since:
                ago = now - seconds(since)
                if 0 <= ago <= recent_minutes * 60:
                    return ago, str(release["title"])
    return None, ""


def causes(
    services: Sequence[Service],
    findings: Sequence[Mapping[str, Any]],
    values: Mapping[str, Any],
    usable: Callable[[str, str], bool],
) -> list[Cause]:
    """Ranked, each with the first of its playbooks that can be used for its service."""
    kind_of = {service.name: service.kind for service in services}
    wanted = asked(values)
    ranked = rank(services, findings)
    for cause in ranked:
        kind = kind_of[cause["service"]]
        # What an alert stands for, where the finding calls for it anyway, is what was asked.
        ordered = sorted(cause.pop("playbooks"), key=lambda name: name not in wanted)
        cause["playbook"] = next((name for name in ordered if usable(name, kind)), None)
        cause["asked"] = cause["playbook"] in wanted
    return ranked + unconfirmed(services, ranked, values, usable)


def unconfirmed(
    services: Sequence[Service],
    ranked: Sequence[Cause],
    values: Mapping[str, Any],
    usable: Callable[[str, str], bool],
) -> list[Cause]:
    """The playbook that was asked for, when nothing that was found calls for it."""
    wanted = asked(values)
    if not wanted or any(cause["asked"] for cause in ranked):
        return []
    given = f"alert {values['alert']}" if values["alert"] else f"symptom {values['symptom']}"
    playbook = next(
        (name for name in wanted if any(usable(name, service.kind) for service in services)), None
    )
    if playbook is None:
        return []
    fit = [service for service in services if usable(playbook, service.kind)]
    troubled = [cause["service"] for cause in ranked]
    # For a playbook of any kind of service: those that are in trouble, else nobody can say which.
    chosen = [service for service in fit if service.name in troubled] or fit
    return [
        {
            "rank": len(ranked) + number,
            "service": service.name,
            "severity": "ok",
            "because": None,
            "summary": f"the {given} calls for {playbook}; nothing that was read confirms it",
            "why": "",
            "certainty": "asked",
            "affects": [],
            "playbook": playbook,
            "asked": True,
        }
        for number, service in enumerate(chosen if len(chosen) <= MAX_ASKED else [], start=1)
    ]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which of many things that are wrong are causes, and which only follow from them?

Of a service that is down and of those that depend on it, the one that all the others need is the
cause. What has a reason of its own (no image, no memory, a taken port) is a cause wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import duration
from ansible_collections.oncall.runbooks.plugins.module_utils.triage.symptoms import for_finding

Finding = Mapping[str, Any]
Cause = dict[str, Any]
# What says most about a service comes first: why it does not run, before that it does not answer.
CHECKS = (
    "resources",
    "workload",
    "postgresql_access",
    # Who waits for a lock keeps a connection, so that both are often found.
    "postgresql_blocking",
    "postgresql_connections",
    "postgresql_pooler",
    "redis_access",
    "redis_memory",
    "queue_access",
    "bot_api",
    "rpc_in_use",
    "chain_nodes",
    "wallets",
    "health",
    "queue_workers",
    "queue_backlog",
    "bot_webhook",
    "indexer_lag",
    "queue_failed",
    "certificate",
)
# An application may show these because something that it needs is gone.
FOLLOWS = frozenset(
    {
        "crash_loop", "unhealthy", "restarted", "starting", "partial", "unit_failed", "start_limit_hit",
        "progress_deadline_exceeded", "connection_refused", "timeout", "reset", "unreachable",
        "wrong_status", "wrong_body", "bad_answer", "command_failed", "redirect_loop",
    }
)  # fmt: skip
# What these say is about another service: a queue is kept in a Redis.
OF_ANOTHER = frozenset({"queue_access"})
# A release that does not work shows itself so.
BROKEN = frozenset(
    {
        "crash_loop", "unhealthy", "partial", "unit_failed", "start_limit_hit", "image_pull", "config_invalid",
        "progress_deadline_exceeded", "oom_killed", "connection_refused", "wrong_status", "wrong_body",
        "bad_answer", "timeout", "reset", "command_failed",
    }
)  # fmt: skip
SEVERITIES = ("crit", "unknown", "warn")
# Nobody here can see it; that is no trouble of its own.
NOT_WATCHED = "not_managed"
# Nothing of the machine or the network behind it is known.
SILENT = frozenset({"host_unreachable", "apiserver_unavailable", "container_runtime_unavailable"})


@dataclass(frozen=True)
class Service:
    name: str
    kind: str
    depends_on: Sequence[str] = ()
    machines: Sequence[str] = ()
    # How long ago the release in use came, when that is recent, and what it is called.
    deployed_s: float | None = None
    release: str = ""


@dataclass
class Case:
    """What is wrong with one service."""

    service: Service
    findings: list[Finding]
    roots: list[str] = field(default_factory=list)  # what it follows from
    order: int = 0

    @property
    def main(self) -> Finding:
        return min(self.findings, key=weight)

    @property
    def severity(self) -> str:
        return str(self.main["severity"])

    @property
    def down(self) -> bool:
        """Whether others that need it may fail for it."""
        return any(
            found["severity"] == "crit" or found["reason"] in SILENT for found in self.findings
        )

    @property
    def silent(self) -> bool:
        """Whether nothing at all is known of it, because its machine does not answer."""
        return all(found["reason"] in SILENT for found in self.findings)

    @property
    def may_follow(self) -> bool:
        """Whether all that is wrong with it may come from elsewhere."""
        wrong = [found for found in self.findings if found["severity"] != "unknown"]
        return bool(wrong) and all(follows(found) for found in wrong)

    @property
    def deployed(self) -> bool:
        return self.service.deployed_s is not None and self.main["reason"] in BROKEN


def follows(found: Finding) -> bool:
    return found["reason"] in FOLLOWS or found["check"] in OF_ANOTHER


def weight(found: Finding) -> tuple[int, int]:
    check = CHECKS.index(found["check"]) if found["check"] in CHECKS else len(CHECKS)
    return SEVERITIES.index(found["severity"]), check


def rank(services: Sequence[Service], findings: Iterable[Finding]) -> list[Cause]:
    """The likely causes, the one to begin with first."""
    by_name = {service.name: service for service in services}
    cases = _cases(services, findings)
    for case in cases.values():
        case.roots = _roots(case, cases, by_name)
    for case in cases.values():
        case.roots = list(dict.fromkeys(_deepest(case, cases, set())))
    causes = [case for case in cases.values() if not case.roots or case.deployed]
    affected = {case.service.name: _affected(case, cases) for case in causes}
    causes.sort(key=lambda case: _rank(case, len(affected[case.service.name]), cases, by_name))
    return [
        _cause(number, case, affected[case.service.name])
        for number, case in enumerate(causes, start=1)
    ]


def _cases(services: Sequence[Service], findings: Iterable[Finding]) -> dict[str, Case]:
    wrong: dict[str, list[Finding]] = {service.name: [] for service in services}
    for found in findings:
        if found["severity"] != "ok" and found["reason"] != NOT_WATCHED:
            wrong[found["service"]].append(found)
    return {
        service.name: Case(service, wrong[service.name], order=order)
        for order, service in enumerate(services)
        if wrong[service.name]
    }


def _roots(case: Case, cases: Mapping[str, Case], services: Mapping[str, Service]) -> list[str]:
    """The services from whose trouble this one's follows, as deep down as it goes."""
    if case.silent:
        first = next(other for other in cases.values() if other.silent and _together(other, case))
        return [] if first is case else [first.service.name]
    if not case.may_follow:
        return []
    found: dict[str, None] = {}
    for name in (*needed(case.service, services), *_neighbours(case, cases)):
        other = cases.get(name)
        if other is None or other is case or not other.down:
            continue
        below = not other.may_follow or not any(
            deeper in cases and cases[deeper].down for deeper in needed(other.service, services)
        )
        if below:
            found[name] = None
    return list(found)


def _deepest(case: Case, cases: Mapping[str, Case], seen: set[str]) -> list[str]:
    """A root may follow from a full disk, or from a machine that is gone."""
    found: list[str] = []
    for name in case.roots:
        if name in seen or name == case.service.name:
            continue
        found += _deepest(cases[name], cases, seen | {name, case.service.name}) or [name]
    return found


def needed(service: Service, services: Mapping[str, Service]) -> list[str]:
    """All that it depends on, directly or not; a circle ends where it began."""
    found: dict[str, None] = {}
    ahead = list(service.depends_on)
    while ahead:
        name = ahead.pop(0)
        if name not in found and name != service.name:
            found[name] = None
            ahead += services[name].depends_on if name in services else []
    return list(found)


def _neighbours(case: Case, cases: Mapping[str, Case]) -> list[str]:
    """On a machine without room or memory everything may fail: whose case holds that finding."""
    return [
        name
        for name, other in cases.items()
        if _together(other, case)
        and any(f["check"] == "resources" and f["severity"] == "crit" for f in other.findings)
    ]


def _together(one: Case, other: Case) -> bool:
    return one is other or bool(set(one.service.machines) & set(other.service.machines))


def _affected(case: Case, cases: Mapping[str, Case]) -> list[str]:
    name = case.service.name
    return [other.service.name for other in cases.values() if name in other.roots]


def _rank(
    case: Case, affected: int, cases: Mapping[str, Case], services: Mapping[str, Service]
) -> tuple[int, ...]:
    """The worst first, a cause before what is only possible, a dependency before its dependents,
    then what takes more with it."""
    severity = 0 if affected else SEVERITIES.index(case.severity)
    depth = sum(name in cases and cases[name].down for name in needed(case.service, services))
    return (severity, bool(case.roots), depth, -affected, not case.deployed, case.order)


def _cause(number: int, case: Case, affected: list[str]) -> Cause:
    main = case.main
    return {
        "rank": number,
        "service": case.service.name,
        "severity": main["severity"],
        "because": {"check": main["check"], "reason": main["reason"]},
        "summary": main["summary"],
        "why": _why(case),
        "certainty": "possible" if case.roots else "likely",
        "affects": affected,
        "playbooks": list(
            for_finding(main["check"], main["reason"], case.service.kind, case.deployed)
        ),
    }


def _why(case: Case) -> str:
    """What speaks for it, and against it, beside the finding itself."""
    parts = []
    if case.deployed:
        release = f" {case.service.release}" if case.service.release else ""
        parts.append(f"its release{release} came {duration(case.service.deployed_s)} ago")
    if case.roots:
        verb = "are" if len(case.roots) > 1 else "is"
        parts.append(f"or it follows from {', '.join(case.roots)}, which {verb} down")
    return "; ".join(parts)

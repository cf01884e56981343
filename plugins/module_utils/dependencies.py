# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a service depends on, what that depends on, and which of them is the root of a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks import (
    health,
    postgresql_access,
    workload,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError, refusal

State = Mapping[str, Any]
Needs = Mapping[str, Sequence[str]]
UP, DOWN, UNREADABLE, NOT_WATCHED = "up", "down", "unreadable", "not_watched"
# The server itself does not serve. All other refusals are about our own way to it.
NO_SERVER = (
    "refused",
    "reset",
    "timeout",
    "unreachable",
    "starting_up",
    "recovering",
    "shutting_down",
    "slots_reserved",
)


@dataclass(frozen=True)
class Verdict:
    state: str
    reason: str
    summary: str


def closure(name: str, entry_of: Callable[[str], Mapping[str, Any]]) -> dict[str, list[str]]:
    """Every service that it needs, directly or not, with what that one needs: in the order in
    which they start, the service itself last. A circle has no such order and is refused."""
    needs: dict[str, list[str]] = {}

    def visit(service: str, above: tuple[str, ...]) -> None:
        if service in above:
            circle = " -> ".join((*above[above.index(service) :], service))
            raise InputError(
                f"runbooks_services.{service}.depends_on: got a circle, {circle}; allowed are dependencies "
                "that end somewhere; for example leave out the one that is no hard dependency"
            )
        if service in needs:
            return
        own = names_in(service, entry_of(service))
        for other in own:
            visit(other, (*above, service))
        needs[service] = own

    visit(name, ())
    return needs


def names_in(service: str, entry: Mapping[str, Any]) -> list[str]:
    given = entry.get("depends_on", [])
    if not isinstance(given, (list, tuple)) or not all(isinstance(n, str) and n for n in given):
        path = f"runbooks_services.{service}.depends_on"
        raise refusal(path, given, "a list of names of the catalog", "depends_on: [db, redis]")
    return list(given)


def roots(needs: Needs, verdicts: Mapping[str, Verdict]) -> list[str]:
    """Those that are down though all they need is up: the rest follows from them."""
    down = {name for name, verdict in verdicts.items() if verdict.state == DOWN}
    return [name for name in needs if name in down and not down & set(below(name, needs))]


def below(name: str, needs: Needs) -> list[str]:
    """All that a service needs, directly or not."""
    found: dict[str, None] = {}
    for other in needs.get(name, ()):
        found.update(dict.fromkeys((other, *below(other, needs))))
    return list(found)


def depth(name: str, needs: Needs) -> int:
    """0 for one that needs nothing: the wave in which it starts."""
    return 1 + max((depth(other, needs) for other in needs.get(name, ())), default=-1)


def of_hosts(states: Sequence[State]) -> Verdict:
    """One that runs on several hosts is up while one of them serves."""
    verdicts = [of_state(state) for state in states]
    for wanted in (UP, UNREADABLE, NOT_WATCHED):
        for verdict in verdicts:
            if verdict.state == wanted:
                return verdict
    return verdicts[0] if verdicts else Verdict(UNREADABLE, "not_read", "nothing was read of it")


def of_state(state: State) -> Verdict:
    """What answers is up, whatever the platform thinks of it; what fails is down."""
    answers = health.grade(state["health"], {}) + access(state.get("access"))
    for answer in answers:
        if answer["severity"] == "ok":
            return Verdict(UP, "ok", answer["summary"])
    findings = [*answers, *workload.grade(state["workload"], {})]
    for finding in findings:
        if finding["severity"] == "crit":
            return Verdict(DOWN, finding["reason"], finding["summary"])
    if any(finding["severity"] in ("ok", "warn") for finding in findings):
        return Verdict(UP, findings[-1]["reason"], findings[-1]["summary"])
    tried = [finding for finding in findings if finding["reason"] != "not_managed"]
    if tried:
        return Verdict(UNREADABLE, tried[0]["reason"], tried[0]["summary"])
    said = "its catalog entry has no health, and nobody here manages what it runs on"
    return Verdict(NOT_WATCHED, "not_managed", said)


def access(reading: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Of a database: whether it takes us in."""
    if reading is None:
        return []
    findings = postgresql_access.grade(reading, {})
    return [
        {**finding, "severity": "unknown"}
        if finding["severity"] == "crit" and finding["reason"] not in NO_SERVER
        else finding
        for finding in findings
    ]

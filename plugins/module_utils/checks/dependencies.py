# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is it the service, or what it depends on? The root is named, not what falls with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import dependencies
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "dependencies"
REASONS = ("dependency_down", "dependency_unreadable", "dependency_not_watched")
UNKNOWN = {
    dependencies.UNREADABLE: "dependency_unreadable",
    dependencies.NOT_WATCHED: "dependency_not_watched",
}


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    """`value` is the name of the service that a finding is about."""
    needs, verdicts = reading["needs"], verdicts_of(reading)
    if not verdicts:
        return []
    found = [
        finding("crit", "dependency_down", down(name, reading, verdicts), name, "service")
        for name in dependencies.roots(needs, verdicts)
    ]
    found += [
        finding("unknown", UNKNOWN[verdict.state], f"{name}: {verdict.summary}", name, "service")
        for name, verdict in verdicts.items()
        if verdict.state in UNKNOWN
    ]
    if found:
        return found
    return [finding("ok", "ok", f"what it depends on is up: {', '.join(verdicts)}")]


def verdicts_of(reading: Mapping[str, Any]) -> dict[str, dependencies.Verdict]:
    return {name: dependencies.of_hosts(states) for name, states in reading["states"].items()}


def down(
    root: str, reading: Mapping[str, Any], verdicts: Mapping[str, dependencies.Verdict]
) -> str:
    said = f"{root} is down: {verdicts[root].summary}"
    fallen = [
        name
        for name, verdict in verdicts.items()
        if verdict.state == dependencies.DOWN and root in dependencies.below(name, reading["needs"])
    ]
    return said + (f"; {', '.join(fallen)} with it" if fallen else "")

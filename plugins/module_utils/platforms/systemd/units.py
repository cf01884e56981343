# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A unit as an instance of a service, and what only systemd knows about it."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    Condition,
    Instance,
    condition,
    instance,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd import ends
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd.answer import (
    Answer,
    Line,
    Properties,
    moment,
    seconds,
    whole,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp

STATES = {
    "active": "running",
    "reloading": "running",
    "refreshing": "running",
    "activating": "starting",
    "deactivating": "terminating",
    "inactive": "stopped",
    "failed": "stopped",
}
# Three restarts and no longer life than this: it starts and ends again.
LOOP_RESTARTS, LOOP_LIFE_S = 3, 10.0
NEEDED = ("Requires", "Requisite", "BindsTo")


def chosen(answer: Answer, unit: str) -> list[Properties]:
    """The units that a name or the pattern of a template means, in order of their names."""
    found = [
        one
        for one in answer.units.values()
        if any(fnmatch.fnmatchcase(name, unit) for name in names(one))
    ]
    return sorted(found, key=lambda one: [part.zfill(9) for part in one["Id"].split("@")])


def names(unit: Properties) -> list[str]:
    return unit.get("Names", "").split() or [unit["Id"]]


def journal(answer: Answer, unit: Properties) -> Sequence[Line]:
    return answer.journals.get(unit["Id"], ())


def as_instance(answer: Answer, unit: Properties, release: str | None) -> Instance:
    lines = journal(answer, unit)
    since = moment(unit.get("ActiveEnterTimestamp"))
    up = unit.get("ActiveState") in ("active", "reloading", "refreshing")
    return instance(
        unit["Id"],
        state(unit, answer.now),
        started_at=stamp(since) if up and since is not None else None,
        restarts=whole(unit.get("NRestarts")) or 0,
        exit_code=ends.exit_code(unit, lines),
        oom_killed=ends.oom_killed(unit, lines, answer),
        message=ends.last_words(lines),
        release=release,
    )


def state(unit: Properties, now: float) -> str:
    if unit.get("SubState", "").startswith("auto-restart") or loops(unit, now):
        return "restarting"
    return STATES.get(unit.get("ActiveState", ""), "unknown")


def loops(unit: Properties, now: float) -> bool:
    """Caught in the moment in which it runs."""
    since = moment(unit.get("ActiveEnterTimestamp"))
    if unit.get("ActiveState") != "active" or since is None:
        return False
    life = max(LOOP_LIFE_S, 2 * (seconds(unit.get("RestartUSec")) or 0))
    restarts = whole(unit.get("NRestarts")) or 0
    return restarts >= LOOP_RESTARTS and now - since < life


def stopped_cleanly(unit: Properties) -> bool:
    return unit.get("ActiveState") == "inactive" and unit.get("Result", "success") == "success"


def conditions(answer: Answer, unit: Properties) -> list[Condition]:
    name, load = unit["Id"], unit.get("LoadState")
    if load == "not-found":
        return [condition("missing", f"the host has no unit {name}", name)]
    found = [*held(unit), *unreadable(unit), *ended(answer, unit), *needs(answer, unit)]
    reasons = {one["reason"] for one in found}
    if stopped_by_somebody(unit) and not reasons & {"masked_by_operator", "dependency_down"}:
        said = f"{name} was stopped without an error, and is disabled: somebody wants it so"
        found.append(condition("stopped_by_operator", said, name))
    if unit.get("NeedDaemonReload") == "yes":
        found.append(condition("need_daemon_reload", stale(unit), name))
    return found


def held(unit: Properties) -> Iterable[Condition]:
    if unit.get("LoadState") == "masked" or unit.get("UnitFileState", "").startswith("masked"):
        said = f"{unit['Id']} is masked: somebody does not want it to run; systemctl unmask gives it back"
        yield condition("masked_by_operator", said, unit["Id"])


def unreadable(unit: Properties) -> Iterable[Condition]:
    if unit.get("LoadState") in ("bad-setting", "error"):
        said = (
            f"systemd cannot read {unit['Id']} ({unit['LoadState']}): see systemd-analyze verify "
        )
        yield condition("config_invalid", f"{said}{unit.get('FragmentPath', '')}", unit["Id"])


def ended(answer: Answer, unit: Properties) -> Iterable[Condition]:
    """Of what does not run: why. Each cause is told, the start limit with what led to it."""
    if unit.get("ActiveState") != "failed" and not unit.get("SubState", "").startswith(
        "auto-restart"
    ):
        return
    name, lines = unit["Id"], journal(answer, unit)
    why, loose = ends.why(unit, lines), True
    if ends.start_limit_hit(unit, lines):
        yield condition(
            "start_limit_hit",
            f"{name} was started too often and is not started any more; it ended with {why or 'nothing said'}",
            name,
        )
        loose = False
    if ends.oom_killed(unit, lines, answer):
        yield condition("oom_killed", f"{name} was killed for want of memory ({why})", name)
        loose = False
    if loose and unit.get("ActiveState") == "failed":
        yield condition("unit_failed", f"{name} failed ({why or 'nothing said'})", name)


def needs(answer: Answer, unit: Properties) -> list[Condition]:
    """What it cannot run without is down. `instance` is the root: the one to start first."""
    found = {}
    for path in roots(answer, unit, (unit["Id"],)):
        root = answer.units[path[-1]]
        by_way = f" (by way of {', '.join(path[1:-1])})" if len(path) > 2 else ""
        said = f"{unit['Id']} needs {root['Id']}{by_way}, which {down(root, journal(answer, root))}"
        found[root["Id"]] = condition("dependency_down", said, root["Id"])
    return list(found.values())


def roots(answer: Answer, unit: Properties, path: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    """The ways to units that are down and need nothing that is down."""
    for name in [name for key in NEEDED for name in unit.get(key, "").split()]:
        needed = next((one for one in answer.units.values() if name in names(one)), None)
        if needed is None or needed["Id"] in path or not down(needed, ()):
            continue
        deeper = list(roots(answer, needed, (*path, needed["Id"])))
        yield from deeper or [(*path, needed["Id"])]


def down(unit: Properties, lines: Sequence[Line]) -> str:
    """Why a unit that others need is none to rely on; nothing when it is."""
    load, active = unit.get("LoadState"), unit.get("ActiveState")
    if load in ("masked", "not-found"):
        return "is masked" if load == "masked" else "does not exist"
    if active == "failed":
        return f"failed ({ends.why(unit, lines)})"
    # One that does its work once and ends is inactive when all is well.
    once = unit.get("Type") == "oneshot" and unit.get("Result") == "success"
    return "is stopped" if active == "inactive" and not once else ""


def stopped_by_somebody(unit: Properties) -> bool:
    return stopped_cleanly(unit) and unit.get("UnitFileState") == "disabled"


def stale(unit: Properties) -> str:
    files = [unit.get("FragmentPath", ""), *unit.get("DropInPaths", "").split()]
    return (
        f"a file of {unit['Id']} was changed and systemd runs with the old one "
        f"({', '.join(filter(None, files))}); review it, then systemctl daemon-reload"
    )

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Units of systemd, of the host or of a user: read by systemctl and journalctl in one round trip."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import entries
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError, refusal
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import target as targets
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Reach,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    Condition,
    Reading,
    condition,
    reading,
    refused,
    release,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd import ends, units
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd.answer import (
    Answer,
    NoAnswer,
    Properties,
    Releases,
    parse,
    seconds,
    size,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd.script import script
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp

KEYS = ("unit", "scope", "releases_dir", "current")
VERBS = ("start", "stop", "restart", "rollback", "deploy", "scale", "set_env", "set_limits")
# These point the link to another release.
SWITCHED = ("rollback", "deploy")
SCOPES = ("system", "user")
EXAMPLE = "systemd: {unit: shop-api.service}"
EXAMPLES = {
    "unit": "unit: shop-api.service, or unit: shop-worker@*.service for all of a template",
    "scope": "scope: system",
    "releases_dir": "releases_dir: /opt/shop/releases",
    "current": "current: /opt/shop/current",
}
TYPES = (
    *("service", "socket", "timer", "path", "target", "mount", "automount", "swap", "device"),
    *("slice", "scope"),
)
# systemd.unit(5). A pattern stands for the instances of one template, and for nothing else.
UNIT = re.compile(r"[A-Za-z0-9:_.\\][A-Za-z0-9:_.\\-]*(@(\*|[A-Za-z0-9:_.\\-]+))?")
MOST_RELEASES = 20
JOURNAL_SHOWN = 10


def check(path: str, given: object) -> None:
    section = entries.mapping(path, given, EXAMPLE)
    entries.known_keys(path, section, KEYS, EXAMPLE)
    unit = section.get("unit")
    if not isinstance(unit, str) or len(unit) > 200 or not unit_name(unit):
        raise wrong(
            path, "unit", unit, "the name of a unit, or TEMPLATE@* for all instances of one"
        )
    if section.get("scope", SCOPES[0]) not in SCOPES:
        raise wrong(path, "scope", section["scope"], "system or user")
    check_releases(path, section)


def check_releases(path: str, section: Mapping[str, Any]) -> None:
    given = [key for key in ("releases_dir", "current") if section.get(key) is not None]
    for key in given:
        value = section[key]
        if not isinstance(value, str) or not re.fullmatch(r"(/[^/\x00-\x1f]+)+/?", value):
            raise wrong(path, key, value, "an absolute path below /")
    if len(given) == 1:
        (other,) = {"releases_dir", "current"} - set(given)
        raise InputError(
            f"{path}.{other}: not given, with {given[0]}; allowed is both or none: a rollback points "
            f"the one at a folder of the other; for example {EXAMPLES[other]}"
        )


def wrong(path: str, key: str, value: object, allowed: str) -> InputError:
    return refusal(f"{path}.{key}", value, allowed, EXAMPLES[key])


def unit_name(given: str) -> str:
    """With its type, as systemctl reads it; nothing when it is no unit's name."""
    stem, dot, kind = given.rpartition(".")
    if not (dot and kind in TYPES):
        stem, kind = given, "service"
    return f"{stem}.{kind}" if UNIT.fullmatch(stem) else ""


def place(section: Mapping[str, Any]) -> str:
    """One manager is asked once, for all of its units."""
    return str(section.get("scope") or SCOPES[0])


def identity(section: Mapping[str, Any]) -> dict[str, str]:
    return {"unit": unit_name(section["unit"]), "scope": place(section)}


def read(sections: Mapping[str, Mapping[str, Any]], reach: Reach) -> dict[str, Reading]:
    found: dict[str, Reading] = {}
    for scope in sorted({place(section) for section in sections.values()}):
        some = {name: one for name, one in sections.items() if place(one) == scope}
        found.update(read_scope(some, scope, reach))
    return {name: found[name] for name in sections}


def read_scope(
    sections: Mapping[str, Mapping[str, Any]], scope: str, reach: Reach
) -> dict[str, Reading]:
    asked = {name: unit_name(section["unit"]) for name, section in sections.items()}
    folders = {
        name: (section["releases_dir"], section["current"])
        for name, section in sections.items()
        if section.get("releases_dir")
    }
    try:
        done = reach.shell(script([*asked.values()], scope, folders), "")
        answer = parse(done.stdout)
    except Unreachable as error:
        return {
            name: refused("systemd", where(unit, scope), "host_unreachable", str(error))
            for name, unit in asked.items()
        }
    except NoAnswer as error:
        return {
            name: refused("systemd", where(unit, scope), error.reason, str(error))
            for name, unit in asked.items()
        }
    return {name: judge(answer, unit, scope, name) for name, unit in asked.items()}


def where(unit: str, scope: str) -> str:
    return f"{'user ' if scope == 'user' else ''}unit {unit}"


def judge(answer: Answer, unit: str, scope: str, name: str) -> Reading:
    known = units.chosen(answer, unit)
    pattern = "*" in unit
    # Nobody says how many there should be of a template: one that was stopped without an error is not
    # missed while others run.
    counted = [one for one in known if not (pattern and units.stopped_cleanly(one))] or known
    there = [one for one in counted if one.get("LoadState") != "not-found"]
    releases = answer.releases.get(name, Releases())
    return reading(
        "systemd",
        where(unit, scope),
        kind="unit",
        desired=None if pattern else 1,
        instances=[units.as_instance(answer, one, releases.current) for one in there],
        conditions=[
            *(found for one in counted for found in units.conditions(answer, one)),
            *none_of(unit, counted),
        ],
        releases=[
            release(folder, folder.rpartition("/")[2], stamp(changed))
            for folder, changed in shown_releases(releases)
        ],
        current=releases.current,
        limits=limits(there[0]) if there else {},
        obstacles=obstacles(answer, unit, known, name),
        details=details(answer, counted, known),
    )


def none_of(unit: str, counted: Sequence[Properties]) -> list[Condition]:
    return [] if counted else [condition("missing", f"no instance of {unit} is known to the host")]


def shown_releases(releases: Releases) -> list[tuple[str, float]]:
    """The newest, and the one in use."""
    newest = releases.folders[:MOST_RELEASES]
    return [
        *newest,
        *(one for one in releases.folders[MOST_RELEASES:] if one[0] == releases.current),
    ]


def limits(unit: Properties) -> dict[str, float]:
    """The second name of the memory's limit is that of cgroup v1."""
    memory = size(unit.get("MemoryMax")) or size(unit.get("MemoryLimit"))
    cpus = seconds(unit.get("CPUQuotaPerSecUSec"))
    return {
        **({"memory_bytes": memory} if memory is not None else {}),
        **({"cpus": cpus} if cpus is not None else {}),
    }


def obstacles(answer: Answer, unit: str, known: Sequence[Properties], name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    pattern = "*" in unit
    if not any(one.get("LoadState") != "not-found" for one in known):
        why = f"no instance of {unit} is known" if pattern else f"the host has no unit {unit}"
        # The first instance of a template needs none before it.
        found.update({verb: why for verb in VERBS if not (pattern and verb == "scale")})
    masked = [one["Id"] for one in known if any(True for _reason in units.held(one))]
    if masked:
        why = f"{', '.join(masked)} is masked: somebody does not want it to run"
        found.update(dict.fromkeys(("start", "restart", "scale", *SWITCHED), why))
    stale = [one["Id"] for one in known if one.get("NeedDaemonReload") == "yes"]
    if stale:
        why = (
            f"a daemon-reload would make a change count that nobody has loaded yet, of {', '.join(stale)}; "
            "review it, then systemctl daemon-reload"
        )
        found.update(set_env=why, set_limits=why)
    if not pattern:
        found["scale"] = f"{unit} is one unit; several are instances of a template, as unit: NAME@*"
    why = no_releases(answer.releases.get(name))
    if why:
        found.update(dict.fromkeys(SWITCHED, why))
    return found


def no_releases(releases: Releases | None) -> str:
    if releases is None:
        return "the catalog names no folder with releases; releases_dir and current do"
    if not releases.readable:
        return "the folder with releases cannot be read"
    if releases.current is None:
        return "what the catalog calls current is no link to a release"
    return ""


def details(
    answer: Answer, counted: Sequence[Properties], known: Sequence[Properties]
) -> dict[str, Any]:
    return {
        "units": {
            one["Id"]: {
                "enabled": one.get("UnitFileState", ""),
                "result": one.get("Result", ""),
                "main_pid": one.get("MainPID", ""),
                "files": [one.get("FragmentPath", ""), *one.get("DropInPaths", "").split()],
                "journal": [
                    ends.masked(line.text) for line in units.journal(answer, one)[-JOURNAL_SHOWN:]
                ],
            }
            for one in counted
        },
        "stopped": [one["Id"] for one in known if one not in counted],
    }


def execute(_section: Mapping[str, Any], command: str, stdin: str, reach: Reach) -> Done:
    return reach.shell(command, stdin)


def execute_on_files(_section: Mapping[str, Any], command: str, stdin: str, reach: Reach) -> Done:
    """Its files are the host's."""
    return reach.shell(command, stdin)


def target(
    section: Mapping[str, Any], wanted: str, known: Reading, _reach: Reach
) -> targets.Target:
    """A folder of the releases; by hand a checkout of a tag, or an archive, becomes one."""
    folder = section.get("releases_dir", "")
    return targets.listed(known, wanted, f"by hand: unpack or check it out as {folder}/{wanted}")

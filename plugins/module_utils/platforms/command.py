# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What else people run (pm2, supervisor, a script of their own), by the user's own commands."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import entries
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import refusal
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import target as targets
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Reach,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    Reading,
    condition,
    instance,
    reading,
    refused,
    release,
)

KEYS = ("start", "stop", "restart", "status", "logs", "rollback", "scale")
# What the role workload cannot do without a command for it: its own, or another one.
VERBS = {verb: verb for verb in KEYS if verb != "status"} | {"deploy": "rollback"}
NEVER = ("set_env", "set_limits")
EXAMPLE = "command: {restart: [pm2, restart, api], status: [pm2, pid, api]}"


def check(path: str, given: object) -> None:
    section = entries.mapping(path, given, EXAMPLE)
    entries.known_keys(path, section, KEYS, EXAMPLE)
    for verb, argv in section.items():
        if not isinstance(argv, list) or not argv or not all(isinstance(a, str) for a in argv):
            allowed = "a list of arguments, which no shell reads"
            raise refusal(f"{path}.{verb}", argv, allowed, EXAMPLE)


def place(section: Mapping[str, Any]) -> str:
    return shlex.join(section.get("status") or [])


def identity(_section: Mapping[str, Any]) -> dict[str, str]:
    return {}


def read(sections: Mapping[str, Mapping[str, Any]], reach: Reach) -> dict[str, Reading]:
    return {name: _read(name, section, reach) for name, section in sections.items()}


def _read(name: str, section: Mapping[str, Any], reach: Reach) -> Reading:
    argv = section.get("status")
    if not argv:
        return refused(
            "command",
            "its own commands",
            "not_managed",
            f"it has no command that tells its status; {EXAMPLE}",
        )
    where = shlex.join(argv)
    try:
        done = reach.shell(where, "")
    except Unreachable as error:
        return refused("command", where, "host_unreachable", str(error))
    try:
        document = json.loads(done.stdout)
    except ValueError:
        document = None
    if isinstance(document, dict) and "instances" in document:
        return _told(where, section, document)
    said = (done.stdout.strip() or done.stderr.strip()).splitlines()
    found = instance(
        name,
        "running" if done.rc == 0 else "stopped",
        message="" if done.rc == 0 else (said[-1][:200] if said else f"status {done.rc}"),
    )
    return reading(
        "command",
        where,
        kind="command",
        desired=1,
        instances=[found],
        obstacles=_obstacles(section),
    )


def _told(where: str, section: Mapping[str, Any], document: Mapping[str, Any]) -> Reading:
    """A status command may tell all that a reading holds, as JSON; see docs/interface.md."""
    try:
        return reading(
            "command",
            where,
            kind="command",
            desired=document.get("desired"),
            instances=[instance(**one) for one in document["instances"]],
            conditions=[condition(**one) for one in document.get("conditions", [])],
            releases=[
                release(**{"title": one["name"], **one}) for one in document.get("releases", [])
            ],
            current=document.get("current"),
            limits=document.get("limits"),
            obstacles=_obstacles(section),
        )
    except (KeyError, TypeError, ValueError) as error:
        return refused(
            "command",
            where,
            "client_missing",
            f"its status command answers another document: {error}",
        )


def _obstacles(section: Mapping[str, Any]) -> dict[str, str]:
    lacking = {
        verb: f"the catalog has no command.{command}"
        for verb, command in VERBS.items()
        if not section.get(command)
    }
    return {**lacking, **dict.fromkeys(NEVER, "its platform is a set of commands")}


def execute(_section: Mapping[str, Any], command: str, stdin: str, reach: Reach) -> Done:
    return reach.shell(command, stdin)


def execute_on_files(_section: Mapping[str, Any], command: str, stdin: str, reach: Reach) -> Done:
    """Its files are the host's."""
    return reach.shell(command, stdin)


def target(
    _section: Mapping[str, Any], wanted: str, known: Reading, _reach: Reach
) -> targets.Target:
    return targets.listed(known, wanted, "put it where its status command finds it, by hand")

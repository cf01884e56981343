# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The reading 'smoke': how far each path went."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.health import http
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt
from ansible_collections.oncall.runbooks.plugins.module_utils.smoke import walk
from ansible_collections.oncall.runbooks.plugins.module_utils.smoke.entry import Path

Reading = dict[str, Any]
TIMED_OUT = 124
# Sent on standard input: neither an address nor a token is in a process list.
PROGRAM = """
import json, sys
given = json.loads({given!r})
def loaded(name):
    space = {{"__name__": name}}
    exec(compile(given[name], name, "exec"), space)
    return space
fetch = loaded("http")["fetch"]
sys.stdout.write(json.dumps(loaded("walk")["walk"](given["steps"], fetch)))
"""
HOST_COMMAND = "python3 -"


def host_program(steps: Sequence[Mapping[str, Any]]) -> str:
    sources = {"http": inspect.getsource(http), "walk": inspect.getsource(walk)}
    given = {**sources, "steps": list(steps)}
    return PROGRAM.format(given=json.dumps(given))


def of_host(path: Path, done: Done) -> Reading:
    try:
        answer: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        said = excerpt(done.stderr or done.stdout)
        return one(path, "client_missing", f"its host has no python3 that asks: {said}")
    return of_answer(path, answer)


def of_answer(path: Path, answer: Mapping[str, Any]) -> Reading:
    if answer["reason"] == "ok":
        return one(path, "ok", "", answer["seconds"])
    step = path.steps[answer["step"] - 1]
    where = f"step {answer['step']} of {len(path.steps)}, {step['method']} {step['url'].partition('?')[0]}"
    return one(path, answer["reason"], f"{where}: {answer['message']}", answer["seconds"])


def of_command(path: Path, done: Done, seconds: float) -> Reading:
    if done.rc == 0:
        return one(path, "ok", "", round(seconds, 4))
    said = excerpt(done.stderr or done.stdout)
    if done.rc == TIMED_OUT:
        return one(path, "timeout", "it did not end in time", round(seconds, 4))
    return one(
        path,
        "command_failed",
        f"status {done.rc}" + (f": {said}" if said else ""),
        round(seconds, 4),
    )


def one(path: Path, reason: str, message: str, seconds: float | None = None) -> Reading:
    return {
        "name": path.name,
        "from": path.place,
        "steps": len(path.steps) or 1,
        "reason": reason,
        "message": message,
        "seconds": seconds,
    }

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Several questions to be asked from one host, all at once and by one program there."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.health import http
from ansible_collections.oncall.runbooks.plugins.module_utils.health.entry import Health
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done

COMMAND = "python3 -"
# What is asked travels on standard input: an address may hold what a process list must not show.
PROGRAM = """
import json, sys, threading
given = json.loads({given!r})
space = {{"__name__": "oncall"}}
exec(compile(given["source"], "http.py", "exec"), space)
answers = {{}}
def ask(name, question):
    answers[name] = space["fetch"](**question)
threads = [threading.Thread(target=ask, args=pair, daemon=True) for pair in given["questions"].items()]
for each in threads: each.start()
for each in threads: each.join()
sys.stdout.write(json.dumps(answers))
"""


def program(questions: Mapping[str, Health]) -> str:
    return of(
        {
            name: {"url": one.url, "statuses": list(one.statuses), "seconds": one.seconds}
            for name, one in questions.items()
        }
    )


def of(questions: Mapping[str, Mapping[str, Any]]) -> str:
    """Each is what http.fetch() takes."""
    given = {"source": inspect.getsource(http), "questions": dict(questions)}
    return PROGRAM.format(given=json.dumps(given))


def answers(done: Done) -> dict[str, Any] | None:
    """By name; None where the host has no python3 that runs it."""
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return None
    return found

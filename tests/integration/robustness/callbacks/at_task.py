# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kills or stops its own run at a given task. AT_TASK says how:

    {"do": "kill", "when": "start", "number": 7}                   the 7th task is about to start
    {"do": "kill all", "when": "during", "name": "Take the lock"}  0.03 s later, with its worker
    {"do": "stop", "when": "start", "name": "Write the intent"}    only stopped, with SIGSTOP

With AT_TASK_LOG the names of all tasks are written there, in their order.
"""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

# Long enough for the worker to be at it, short enough for it not to be done.
DURING_S = 0.03


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "at_task"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.plan: dict[str, Any] = json.loads(os.environ.get("AT_TASK", "{}"))
        self.number = 0
        self.name = ""

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self.number += 1
        self.name = task.get_name().partition(" : ")[2] or task.get_name()
        if log := os.environ.get("AT_TASK_LOG"):
            with Path(log).open("a") as stream:
                stream.write(f"{self.name}\n")
        if not self.here():
            return
        if self.plan["when"] == "start":
            self.act()
        else:
            threading.Timer(self.plan.get("after_s", DURING_S), self.act).start()

    def here(self) -> bool:
        wanted = self.plan.get("number"), self.plan.get("name")
        return wanted[0] == self.number or wanted[1] == self.name

    def act(self) -> None:
        if self.plan["do"] == "kill all":
            for pid in children():
                os.kill(pid, signal.SIGKILL)
        plain = signal.SIGSTOP if self.plan["do"] == "stop" else signal.SIGKILL
        os.kill(os.getpid(), plain)


def children() -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.append(int(stat.parent.name))
    return found

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.chain import entry as chains
from ansible_collections.oncall.runbooks.plugins.module_utils.chain import progress
from ansible_collections.oncall.runbooks.plugins.module_utils.health import http
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.plugin_utils.chain_action import ChainAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION

EACH_S = 5
PAUSE_S = 0.25
# Of fewer nobody could tell one that stands still.
ENOUGH = 4


class Unreadable(Exception):
    """One line: what does not tell the height."""


class ActionModule(ChainAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION, "chain": {"type": "dict", "required": True}}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        asked = chains.indexer(
            f"runbooks_services.{service}.indexer", self.entry(service).get("indexer")
        )
        seconds = run.inputs[service].get("interval_seconds") or EACH_S
        reading = {"message": "", "indexed": None, "head": None, "rate": 0.0, "head_rate": 0.0}
        began, first = time.monotonic(), head(self.arguments["chain"]["nodes"])
        try:
            samples = self._samples(service, asked, seconds)
        except (Unreadable, Unreachable) as error:
            return {"changed": False, "reading": {**reading, "message": str(error)}}
        read_at, last = time.monotonic(), head(self.node_readings(service))
        grown = (last - first) / (read_at - began) if first and last else 0.0
        if last is not None:
            # As it was when the index was looked at last: on a busy machine that is a while ago.
            last -= round(max(0.0, grown) * (read_at - samples[-1][0]))
        reading.update(
            indexed=samples[-1][1],
            head=last,
            rate=progress.rate(samples),
            head_rate=max(0.0, grown),
        )
        return {"changed": False, "reading": reading, "incident_show": self.shown}

    def _samples(self, service: str, asked: chains.Height, seconds: float) -> list[progress.Sample]:
        ends = time.monotonic() + seconds
        samples = []
        while True:
            height = self._height(service, asked)
            samples.append((time.monotonic(), height))
            if time.monotonic() >= ends and len(samples) >= ENOUGH:
                return samples
            self.stay(self.this_run(), PAUSE_S)

    def _height(self, service: str, asked: chains.Height) -> int:
        if asked.url:
            answer = http.fetch(asked.url, [], EACH_S)
            if answer["reason"] != "ok" or answer["status"] != 200:
                raise Unreadable(f"its height cannot be read: {answer['reason']}")
            return number(str(answer["body"]), asked.field)
        done = self.inside(service, shlex.join(asked.argv))
        if done.rc:
            raise Unreadable(f"the command that tells its height ended with {done.rc}")
        return number(done.stdout, asked.field)


def head(nodes: Sequence[Mapping[str, Any]]) -> int | None:
    """Of a chain that is the right one; a node that is behind does not count."""
    found = [
        one["height"]
        for one in nodes
        if one["height"] is not None and one["right_chain"] is not False
    ]
    return max(found, default=None)


def number(output: str, name: str) -> int:
    """From a JSON object, alone or as the last line, or a number alone."""
    for text in (output, output.strip().rpartition("\n")[2]):
        try:
            told = json.loads(text)
        except ValueError:
            continue
        value = told.get(name) if isinstance(told, dict) else told
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    raise Unreadable(f"what tells its height answers no number under {name}")

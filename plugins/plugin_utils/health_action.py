# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking a service how it is: from the controller, from its host, or where it lives."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.health import (
    entry,
    http,
    on_host,
    reading,
    several,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction

# A command that hangs is ended there, not only given up here.
IN_TIME = "if command -v timeout >/dev/null 2>&1; then exec timeout {seconds} {argv}; else exec {argv}; fi"


class HealthAction(PlatformAction):
    def healths(self, services: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The same of several; all that is asked from the host of this task is asked at once."""
        chosen = {name: self._configured(name) for name in services}
        there = {name: one for name, one in chosen.items() if one and one.place == "host"}
        found = self._asked_there(there) if len(there) > 1 else {}
        return {name: found[name] if name in found else self.health(name) for name in services}

    def _asked_there(self, questions: Mapping[str, entry.Health]) -> dict[str, dict[str, Any]]:
        try:
            answers = several.answers(self.shell(several.COMMAND, several.program(questions)))
        except Unreachable as error:
            return {name: reading.unreachable(one, str(error)) for name, one in questions.items()}
        return {
            name: reading.of_answer(questions[name], answer)
            for name, answer in (answers or {}).items()
        }

    def _configured(self, service: str) -> entry.Health | None:
        path = f"runbooks_services.{service}.health"
        return entry.of(path, self.entry(service).get("health"))

    def health(self, service: str) -> dict[str, Any]:
        health = self._configured(service)
        if health is None:
            return reading.not_configured()
        try:
            return self._asked(service, health)
        except Unreachable as error:
            return reading.unreachable(health, str(error))

    def _asked(self, service: str, health: entry.Health) -> dict[str, Any]:
        if health.place == "controller":
            answer = http.fetch(health.url, list(health.statuses), health.seconds)
            return reading.of_answer(health, answer)
        if health.place == "host":
            done = self.shell(*on_host.script(health))
            return reading.of_answer(health, on_host.answer(health, done))
        began = time.monotonic()
        command = IN_TIME.format(seconds=health.seconds, argv=shlex.join(health.argv))
        done = self.inside(service, command)
        return reading.of_command(health, done, time.monotonic() - began)

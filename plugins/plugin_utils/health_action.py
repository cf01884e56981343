# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asking a service how it is: from the controller, from its host, or where it lives."""

from __future__ import annotations

import shlex
import time
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.health import (
    entry,
    http,
    on_host,
    reading,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction

# A command that hangs is ended there, not only given up here.
IN_TIME = "if command -v timeout >/dev/null 2>&1; then exec timeout {seconds} {argv}; else exec {argv}; fi"


class HealthAction(PlatformAction):
    def health(self, service: str) -> dict[str, Any]:
        path = f"runbooks_services.{service}.health"
        health = entry.of(path, self.entry(service).get("health"))
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

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Walking a service's critical paths: from the controller, from its host, or where it lives."""

from __future__ import annotations

import os
import shlex
import time
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.health import http
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.private_file import read_private
from ansible_collections.oncall.runbooks.plugins.module_utils.smoke import entry, reading, walk
from ansible_collections.oncall.runbooks.plugins.plugin_utils.health_action import (
    IN_TIME,
    HealthAction,
)


class SmokeAction(HealthAction):
    def smoke(self, service: str) -> dict[str, Any]:
        paths = entry.of(f"runbooks_services.{service}", self.entry(service))
        return {"paths": [self._walked(service, path) for path in paths]}

    def _walked(self, service: str, path: entry.Path) -> dict[str, Any]:
        if self.check_mode and not path.only_reads:
            said = "it may make something, so it is not run in check mode"
            return reading.one(path, "not_run", said)
        try:
            return self._run_path(service, path)
        except Unreachable as error:
            return reading.one(path, "host_unreachable", str(error))

    def _run_path(self, service: str, path: entry.Path) -> dict[str, Any]:
        if path.argv:
            began = time.monotonic()
            words = {"seconds": entry.COMMAND_SECONDS, "argv": shlex.join(path.argv)}
            done = self.inside(service, IN_TIME.format(**words))
            return reading.of_command(path, done, time.monotonic() - began)
        steps = [with_bearer(step, bearer(service, path)) for step in path.steps]
        if path.place == "controller":
            return reading.of_answer(path, walk.walk(steps, http.fetch))
        done = self.shell(reading.HOST_COMMAND, reading.host_program(steps))
        return reading.of_host(path, done)


def with_bearer(step: Any, token: str) -> dict[str, Any]:
    headers = {**step["headers"], **({"Authorization": f"Bearer {token}"} if token else {})}
    return {**step, "headers": headers}


def bearer(service: str, path: entry.Path) -> str:
    """Read here and now, on the controller; never kept."""
    where = f"runbooks_services.{service}.smoke.{path.name}"
    if not path.bearer:
        return ""
    if "bearer_env" in path.bearer:
        token = os.environ.get(path.bearer["bearer_env"], "")
        problem = "is not set"
    else:
        token, problem = "", "is empty"
        try:
            token = read_private(path.bearer["bearer_file"]).strip()
        except (OSError, ValueError) as error:
            problem = str(getattr(error, "strerror", None) or error)
    if not token or not token.isprintable() or not token.isascii():
        name, place = next(iter(path.bearer.items()))
        raise InputError(f"{where}.{name}: {place} {problem}; for example bearer_env: API_TOKEN")
    return token

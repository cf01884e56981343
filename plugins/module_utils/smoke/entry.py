# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalog's smoke entry: named paths, judged before anything is asked.

smoke:
  create_task:
    from: host                          # or controller, which is the default
    bearer_file: /etc/oncall/api.token  # or bearer_env: both are the controller's
    steps:
      - {url: http://127.0.0.1:3001/tasks, method: POST, json: {title: probe}, status: 201, keep: {task: id}}
      - {url: "http://127.0.0.1:3001/tasks/${task}", body: completed, within_seconds: 30}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.entries import (
    known_keys,
    mapping,
    one_of,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.health.entry import (
    PLACES,
    SECONDS,
    checked_url,
    command,
    statuses,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import (
    SECRET_NAME,
    Input,
    refusal,
)

PATH_KEYS = ("from", "bearer_file", "bearer_env", "steps")
STEP_KEYS = (
    "url",
    "method",
    "json",
    "headers",
    "status",
    "body",
    "keep",
    "seconds",
    "within_seconds",
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
READS = ("GET", "HEAD")
EXAMPLE = "smoke: {login: {steps: [{url: http://127.0.0.1:3001/login, status: 200}]}}"
WITHIN = Input("within_seconds", 0, 0, 600, "seconds", "ask again until it answers so")
COMMAND = "command"
COMMAND_SECONDS = 120


@dataclass(frozen=True)
class Path:
    """One of the service's critical paths: steps, or the argv of a command that runs where it lives."""

    name: str
    place: str = "inside"
    steps: tuple[Mapping[str, Any], ...] = ()
    argv: tuple[str, ...] = ()
    bearer: Mapping[str, str] | None = None  # bearer_file or bearer_env

    @property
    def only_reads(self) -> bool:
        return bool(self.steps) and all(step["method"] in READS for step in self.steps)


def of(path: str, entry: Mapping[str, Any], local: bool = True) -> list[Path]:
    """All of a service's; `path` is that of its catalog entry."""
    found = []
    given = mapping(f"{path}.smoke", entry.get("smoke", {}), EXAMPLE)
    for name, one in given.items():
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
            raise refusal(f"{path}.smoke", name, "names of letters, digits, '_' and '-'", EXAMPLE)
        found.append(one_path(f"{path}.smoke.{name}", name, one, local))
    argv = (entry.get("commands") or {}).get("smoke")
    if argv is not None:
        words = command(f"{path}.commands.smoke", {"command": argv})
        found.append(Path(COMMAND, argv=words))
    return found


def one_path(path: str, name: str, given: object, local: bool) -> Path:
    entry = mapping(path, given, EXAMPLE)
    known_keys(path, entry, PATH_KEYS)
    place = entry.get("from", "controller")
    one_of(f"{path}.from", place, PLACES)
    bearer = {key: str(entry[key]) for key in ("bearer_file", "bearer_env") if key in entry}
    if len(bearer) > 1:
        raise refusal(
            path, sorted(bearer), "one of bearer_file and bearer_env", "bearer_env: API_TOKEN"
        )
    steps = entry.get("steps")
    if not isinstance(steps, (list, tuple)) or not steps:
        raise refusal(f"{path}.steps", steps, "a list of requests", EXAMPLE)
    far = place == "controller" and not local
    read = tuple(
        one_step(f"{path}.steps.{number}", step, far) for number, step in enumerate(steps, 1)
    )
    return Path(name, place, read, bearer=bearer or None)


def one_step(path: str, given: object, far: bool) -> dict[str, Any]:
    entry = mapping(path, given, EXAMPLE)
    known_keys(path, entry, STEP_KEYS)
    method = entry.get("method", "GET")
    one_of(f"{path}.method", method, METHODS)
    headers = {
        str(k): str(v)
        for k, v in mapping(f"{path}.headers", entry.get("headers", {}), EXAMPLE).items()
    }
    for name, value in headers.items():
        secret = SECRET_NAME.search(name) or name.lower() in ("authorization", "cookie")
        if secret or not re.fullmatch(r"[!-9;-~]+", name) or not value.isprintable():
            allowed = "a plain header; a credential is a bearer_file or bearer_env of the path"
            raise refusal(
                f"{path}.headers.{name}", "it", allowed, "headers: {Accept: application/json}"
            )
    data = json.dumps(entry["json"]) if "json" in entry else ""
    body = entry.get("body", "")
    if not isinstance(body, str):
        raise refusal(f"{path}.body", body, "a text that the answer holds", "body: completed")
    return {
        "url": checked_url(f"{path}.url", entry.get("url"), far),
        "method": method,
        "data": data,
        "headers": {**headers, **({"Content-Type": "application/json"} if data else {})},
        "statuses": list(statuses(path, entry)),
        "body": body,
        "keep": kept(f"{path}.keep", entry.get("keep", {})),
        "seconds": SECONDS.parse(entry.get("seconds", SECONDS.default), f"{path}.seconds"),
        "within_seconds": WITHIN.parse(entry.get("within_seconds", 0), f"{path}.within_seconds"),
    }


def kept(path: str, given: object) -> dict[str, str]:
    entry = mapping(path, given, "keep: {task: id}")
    for name, place in entry.items():
        if not str(name).isidentifier() or not isinstance(place, str) or not place:
            raise refusal(
                path, {name: place}, "names and where they stand in the answer", "keep: {task: id}"
            )
    return dict(entry)

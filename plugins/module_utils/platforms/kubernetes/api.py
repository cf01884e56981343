# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked of a cluster, and how it may refuse. The client itself is injected."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Unreachable,
)

Object = dict[str, Any]
Query = Mapping[str, str]
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
MESSAGE_MAX = 300


class Api(Protocol):
    def get(self, path: str, query: Query | None = None) -> Object: ...
    def text(self, path: str, query: Query | None = None) -> str: ...
    def post(self, path: str, body: Object) -> Object: ...
    def patch(self, path: str, body: Object, form: str, dry_run: bool) -> Object: ...
    def delete(self, path: str) -> Object: ...
    def execute(self, path: str, container: str, argv: Sequence[str], stdin: str) -> Done: ...


class ApiError(Unreachable):
    """No answer, or one that says no. `reason` is one of the check 'workload'."""

    def __init__(self, message: str, reason: str = "apiserver_unavailable") -> None:
        super().__init__(message)
        self.reason = reason


class Forbidden(ApiError):
    """The credentials do not reach so far; the message names verb and resource."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "forbidden")


class NotFound(ApiError):
    """The object, or the kind of object, is not there."""


class Conflict(ApiError):
    """The object is another one than the one that was read."""


class Rejected(ApiError):
    """The API server, or an admission check of it, does not take what was sent."""


def error(status: int, body: str, doing: str) -> ApiError:
    """An answer that is no success, as one line."""
    said = message(body)
    if status in (401, 403):
        who = "the API server does not know these credentials" if status == 401 else said
        return Forbidden(f"{doing} is forbidden: {who}")
    if status == 404:
        return NotFound(f"{doing}: {said or 'it is not there'}")
    if status == 409:
        return Conflict(f"{doing}: {said or 'somebody else changed it meanwhile'}")
    if status == 429 or status >= 500:
        return ApiError(f"the API server answers {status} to {doing}: {said or 'no reason given'}")
    return Rejected(f"{doing} was not accepted ({status}): {said or 'no reason given'}")


def message(body: str) -> str:
    """What a Status object says, in one bounded line; a proxy's page says nothing of use."""
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    said = answer.get("message") if isinstance(answer, dict) else None
    line = " ".join(str(said or "").split())
    return line if len(line) <= MESSAGE_MAX else f"{line[:MESSAGE_MAX]}…"

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One path, step by step: what an answer brings, the next step may use.

Only the standard library, and nothing newer than Python 3.7: this text is also sent to a
service's host and run there by its own python3, beside health/http.py, whose fetch() it is given.
"""

from __future__ import annotations

import json
import string
import time
import urllib.parse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

PAUSE_S = 0.5


def walk(
    steps: Sequence[Mapping[str, Any]],
    fetch: Callable[..., Mapping[str, Any]],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """How far it went: reason, message, step (the one that failed, from 1), seconds."""
    kept: dict[str, str] = {}
    began = clock()
    answer: dict[str, Any] = {"reason": "ok", "message": "", "step": 0, "status": None}
    for number, step in enumerate(steps, start=1):
        ends = clock() + step["within_seconds"]
        while True:
            reason, message, status = once(step, kept, fetch)
            if reason == "ok" or clock() >= ends:
                break
            sleep(PAUSE_S)
        if reason != "ok":
            answer.update(reason=reason, message=message, step=number, status=status)
            break
    answer["seconds"] = round(clock() - began, 4)
    return answer


def once(
    step: Mapping[str, Any], kept: dict[str, str], fetch: Callable[..., Mapping[str, Any]]
) -> tuple[str, str, int | None]:
    """One request; what it brings goes into `kept`."""
    answer = fetch(
        filled(step["url"], kept, urllib.parse.quote),
        step["statuses"],
        step["seconds"],
        method=step["method"],
        data=filled(step["data"], kept, lambda text: json.dumps(text)[1:-1]),
        headers=step["headers"],
    )
    reason, message, status = answer["reason"], answer["message"], answer["status"]
    if reason != "ok":
        return reason, message, status
    wanted = step["statuses"] or range(200, 300)
    if status not in wanted:
        said = " or ".join(map(str, step["statuses"])) or "200 to 299"
        return "wrong_status", f"{status} instead of {said}", status
    if filled(step["body"], kept, str) not in answer["body"]:
        return "wrong_body", "the answer does not hold {!r}".format(step["body"]), status
    for name, path in step["keep"].items():
        value = at(answer["body"], path)
        if value is None:
            return "not_kept", f"the answer has no {path}", status
        kept[name] = value
    return "ok", "", status


def at(body: str, path: str) -> str | None:
    """The value at a path as task.id or items.0.id of a JSON answer; None when there is none."""
    try:
        value = json.loads(body)
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    return str(value) if isinstance(value, (str, int, float)) else None


def filled(text: str, kept: Mapping[str, str], quoted: Callable[[str], str]) -> str:
    """${name} as the value that was kept under that name."""
    return string.Template(text).safe_substitute({k: quoted(v) for k, v in kept.items()})

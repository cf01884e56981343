# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the end of a service's log tells of limits: requests that it refused itself, and a limit that others
keep against it. Pure functions."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.rate_limit import client
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds as seconds_of
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp

SHOWN = 5
METHOD = r"\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\b"
# A line of an access log with its status: nginx's, or a program's own.
ACCESS = re.compile(rf"{METHOD}\s+\S+(?:\s+HTTP/[\d.]+\"?)?\s+(?P<status>\d{{3}})\b")
JSON_STATUS = re.compile(r"\"(?:status|statusCode|status_code)\"\s*:\s*(?P<status>\d{3})\b")
# An access line speaks of who asks; these speak of whom the service asks.
UPSTREAM = re.compile(r"\b429\b|too many requests|rate.?limit(?:ed)?\b", re.IGNORECASE)
OWN_REFUSAL = re.compile(r"rate.?limit exceeded for (?P<client>\S+)", re.IGNORECASE)
AFTER = re.compile(
    r"retry.?after[\"']?\s*[:=]?\s*[\"']?(?P<seconds>\d{1,6})(?![\d-])", re.IGNORECASE
)
ADDRESS = re.compile(
    r"(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}|(?:[0-9A-Fa-f]{0,4}:){3,7}[0-9A-Fa-f]{1,4})(?![\w.:])"
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z")


def read(text: str, now: float) -> dict[str, Any]:
    refused: Counter[str] = Counter()
    requests = own = upstream = 0
    until = None
    for line in text.splitlines():
        access = ACCESS.search(line) or JSON_STATUS.search(line)
        if access:
            requests += 1
            if access["status"] == "429":
                own += 1
                refused[_client(line)] += 1
        elif not OWN_REFUSAL.search(line) and UPSTREAM.search(line):
            upstream += 1
            until = max(filter(None, (until, _until(line, now))), default=None)
    refused.pop("", None)
    return {
        "requests": requests,
        "refused": own,
        "upstream": upstream,
        "until": stamp(until) if until else None,
        "waits_s": max(0, round(until - now)) if until else None,
        "top": [{"client": name, "refused": n} for name, n in refused.most_common(SHOWN)],
    }


def _client(line: str) -> str:
    found = ADDRESS.search(line)
    return client.shown(found[0]) if found else ""


def _until(line: str, now: float) -> float | None:
    """By the line's own moment; without one it was written just now at the latest."""
    found = AFTER.search(line)
    if not found:
        return None
    moment = MOMENT.search(line)
    began = seconds_of(moment[0].replace(" ", "T")) if moment else now
    return min(began, now) + int(found["seconds"])

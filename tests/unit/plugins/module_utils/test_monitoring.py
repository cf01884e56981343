# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Active alerts, as the two systems answer them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import monitoring

ALERTMANAGER = [
    {"labels": {"alertname": "B"}, "status": {"state": "active"}},
    {"labels": {"alertname": "S"}, "status": {"state": "suppressed"}},
]
PROMETHEUS = {
    "data": {
        "alerts": [
            {"labels": {"alertname": "A"}, "state": "firing"},
            {"labels": {"alertname": "P"}, "state": "pending"},
        ]
    }
}


def fetching(answer: Any, asked: list[str]) -> Any:
    def fetch(url: str, statuses: list[int], seconds: float) -> dict[str, Any]:
        asked.append(url)
        return answer if "reason" in answer else ok(answer)

    return fetch


def ok(body: Any, status: int = 200) -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    return {"reason": "ok", "message": "", "status": status, "body": text}


@pytest.mark.parametrize(
    ("urls", "answer", "firing", "refused"),
    [
        ({"alertmanager": "http://a/"}, ok(ALERTMANAGER), ["B"], False),
        ({"prometheus": "http://p"}, ok(PROMETHEUS), ["A"], False),
        ({"alertmanager": "http://a", "prometheus": "http://p"}, ok(ALERTMANAGER), ["B"], False),
        ({"alertmanager": "http://a"}, ok([]), [], False),
        ({"alertmanager": "http://a"}, ok("<html>"), [], True),
        ({"alertmanager": "http://a"}, ok({"x": 1}), [], True),
        ({"prometheus": "http://p"}, ok([], 500), [], True),
        (
            {"prometheus": "http://p"},
            {"reason": "timeout", "message": "no answer within 5 s", "status": None, "body": ""},
            [],
            True,
        ),
    ],
)
def test_what_is_active(urls: Any, answer: Any, firing: list[str], refused: bool) -> None:
    asked: list[str] = []
    found = monitoring.active(urls, fetching(answer, asked))
    assert found is not None
    assert (found["firing"], bool(found["refused"])) == (firing, refused)
    assert asked[0].startswith(("http://a/api/v2/alerts?", "http://p/api/v1/alerts"))


def test_nothing_is_asked_where_nothing_is_configured() -> None:
    asked: list[str] = []
    assert monitoring.active({"alertmanager": None}, fetching(ok([]), asked)) is None
    assert asked == []

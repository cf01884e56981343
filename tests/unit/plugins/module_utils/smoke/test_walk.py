# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A path, step by step, against answers as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.smoke import entry, walk

STEP = {
    "url": "http://x/", "method": "GET", "data": "", "headers": {}, "statuses": [], "body": "", "keep": {},
    "seconds": 5, "within_seconds": 0,
}  # fmt: skip


def step(**more: Any) -> dict[str, Any]:
    return {**STEP, **more}


def answers(*given: tuple[int, str]) -> tuple[Callable[..., Any], list[tuple[str, str]]]:
    asked: list[tuple[str, str]] = []
    ahead: Iterator[tuple[int, str]] = iter(given)

    def fetch(url: str, statuses: list[int], seconds: float, **more: Any) -> dict[str, Any]:
        asked.append((url, more["data"]))
        status, body = next(ahead)
        if not status:
            return {"reason": "timeout", "message": "no answer", "status": None, "body": ""}
        return {"reason": "ok", "message": "", "status": status, "body": body}

    return fetch, asked


def walked(
    steps: list[dict[str, Any]], *given: tuple[int, str]
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    fetch, asked = answers(*given)
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return walk.walk(steps, fetch, lambda: now[0], sleep), asked


@pytest.mark.parametrize(
    ("steps", "given", "reason", "at"),
    [
        ([step()], [(200, "")], "ok", 0),
        ([step()], [(204, "")], "ok", 0),
        ([step()], [(500, "")], "wrong_status", 1),
        ([step(statuses=[201])], [(200, "")], "wrong_status", 1),
        ([step(body="done")], [(200, "all done")], "ok", 0),
        ([step(body="done")], [(200, "running")], "wrong_body", 1),
        ([step(), step()], [(200, ""), (0, "")], "timeout", 2),
        ([step(keep={"id": "a.b"})], [(200, '{"a": {}}')], "not_kept", 1),
        ([step(keep={"id": "a.b"})], [(200, "<html>")], "not_kept", 1),
        ([step(body="done", within_seconds=1)], [(200, ""), (200, ""), (200, "done")], "ok", 0),
        ([step(body="done", within_seconds=1)], [(200, "")] * 3, "wrong_body", 1),
    ],
)
def test_how_far_it_goes(steps: Any, given: Any, reason: str, at: int) -> None:
    answer, asked = walked(steps, *given)
    assert (answer["reason"], answer["step"]) == (reason, at)
    assert len(asked) == len(given)


def test_what_is_kept_is_used_and_quoted() -> None:
    steps = [
        step(keep={"id": "items.0.id"}),
        step(url="http://x/${id}?a=${id}", data='{"a": "${id}"}', body="<${id}>"),
    ]
    answer, asked = walked(steps, (200, r'{"items": [{"id": "a b\""}]}'), (200, '<a b">'))
    assert answer["reason"] == "ok"
    assert asked[1] == ("http://x/a%20b%22?a=a%20b%22", r'{"a": "a b\""}')


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a", "1"),
        ("b.c", "x"),
        ("d.1", "5"),
        ("e", None),
        ("d.9", None),
        ("b", None),
        ("a.b", None),
    ],
)
def test_a_path_into_an_answer(path: str, value: str | None) -> None:
    assert walk.at('{"a": 1, "b": {"c": "x"}, "d": [4, 5]}', path) == value


def test_what_only_reads() -> None:
    get = {"steps": [{"url": "http://127.0.0.1/"}]}
    post = {"steps": [{"url": "http://127.0.0.1/"}, {"url": "http://127.0.0.1/", "method": "POST"}]}
    found = entry.of("x", {"smoke": {"a": get, "b": post}, "commands": {"smoke": ["true"]}})
    assert [(path.name, path.only_reads) for path in found] == [
        ("a", True),
        ("b", False),
        ("command", False),
    ]


def test_a_loopback_address_of_a_far_service_is_refused() -> None:
    with pytest.raises(ValueError, match="loopback"):
        entry.of("x", {"smoke": {"a": {"steps": [{"url": "http://127.0.0.1/"}]}}}, local=False)

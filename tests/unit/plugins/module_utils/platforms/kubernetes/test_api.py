# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an answer that is no success means."""

from __future__ import annotations

import json

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import api

FORBIDDEN = (
    'deployments.apps "api" is forbidden: User "reader" cannot patch resource "deployments" in API '
    'group "apps" in the namespace "shop"'
)


def status(message: str) -> str:
    return json.dumps({"kind": "Status", "status": "Failure", "message": message})


@pytest.mark.parametrize(
    ("code", "body", "kind", "reason", "said"),
    [
        (403, status(FORBIDDEN), api.Forbidden, "forbidden", 'cannot patch resource "deployments"'),
        (401, status("Unauthorized"), api.Forbidden, "forbidden", "does not know these credentials"),
        (404, status('pods "x" not found'), api.NotFound, "apiserver_unavailable", '"x" not found'),
        (409, status("the object has been modified"), api.Conflict, "apiserver_unavailable", "modified"),
        (422, status("Invalid value"), api.Rejected, "apiserver_unavailable", "not accepted (422)"),
        (429, status("too many requests"), api.ApiError, "apiserver_unavailable", "answers 429"),
        (503, "<html>a proxy</html>", api.ApiError, "apiserver_unavailable", "no reason given"),
        (500, "[]", api.ApiError, "apiserver_unavailable", "answers 500"),
    ],
)  # fmt: skip
def test_each_way_to_say_no(code: int, body: str, kind: type, reason: str, said: str) -> None:
    found = api.error(code, body, "patch /x")
    assert found.__class__ is kind
    assert found.reason == reason
    assert said in str(found)
    assert "patch /x" in str(found)


def test_a_message_is_one_bounded_line() -> None:
    assert api.message(status("a\n  b")) == "a b"
    assert len(api.message(status("x" * 1000))) == api.MESSAGE_MAX + 1

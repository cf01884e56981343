# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which lines of which containers are asked for; the answers are those of a real API server."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import logs
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.platforms.kubernetes import (
    captured,
)


class Told:
    def __init__(self) -> None:
        self.answers = json.loads(captured.ANSWERS.read_text())
        self.asked: list[tuple[str, dict[str, str]]] = []

    def get(self, path: str, _query: Any = None) -> dict[str, Any]:
        return {"items": self.answers[path.rpartition("/")[2]], "metadata": {}}

    def text(self, path: str, query: dict[str, str]) -> str:
        self.asked.append((path, query))
        return "a line\n"


@pytest.mark.parametrize(("minutes", "since"), [(None, None), (10, "600")])
def test_what_is_asked_for(minutes: int | None, since: str | None) -> None:
    api: Any = Told()
    (workload,) = api.answers["deployment"]
    found = logs.of(api, workload, captured.SECTION, 100, minutes)
    assert len(found) == len(api.asked)
    # Of one that was restarted what it wrote before that is wanted, too.
    assert {query["previous"] for _path, query in api.asked} == {"true", "false"}
    for path, query in api.asked:
        assert path.endswith("/log") and query["container"]
        assert (query["tailLines"], query.get("sinceSeconds")) == ("100", since)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import tasks
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import texts


@pytest.mark.parametrize(
    ("action", "collection", "ours", "speaks"),
    [
        ("oncall.runbooks.incident_open", None, True, True),
        ("ansible.builtin.command", "oncall.runbooks", True, False),
        ("ansible.builtin.command", "acme.web", False, False),
        ("command", None, False, False),
        ("ansible.builtin.assert", None, False, True),
        ("fail", None, False, True),
        ("oncall.runbooksx.fake", None, False, False),
    ],
)
def test_whose_a_task_is(action: str, collection: str | None, ours: bool, speaks: bool) -> None:
    role = SimpleNamespace(_role_name="x", _role_collection=collection) if collection else None
    task = SimpleNamespace(action=action, _role=role)
    assert (tasks.is_ours(task), tasks.speaks_for_itself(task)) == (ours, speaks)


@pytest.mark.parametrize(
    ("host", "expected"), [("", "  · ok       x"), ("db", "  · ok       x (db)")]
)
def test_line(host: str, expected: str) -> None:
    assert texts(tasks.line("ok", "x", host)) == [expected]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A selector that is read wrongly takes the pods of somebody else."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import selectors

LABELS = {"app": "api", "tier": "web"}


def expression(operator: str, *values: str, key: str = "tier") -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("selector", "matched", "text"),
    [
        ({"matchLabels": {"app": "api"}}, True, "app=api"),
        ({"matchLabels": {"app": "api", "tier": "db"}}, False, "app=api,tier=db"),
        (expression("In", "web", "db"), True, "tier in (web,db)"),
        (expression("In", "db"), False, "tier in (db)"),
        (expression("NotIn", "db"), True, "tier notin (db)"),
        (expression("NotIn", "db", key="zone"), True, "zone notin (db)"),
        (expression("Exists"), True, "tier"),
        (expression("DoesNotExist"), False, "!tier"),
        (expression("DoesNotExist", key="zone"), True, "!zone"),
        ({"matchLabels": {"app": "web"}, **expression("Exists")}, False, "app=web,tier"),
    ],
)
def test_matched_here_and_written_for_the_api(
    selector: dict[str, Any], matched: bool, text: str
) -> None:
    assert selectors.matches(selector, LABELS) is matched
    assert selectors.text(selector) == text

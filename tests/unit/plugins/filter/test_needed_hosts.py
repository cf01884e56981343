# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.oncall.runbooks.plugins.filter.needed_hosts import needed_hosts

CATALOG: dict[str, dict[str, Any]] = {
    "web": {"depends_on": ["api"], "platform": "compose"},
    "api": {"depends_on": ["db", "mail"], "platform": "compose"},
    "db": {"platform": "systemd"},
    "mail": {"platform": "external"},
    "broken": {"depends_on": ["nowhere"]},
    "circle": {"depends_on": ["circle"]},
}
GROUPS: dict[str, list[str]] = {
    "all": ["web", "api-1", "api-2", "db", "mail", "broken", "circle"],
    "api": ["api-1", "api-2"],
}


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["db"], ["db"]),
        (["api-1"], ["db", "api-1"]),  # a host of a group that is a service
        (["web"], ["db", "api-1", "api-2", "web"]),
        (["web", "db"], ["db", "api-1", "api-2", "web"]),
        (["mail"], ["mail"]),  # asked for by name
        (["broken"], ["broken"]),  # the error is told when the incident is opened
        (["circle"], ["circle"]),
    ],
)
def test_needed(hosts: list[str], expected: list[str]) -> None:
    assert needed_hosts(CATALOG, hosts, GROUPS) == expected


def test_a_group_of_that_name_would_be_acted_on() -> None:
    with pytest.raises(AnsibleFilterError, match="runbooks_needed"):
        needed_hosts(CATALOG, ["db"], {**GROUPS, "runbooks_needed": ["web"]})

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter as a playbook calls it; what it decides is tested with the decision."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.oncall.runbooks.plugins.filter.unit_instances import FilterModule

FILTER = FilterModule().filters()["unit_instances"]


def test_numbers_may_come_as_text() -> None:
    assert FILTER([], "w@*.service", "1") == [{"unit": "w@1.service", "state": "started"}]


def test_a_refusal_is_one_line() -> None:
    with pytest.raises(AnsibleFilterError, match=r"refused: replicas: shop\.service is one unit"):
        FILTER([], "shop.service", 2)

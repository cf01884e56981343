# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which instances of a template are started and stopped."""

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import instance
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd.scaling import steps


def worker(name: str, state: str = "running") -> dict[str, object]:
    return instance(f"w@{name}.service", state)


@pytest.mark.parametrize(
    ("instances", "replicas", "expected"),
    [
        ([], 2, ["+1", "+2"]),
        ([worker("1")], 3, ["+2", "+3"]),
        ([worker("1"), worker("2"), worker("3")], 1, ["-3", "-2"]),
        ([worker("1"), worker("2")], 2, []),
        # A free number is filled, and by number, not by name.
        ([worker("1"), worker("3")], 3, ["+2"]),
        ([worker("2"), worker("10")], 1, ["-10"]),
        # One that failed is started when it stays, and stopped when it does not.
        ([worker("1", "stopped"), worker("2")], 2, ["+1"]),
        ([worker("1"), worker("2", "stopped")], 1, ["-2"]),
        ([worker("1", "restarting")], 1, []),
    ],
)  # fmt: skip
def test_steps(instances: list[dict[str, object]], replicas: int, expected: list[str]) -> None:
    signs = {"started": "+", "stopped": "-"}
    found = steps(instances, "w@*.service", replicas)
    assert [f"{signs[one['state']]}{one['unit'][2:-8]}" for one in found] == expected
    assert steps(instances, "w@*", replicas) == found


@pytest.mark.parametrize(
    ("unit", "instances", "replicas", "problem"),
    [
        ("shop.service", [], 2, "is one unit"),
        ("w@*", [], 0, "allowed is 1 to 1000"),
        ("w@*", [], 1001, "allowed is 1 to 1000"),
        ("w@*", [worker("blue")], 2, "no numbered instance"),
        ("w@*", [worker("01")], 2, "no numbered instance"),
    ],
)
def test_refused(
    unit: str, instances: list[dict[str, object]], replicas: int, problem: str
) -> None:
    with pytest.raises(InputError, match=problem):
        steps(instances, unit, replicas)

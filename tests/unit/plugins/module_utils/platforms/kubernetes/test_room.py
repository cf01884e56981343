# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a node has promised to its pods."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import room

MIB = 2**20


def pod(*resources: Any, phase: str = "Running") -> dict[str, Any]:
    return {
        "spec": {"containers": [{"resources": one} for one in resources]},
        "status": {"phase": phase},
    }


@pytest.mark.parametrize(
    ("pods", "mebibytes"),
    [
        ([], 0),
        ([pod({"requests": {"memory": "64Mi"}, "limits": {"memory": "1Gi"}})], 64),
        ([pod({"limits": {"memory": "32Mi"}})], 32),
        ([pod({}, None, {"requests": {"cpu": "1"}})], 0),
        ([pod({"requests": {"memory": "1Mi"}}, {"requests": {"memory": "2Mi"}})] * 2, 6),
        ([pod({"requests": {"memory": "8Mi"}}, phase="Succeeded")], 0),
    ],
)
def test_promised(pods: list[Any], mebibytes: int) -> None:
    assert room.promised(pods) == mebibytes * MIB

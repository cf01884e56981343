# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From which age on a node is behind its chain: the variables of all scenarios about one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input, InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.verdicts import FAIL_S, WARN_S

INPUTS = (
    Input(
        "warn_age_seconds", WARN_S, 1, 86400, "seconds", "warn when the newest block is this old"
    ),
    Input(
        "crit_age_seconds", FAIL_S, 2, 86400, "seconds", "a node with a block this old is no use"
    ),
)
BEHIND = Input(
    "max_behind_blocks", 50, 1, 10**6, "blocks", "a node this far behind another one is no use"
)


def behind(inputs: Mapping[str, Any]) -> int:
    return int(inputs.get("max_behind_blocks") or BEHIND.default or 0)


def limits(inputs: Mapping[str, Any]) -> tuple[int, int]:
    return inputs.get("warn_age_seconds") or WARN_S, inputs.get("crit_age_seconds") or FAIL_S


def contradictions(values: Mapping[str, Any]) -> None:
    warn, crit = limits(values)
    if warn >= crit:
        raise InputError(
            f"warn_age_seconds: got {warn}, with crit_age_seconds {crit}; allowed is less than that; "
            "for example -e warn_age_seconds=30 -e crit_age_seconds=60"
        )

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is used of a server, against warn_percent and crit_percent: what contradicts, and how many are too many."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError


def contradictions(values: Mapping[str, Any]) -> None:
    warn, crit = values["warn_percent"], values["crit_percent"]
    if warn is not None and crit is not None and warn >= crit:
        raise InputError(
            f"warn_percent: got {warn}, with crit_percent {crit}; allowed is a warning below the critical threshold; "
            "for example -e warn_percent=80 -e crit_percent=95"
        )


def too_many(used: int, slots: int, warn_percent: int) -> int:
    """How many must go for usage to be below the warning threshold."""
    return max(0, used - (math.ceil(slots * warn_percent / 100) - 1))

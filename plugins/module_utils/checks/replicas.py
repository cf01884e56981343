# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How many instances there are, held against the number that was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import number

PROBE = "workload"
REASONS = ("not_at_target", "number_unknown")


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    wanted, now = inputs.get("replicas"), number(reading)
    if wanted is None:
        return []
    if reading["refused"] or now is None:
        return [
            finding("unknown", "number_unknown", "nobody tells how many instances there should be")
        ]
    said = (
        f"{now} instances run" if reading["desired"] is None else f"there should be {now} instances"
    )
    if now == wanted:
        return [finding("ok", "ok", said, now, "instances", wanted)]
    return [
        finding(
            "warn", "not_at_target", f"{said}, {wanted} are asked for", now, "instances", wanted
        )
    ]

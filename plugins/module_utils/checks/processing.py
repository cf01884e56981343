# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the service take on work? Only told; value is the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.services.modes import UNKNOWN

PROBE = "mode"
REASONS: tuple[str, ...] = ()


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    """Where the catalog has no command that tells, there is nothing to say."""
    if reading["state"] == UNKNOWN:
        return []
    paused = reading["state"] == "entered"
    return [
        finding("ok", "ok", f"processing is {'paused' if paused else 'running'}", reading["state"])
    ]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long is the certificate good for that its health was asked over? One that has ended is a finding of `health`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "health"
REASONS = ("ends_soon",)
DAY_S = 86400


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    """Nothing where no TLS was spoken, or whoever asked does not tell (curl and wget on a host)."""
    left = reading["certificate_seconds"]
    if left is None:
        return []
    days, most = int(left // DAY_S), inputs["certificate_days"]
    said = f"the certificate of {reading['target']} ends in {days} days"
    if days < most:
        return [finding("warn", "ends_soon", f"{said}: renew it", days, "days", most)]
    return [finding("ok", "ok", said, days, "days", most)]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is there a node that is fresh, of the right chain, and not behind? One that answers with 200 may be none of that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.chain import thresholds
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.ton import client, verdicts

PROBE = "chain"
REASONS = (*client.REASONS, *verdicts.NODE_REASONS)


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    warn, fail = thresholds.limits(inputs)
    most = thresholds.behind(inputs)
    told = verdicts.nodes([*reading["nodes"]], warn, fail, most)
    return [
        finding(*one[:3], value=one.value, unit=one.unit, threshold=one.threshold) for one in told
    ]

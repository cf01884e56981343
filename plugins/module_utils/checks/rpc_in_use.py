# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the node that the service is set to serve it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.chain import thresholds
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import chain_nodes
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.ton import verdicts

PROBE = "chain"
REASONS = chain_nodes.REASONS


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    """Where its setting cannot be read, it is taken for the first one."""
    number = reading["in_use"]
    warn, fail = thresholds.limits(inputs)
    found = verdicts.node(reading["nodes"][number or 0], warn, fail, thresholds.behind(inputs))
    said = f"in use is node {(number or 0) + 1} of {len(reading['nodes'])}: {found.summary}"
    if number is None:
        said = said.replace("in use is", "in use should be", 1)
    return [finding(found.severity, found.reason, said, found.value, found.unit, found.threshold)]

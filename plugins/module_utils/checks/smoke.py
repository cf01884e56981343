# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Do the critical paths still work, from their first step to their last?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks import health
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "smoke"
# Of a path that would make something, a run in check mode says only that it is there.
NOT_RUN = "not_run"
REASONS = (*health.NOT_ASKED, *health.FAILING, "not_kept", NOT_RUN)


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    return [judged(path) for path in reading["paths"]]


def judged(path: Mapping[str, Any]) -> Finding:
    name, reason = path["name"], path["reason"]
    if reason == "ok":
        steps = f"{path['steps']} step{'' if path['steps'] == 1 else 's'}"
        said = f"{name}: {steps} in {path['seconds']:.3f} s"
        return finding("ok", "ok", said, path["seconds"], "seconds")
    unknown = reason in (*health.NOT_ASKED, NOT_RUN)
    return finding("unknown" if unknown else "crit", reason, f"{name}: {path['message']}")

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a real API server (1.20) answered about a Deployment of two pods whose second release
crash-loops, with an autoscaler and a spent disruption budget: crash_loop.json. Each test changes
a copy of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import observed
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.observed import (
    Observed,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds

ANSWERS = Path(__file__).with_name("crash_loop.json")
SECTION = {"namespace": "shop", "workload": "deployment", "name": "api"}


def seen(**changes: Any) -> Any:
    answers = json.loads(ANSWERS.read_text())
    (workload,) = answers["deployment"]
    pods = answers["pods"]
    now = max(seconds(pod["metadata"]["creationTimestamp"]) for pod in pods) + 40
    found = Observed(
        SECTION,
        now,
        workload,
        sorted(answers["replicasets"], key=observed.number, reverse=True),
        pods,
        answers["events"],
        answers["hpa"][0],
        answers["pdb"],
    )
    return replace(found, **changes)


def alone(**changes: Any) -> Any:
    """The same with nobody else who sets a number."""
    return seen(autoscaler=None, budgets=(), **changes)

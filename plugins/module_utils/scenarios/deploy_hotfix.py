# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release that somebody names goes out: to one instance, which is watched, then to the others.

When that one is not well it goes back by itself. Done means that all of the service is of that
release, and well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input, InputError, Text
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    deployments,
    symptoms,
    variables,
)

KIND = ""
GOAL = "request"
RELEASE = Text(
    "release",
    None,
    variables.RELEASE_PATTERN,
    "the exact name of a release: an image with its tag or digest, a folder of the releases",
    "shop:1.4.2",
    "the release to deploy",
)
INPUTS = (
    RELEASE,
    Input("start_seconds", 60, 1, 600, "seconds", "an instance must be well after so long"),
    Input("hold_seconds", 10, 0, 600, "seconds", "well means so without a break for this long"),
    variables.TIMEOUT,
)
ACTIONS = actions.some("deploy_release")


def contradictions(values: Mapping[str, Any]) -> None:
    if values["release"] is None:
        raise InputError(
            f"release: not given; allowed is {RELEASE.allowed}; for example -e release={RELEASE.example}"
        )


def plan(situation: Situation) -> list[Entry]:
    found = situation.finding("target")
    if found is None or not situation.readings.get("target"):
        return []
    return [deployments.deploy(situation, found)]


def proof(findings: list[Finding]) -> list[Finding]:
    return symptoms.proof(findings) + [f for f in findings if f["check"] == "target"]

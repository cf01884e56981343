# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release that somebody names goes out, the first instance before the others; or why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    release_named,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    releases,
    symptoms,
)

ACTION = "deploy_release"


def deploy(situation: Situation, found: Finding) -> Entry:
    wanted = situation.inputs["release"]
    target: Mapping[str, Any] = situation.readings["target"]
    known = symptoms.workload(situation)
    current = release_named(known.get("releases", ()), known.get("current"))
    if target["in_use"]:
        why = f"{releases.titled(target)} is in use already"
        return releases.entry(
            situation, found, f"deploy {wanted}", "not_needed", why, action=ACTION
        )
    summary = f"deploy {wanted} to {situation.service}, one instance first"
    why = refusal(situation, current, target)
    if why or current is None:
        return releases.entry(situation, found, summary, "refused", why, action=ACTION)
    summary = f"deploy {titled(target)} to {situation.service} in place of {titled(current)}, one instance first"
    sick = symptoms.symptom(situation)
    # A sick service may be mended so; that it is sick is said.
    beside = f"it is not well now: {sick['summary']}" if sick else ""
    entry = releases.entry(situation, found, summary, "planned", beside, current, target, ACTION)
    entry["parameters"]["well"] = sick is None
    if not current["present"]:
        why = f"{titled(current)} is not pinned, or not there any more: it cannot be gone back to later"
        entry["undo"] = {"none": why}
    return entry


def titled(release: Mapping[str, Any]) -> str:
    return str(release["title"])


def refusal(
    situation: Situation, current: Mapping[str, Any] | None, target: Mapping[str, Any]
) -> str:
    return symptoms.first(
        symptoms.forbidden(situation),
        symptoms.owned(situation),
        symptoms.obstacle(situation, "deploy"),
        releases.no_current(situation, current),
        (target["refused"] or {}).get("message", ""),
        releases.changed_meanwhile(situation, current, ACTION),
        crosses(situation, current, target),
    )


def crosses(
    situation: Situation, current: Mapping[str, Any] | None, target: Mapping[str, Any]
) -> str:
    """What changes data for good cannot be tried and taken back, and not be followed by an older one."""
    if releases.irreversible(situation, target):
        return (
            f"{titled(target)} changes the data for good (its migration is marked {releases.IRREVERSIBLE}): "
            "it cannot be tried on one instance and taken back; deploy it by hand"
        )
    known = list(symptoms.workload(situation).get("releases", ()))
    older = release_named(known, target["name"])
    if current is None or older is None or known.index(older) < known.index(current):
        return ""
    left = releases.crossed(situation, older)
    return releases.changed_data(left[0]) if left else ""

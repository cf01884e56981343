# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which release to go back to, and what stands in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    release_named,
    titles,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.services import symptoms
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds

Release = Mapping[str, Any]
IRREVERSIBLE = "irreversible"


def roll_back(situation: Situation, found: Finding) -> Entry:
    """Back to the named release, else to the newest one before the current."""
    reading = symptoms.workload(situation)
    current = release_named(reading.get("releases", ()), reading.get("current"))
    target = chosen(situation)
    summary = "roll back to an earlier release"
    if target and current:
        summary = f"roll back {situation.service} from {titled(current)} to {titled(target)}"
    if target and current and target["name"] == current["name"]:
        return entry(situation, found, summary, "not_needed", f"{titled(target)} is in use already")
    why = refusal(situation, current, target)
    return entry(situation, found, summary, "refused" if why else "planned", why, current, target)


def entry(
    situation: Situation,
    found: Finding,
    summary: str,
    status: str,
    why: str,
    current: Release | None = None,
    target: Release | None = None,
    action: str = "roll_back",
) -> Entry:
    undo: dict[str, Any] = {"none": "nothing is changed"}
    if status == "planned" and current and target:
        undo = way_back(current, target)
    parameters = {
        "release": target and target["name"],
        "expected": current and current["name"],
    }
    return propose(
        action,
        situation.service,
        found,
        summary,
        status,
        why,
        parameters if status == "planned" else {},
        symptoms.state(situation),
        undo,
    )


def way_back(current: Release, target: Release) -> dict[str, Any]:
    return {
        "how": {
            "action": "roll_back",
            "parameters": {"release": current["name"], "expected": target["name"]},
            "summary": f"go to {titled(current)} again",
        }
    }


def chosen(situation: Situation) -> Release | None:
    wanted = situation.inputs.get("release")
    if wanted is not None:
        return release_named(symptoms.workload(situation).get("releases", ()), wanted)
    return next((one for one in earlier(situation) if one["present"]), None)


def earlier(situation: Situation) -> list[Release]:
    """The releases that ran before the current one, the newest first, also those that are gone.

    What the catalog knows to run well counts more than what merely lies there: a folder or an
    image may never have run.
    """
    reading = symptoms.workload(situation)
    releases = list(reading.get("releases", ()))
    current = release_named(releases, reading.get("current"))
    if current is None:
        return []
    known = known_good(situation)
    if not known:
        return releases[releases.index(current) + 1 :]
    own = {str(current["name"]), *titles(current)} & set(known)
    if own:
        # An image that runs well may run badly with other settings: its own revisions come first.
        known = known[: 1 + min(known.index(name) for name in own)]
    return [
        release
        for name in reversed(known)
        for release in named(releases, name) or [gone(name)]
        if release["name"] != current["name"]
    ]


def named(releases: Sequence[Release], name: str) -> list[Release]:
    return [one for one in releases if name in (one["name"], *titles(one))]


def known_good(situation: Situation) -> list[str]:
    """As the catalog lists it, the oldest first."""
    given = situation.catalog.get("releases") or {}
    history, previous = given.get("history") or [], given.get("previous")
    known = [str(name) for name in ([history] if isinstance(history, str) else history)]
    return known if previous is None or str(previous) in known else [*known, str(previous)]


def gone(name: str) -> Release:
    return {"name": name, "title": name, "since": None, "present": False}


def is_new(situation: Situation) -> bool:
    """Whether the release in use is so young that it is the first suspect."""
    reading = symptoms.workload(situation)
    current = release_named(reading.get("releases", ()), reading.get("current"))
    now = (situation.readings.get("history") or {}).get("now")
    if not current or not current["since"] or not now or not earlier(situation):
        return False
    age = seconds(now) - seconds(current["since"])
    return age < 60 * int(situation.inputs["new_release_minutes"])


def refusal(situation: Situation, current: Release | None, target: Release | None) -> str:
    return symptoms.first(
        symptoms.forbidden(situation),
        symptoms.owned(situation),
        symptoms.obstacle(situation, "rollback"),
        no_current(situation, current),
        no_target(situation, target),
        changed_meanwhile(situation, current, "roll_back"),
        back_already(situation, current),
        migrated(situation, target),
    )


def no_current(situation: Situation, current: Release | None) -> str:
    if current:
        return ""
    return "its platform does not tell which release is in use, so there is none to go back from"


def no_target(situation: Situation, target: Release | None) -> str:
    wanted = situation.inputs.get("release")
    before = earlier(situation)
    known = (
        ", ".join(titled(one) for one in symptoms.workload(situation).get("releases", ())) or "none"
    )
    if target is None and wanted is not None:
        return f"release {wanted} is not one that is known here (rollback_target_missing); known: {known}"
    if target is None and before:
        return (
            f"no earlier release is present any more (rollback_target_missing): {titled(before[0])} ran before; "
            "fetch it again, or deploy a mended one; nothing was stopped"
        )
    if target is None:
        return f"there is no earlier release (rollback_target_missing); known: {known}"
    if not target["present"]:
        return (
            f"{titled(target)} is not present any more (rollback_target_missing); "
            "fetch it again, or name another one; nothing was stopped"
        )
    return ""


def changed_meanwhile(situation: Situation, current: Release | None, action: str) -> str:
    """Under the lock the release must be the one that was diagnosed: another may be the fix."""
    for line in situation.journal:
        if line["type"] == "plan" and line["data"]["stage"] == "diagnosis":
            for planned in line["data"]["entries"]:
                was = planned["parameters"].get("expected")
                if planned["action"] == action and was and current and was != current["name"]:
                    return (
                        "somebody deployed another release since the diagnosis (state_changed_since_diagnosis): "
                        f"{titled(current)} instead of {was}; run this again to judge that one"
                    )
    return ""


def back_already(situation: Situation, current: Release | None) -> str:
    """One step back is a rollback; a second one, unasked, is a guess."""
    if situation.inputs.get("release") is not None or current is None:
        return ""
    for change in symptoms.history(situation):
        if (
            change["action"] == "roll_back"
            and (change["after"] or {}).get("current") == current["name"]
        ):
            return (
                f"it was rolled back to {titled(current)} within the last hour (incident {change['incident']}) and "
                "fails still, so the release is not the cause; to go back further, name one: -e release=NAME"
            )
    return ""


def migrated(situation: Situation, target: Release | None) -> str:
    """Data that a newer release changed for good is not read by an older one."""
    if target is None:
        return ""
    for one in crossed(situation, target):
        return changed_data(one)
    said = (situation.readings.get("rollback_check") or {}).get("refused")
    return f"the catalog's command rollback_check refuses: {said}" if said else ""


def changed_data(release: str) -> str:
    return (
        f"{release} changed the data for good (its migration is marked {IRREVERSIBLE}); "
        "an older release would not understand it: mend forward"
    )


def crossed(situation: Situation, target: Release) -> list[str]:
    """The releases that would be left, of those that the catalog marks irreversible."""
    releases = list(symptoms.workload(situation).get("releases", ()))
    current = release_named(releases, symptoms.workload(situation).get("current"))
    if current is None:
        return []
    # Where the platform's order does not say which were between, at least the one in use is left.
    left = releases[releases.index(current) : releases.index(target)] or [current]
    return [titled(one) for one in left if irreversible(situation, one)]


def irreversible(situation: Situation, release: Release) -> bool:
    marked = (situation.catalog.get("releases") or {}).get(IRREVERSIBLE) or ()
    return bool(set(map(str, marked)) & {str(release["name"]), *titles(release)})


def titled(release: Release) -> str:
    name, title = str(release["name"]), str(release["title"])
    return title if title == name else f"{title} ({name[:24]})"

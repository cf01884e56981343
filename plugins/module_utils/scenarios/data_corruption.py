# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Data is damaged or was lost: writes stop, and a copy as it was before is restored beside the live server.

Nothing is repaired: REINDEX, VACUUM FULL and zero_damaged_pages destroy what a person could still save.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.backup import (
    coverage,
    targets,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.backup import entry as backups
from ansible_collections.oncall.runbooks.plugins.module_utils.checks.backup import moment
from ansible_collections.oncall.runbooks.plugins.module_utils.checks.integrity import DAMAGED
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.services import (
    actions,
    modes,
    variables,
)

KIND = "postgresql"
GOAL = "request"
INPUTS = (
    *targets.INPUTS,
    Input("verify_seconds", 3600, 1, 86400, "seconds", "give up reading the backup after this long"),
    variables.expiry(240),
    variables.HOLD,
    variables.TIMEOUT,
)  # fmt: skip
ACTIONS: dict[str, Action] = {
    **actions.some("pause_processing"),
    "restore_copy": Action("recovery", "safe"),
}
PROBE_OPTIONS = {
    "mode": {"mode": "processing"},
    "postgresql": {"sections": ["server", "slots", "replication", "transactions"]},
}
BY_HAND = (
    "a person decides, now: page one; nothing is repaired here, and nobody runs REINDEX, VACUUM FULL or "
    "zero_damaged_pages before a copy of the files is safe"
)
STAYS = {
    "none": "it is a server of its own: stop it with pg_ctl -D {directory} stop, and remove its folder by hand"
}
contradictions = targets.judge


def against_catalog(values: Mapping[str, Any], service: str, entry: Mapping[str, Any]) -> None:
    backup = backups.of(f"runbooks_services.{service}.backup", entry.get("backup"))
    targets.against_catalog(values, service, entry, backup)


def proof(findings: Iterable[Finding]) -> list[Finding]:
    """The copy is at its target and whole; where none was made, that processing is paused."""
    findings = list(findings)
    copies = [found for found in findings if found["check"] == "restored_copy"]
    if copies:
        return copies
    return [
        found if found["value"] == modes.ENTERED else {**found, "severity": "warn"}
        for found in findings
        if found["check"] == "processing"
    ]


def plan(situation: Situation) -> list[Entry]:
    damage = next((f for f in situation.findings if f["reason"] in DAMAGED), None)
    target = targets.wanted(situation.inputs)
    entries = [pause(situation, damage)] if damage and can_pause(situation) else []
    if target:
        entries += restored(situation, damage, target)
    elif damage:
        entries.append(to_decide(situation, damage))
    return entries


def can_pause(situation: Situation) -> bool:
    return bool((situation.readings.get("mode") or {}).get("state") == modes.LEFT)


def pause(situation: Situation, damage: Finding) -> Entry:
    return modes.enter(situation, modes.MODES["processing"], damage)


def to_decide(situation: Situation, damage: Finding) -> Entry:
    covered = coverage.best(situation.readings["backup"])
    span = covering(covered) or "no point in time can be restored"
    why = (
        f"{damage['summary']}; {BY_HAND}; {span}: for a copy beside it "
        f"-e target_time=TIME -e restore_dir=/restore/{situation.service} -e restore_port=5499"
    )
    summary = "restore a copy from before the damage"
    return propose("restore_copy", situation.service, damage, summary, "refused", why)


def restored(situation: Situation, damage: Finding | None, target: str) -> list[Entry]:
    copy = situation.finding("restored_copy")
    if copy and copy["severity"] == "ok":
        return []
    inputs, reading = situation.inputs, situation.readings["backup"]
    found = copy or damage or situation.finding("backup")
    if found is None:
        return []
    wanted = targets.moment(inputs["target_time"]) if inputs["target_time"] else None
    covered = coverage.best(reading, None if wanted is None else int(wanted))
    why = refused(situation, covered, wanted)
    directory, port = inputs["restore_dir"], inputs["restore_port"]
    backup = covered.backup if covered else {"path": "", "major": 0}
    parameters = {
        "backup": {key: backup[key] for key in ("path", "major", "room_kib") if key in backup},
        "directory": directory,
        "port": port,
        "target": target,
    }
    return [
        propose(
            "restore_copy",
            situation.service,
            found,
            f"restore a copy of {target} to {directory}, port {port}; the live server is not touched",
            "refused" if why else "planned",
            why,
            parameters,
            undo={"none": STAYS["none"].format(directory=directory)},
        )
    ]


def refused(situation: Situation, covered: coverage.Coverage | None, wanted: float | None) -> str:
    """Why no copy of this moment can be made there."""
    reading, directory = situation.readings["backup"], situation.inputs["restore_dir"]
    if reading["refused"] or reading["unreadable"]:
        said = situation.finding("backup")
        return said["summary"] if said else "the backups cannot be read"
    if situation.finding("restored_copy") or (situation.readings.get("restored_copy") or {}).get(
        "there"
    ):
        return f"{directory} is there already, and nothing is ever written over: name another restore_dir"
    document = (situation.readings.get("postgresql") or {}).get("document")
    live = document["server"]["data_directory"] if document else None
    if live and (targets.inside(directory, live) or targets.inside(live, directory)):
        return f"restore_dir {directory} is the place of the live server's own data, {live}"
    if not reading["backups"]:
        return "there is no finished base backup"
    if covered is None:
        return f"target_time is before the oldest backup was finished; {whole_span(reading)}"
    if covered.backup.get("damaged"):
        return f"the backup {covered.backup['path']} was made of pages that are damaged"
    # When the last WAL came is known to the second; within that second the recovery itself tells.
    if wanted is not None and (covered.latest is None or int(wanted) > covered.latest):
        missing = f"; {covered.gap} is missing in the archive" if covered.gap else ""
        span = covering(covered) or "nothing of it"
        return f"target_time is after the last WAL of the archive{missing}; {span}"
    if covered.gap and wanted is None:
        return f"{covered.gap} is missing in the archive, so that nobody knows whether it leads to the target"
    return ""


def covering(covered: coverage.Coverage | None) -> str:
    if covered is None or covered.latest is None:
        return ""
    return f"what can be restored is {moment(covered.earliest)} to {moment(covered.latest)}"


def whole_span(reading: Mapping[str, Any]) -> str:
    """From the oldest backup on, as far as the newest leads."""
    oldest, newest = reading["backups"][0]["finished"], coverage.best(reading)
    latest = (newest.latest if newest else None) or oldest
    return f"what can be restored is {moment(oldest)} to {moment(latest)}"

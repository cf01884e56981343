# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is proposed for a file system that is full: what costs nothing first, and no more than is needed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.disk import (
    advice,
    holders,
    images,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.disk.room import Need, enough, need
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import size
from ansible_collections.oncall.runbooks.plugins.module_utils.services import symptoms

MIB = 2**20
GONE = {"none": "what is deleted is gone; what it was called is in the evidence"}
FOR_GOOD = {"none": "what the journal held is gone; the names of its files are in the evidence"}
REMOVED = {"none": "an image without a name is built or pulled again; its id is in the evidence"}
Filesystem = Mapping[str, Any]


def symptom(situation: Situation, filesystem: Filesystem) -> Finding | None:
    """Why this file system is short of something; the reason is the same for each that is."""
    wanted = need(filesystem, situation.inputs["warn_percent"])
    if not wanted:
        return None
    reason = "disk_full" if wanted.bytes else "inodes_exhausted"
    return next((found for found in situation.findings if found["reason"] == reason), None)


def for_filesystem(situation: Situation, filesystem: Filesystem, found: Finding) -> list[Entry]:
    if situation.readings["disk"]["platform"] == "kubernetes":
        return [advice.nothing(situation, found, filesystem, advice.by_hand(situation, filesystem))]
    wanted = need(filesystem, situation.inputs["warn_percent"])
    freeing, entries = holders.freeing(situation, filesystem, wanted)
    wanted = wanted.less(freeing)
    if entries and not wanted:
        return entries
    for proposed in (journal, directories, dangling):
        more, wanted = proposed(situation, filesystem, found, wanted)
        entries += more
    if not any(entry["status"] == "planned" for entry in entries) and not refusals(entries):
        entries.append(
            advice.nothing(situation, found, filesystem, advice.why_nothing(situation, filesystem))
        )
    elif wanted:
        advice.short(entries, wanted, filesystem)
    return entries


def refusals(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry["status"] == "refused"]


def journal(
    situation: Situation, filesystem: Filesystem, found: Finding, wanted: Need
) -> tuple[list[Entry], Need]:
    reading, keep = situation.readings["disk"], situation.inputs["journal_mib"] * MIB
    one = reading["journal"]
    if not one or one["mount"] != filesystem["mount"] or not reading["first"]:
        return [], wanted
    frees = max(0, one["bytes"] - keep)
    # Its current file stays, so a little above the mark is as good as below it.
    if not wanted.bytes or frees < keep // 10:
        return [], wanted
    entry = propose(
        "vacuum_journal",
        situation.service,
        found,
        f"let go of the oldest of the journal, {size(one['bytes'])} now, down to {size(keep)}",
        parameters={"keep_mib": keep // MIB},
        before={"bytes": one["bytes"], **free(filesystem)},
        undo=FOR_GOOD,
    )
    return [entry], wanted.less(frees)


def directories(
    situation: Situation, filesystem: Filesystem, found: Finding, wanted: Need
) -> tuple[list[Entry], Need]:
    """The catalog's rules, in its order; one that cannot be followed is refused with its reason."""
    entries = []
    for number, rule in enumerate(situation.readings["disk"]["rules"]):
        if rule["mount"] != filesystem["mount"] or not wanted:
            continue
        if rule["refused"]:
            summary = f"clean {rule['dir']}"
            entries.append(
                propose(
                    "clean_directory", situation.service, found, summary, "refused", rule["refused"]
                )
            )
            continue
        files = cut(situation, rule, wanted)
        if files:
            entries.append(clean(situation, filesystem, found, number, wanted, files))
            wanted = wanted.less(sum(one["bytes"] for one in files), len(files))
    return entries, wanted


def cut(situation: Situation, rule: Mapping[str, Any], wanted: Need) -> list[Mapping[str, Any]]:
    limits = situation.inputs
    number = enough(rule["go"], wanted, limits["max_delete"], limits["max_delete_mib"] * MIB)
    return list(rule["go"][:number])


def clean(
    situation: Situation,
    filesystem: Filesystem,
    found: Finding,
    number: int,
    wanted: Need,
    files: list[Mapping[str, Any]],
) -> Entry:
    rule = situation.readings["disk"]["rules"][number]
    many, most = len(files), situation.inputs["max_delete"]
    cap = f"; max_delete={most} is the cap" if rule["go_files"] > many >= most else ""
    weight = size(sum(one["bytes"] for one in files))
    return propose(
        "clean_directory",
        situation.service,
        found,
        f"delete {many} of {rule['files']} files {rule['pattern']} of {rule['dir']}, older than "
        f"{rule['older_than_days']} days, {weight}; the newest {len(rule['kept'])} valid stay{cap}",
        parameters={
            "rule": number,
            "dir": rule["dir"],
            "free_bytes": wanted.bytes,
            "free_inodes": wanted.inodes,
            "at_most": many,
        },
        before=free(filesystem),
        undo=GONE,
    )


def dangling(
    situation: Situation, filesystem: Filesystem, found: Finding, wanted: Need
) -> tuple[list[Entry], Need]:
    reading = situation.readings["disk"]
    docker = reading["docker"]
    if not docker or docker["mount"] != filesystem["mount"] or not reading["first"] or not wanted:
        return [], wanted
    protected = images.releases(symptoms.workload(situation))
    days = situation.inputs["image_days"]
    chosen = images.removable(docker, protected, days, datetime.now(UTC))
    if not chosen:
        return [], wanted
    total = sum(one["bytes"] for one in chosen)
    entry = propose(
        "prune_images",
        situation.service,
        found,
        f"remove {len(chosen)} images without a name or a container, older than {days} days, at most {size(total)}",
        parameters={"images": [one["id"] for one in chosen]},
        before=free(filesystem),
        undo=REMOVED,
    )
    return [entry], wanted.less(total)


def free(filesystem: Filesystem) -> dict[str, Any]:
    kept = ("mount", "used_percent", "free_bytes", "inodes_percent", "inodes_free")
    return {key: filesystem[key] for key in kept}

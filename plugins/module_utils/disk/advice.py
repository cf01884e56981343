# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is left to a person, in one line that says how."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.disk.room import Need
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import size

GROW = "by hand: let the volume grow (lvextend --resizefs, or the size of the cloud disk), or move data away"


def nothing(situation: Situation, found: Finding, filesystem: Mapping[str, Any], why: str) -> Entry:
    summary = f"make room on {filesystem['mount']}"
    return propose("clean_directory", situation.service, found, summary, "refused", why)


def why_nothing(situation: Situation, filesystem: Mapping[str, Any]) -> str:
    """DK05: what is there is too young, or the last that is good."""
    path = f"runbooks_services.{situation.service}.disk.clean"
    rules = [
        rule for rule in situation.readings["disk"]["rules"] if rule["mount"] == filesystem["mount"]
    ]
    if not rules:
        said = f"the catalog names no folder there whose files may go ({path})"
    else:
        said = "; ".join(
            f"of {rule['dir']} nothing may go: {rule['files']} files {rule['pattern']}, {len(rule['kept'])} valid of "
            f"the {rule['keep']} that stay, the others younger than {rule['older_than_days']} days or open"
            for rule in rules
        )
    return f"nothing_to_clean: {said}; {GROW}"


def by_hand(situation: Situation, filesystem: Mapping[str, Any]) -> str:
    section = situation.catalog.get("kubernetes") or {}
    namespace = section.get("namespace", "NAMESPACE")
    return (
        f"the disk of its node is not ours to reach. When {filesystem['mount']} is a volume and its StorageClass says "
        f"allowVolumeExpansion, by hand: kubectl -n {namespace} edit pvc NAME (spec.resources.requests.storage); when "
        "it is the node's: kubectl describe node NODE (DiskPressure), and on the node: crictl rmi --prune"
    )


def short(entries: list[Entry], wanted: Need, filesystem: Mapping[str, Any]) -> None:
    """Said at the last one that is planned: what it leaves open."""
    for entry in reversed(entries):
        if entry["status"] == "planned":
            left = size(wanted.bytes) if wanted.bytes else f"{wanted.inodes} inodes"
            entry["why"] = f"{left} more would have to go from {filesystem['mount']}: {GROW}"
            return

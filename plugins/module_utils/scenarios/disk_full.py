# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A disk is full, has no inodes left, or cannot be written to.

What goes is the journal's oldest part, files that the catalog allows to go, and images without a name:
as much as is needed, and nothing else. Where a deleted file that is still open holds the space, its
holder is named, and nothing is deleted to make up for it. Nothing is remounted; the volume grows by hand.
"""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Action,
    Entry,
    Situation,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.disk import proposals
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input
from ansible_collections.oncall.runbooks.plugins.module_utils.services import thresholds, variables

KIND = ""
SCOPE = "machine"
INPUTS = (
    variables.HOST,
    Input("warn_percent", 85, 1, 99, "percent of a file system", "warn from here; it is brought below it"),
    Input("crit_percent", 95, 2, 100, "percent of a file system", "critical from here"),
    Input("journal_mib", 512, 16, 1048576, "MiB", "the journal keeps this much, the newest"),
    Input("image_days", 14, 1, 3650, "days", "images without a name that are younger stay"),
    Input("max_delete", 1000, 1, 100000, "files", "delete at most this many by one rule in one run"),
    Input("max_delete_mib", 102400, 1, 104857600, "MiB", "and at most this much"),
    variables.MAX_RESTARTS,
    variables.HOLD,
    variables.TIMEOUT,
)  # fmt: skip
ACTIONS = {
    "vacuum_journal": Action("containment", "safe"),
    "clean_directory": Action("containment", "safe"),
    "prune_images": Action("containment", "disruptive"),
    # Of the holder of a deleted file: the service is well, and is interrupted for the sake of the disk.
    "restart_holder": Action("recovery", "disruptive"),
}
contradictions = thresholds.contradictions


def plan(situation: Situation) -> list[Entry]:
    if any(found["reason"] == "filesystem_read_only" for found in situation.findings):
        return []  # whatever is deleted now may be what is needed to mend it
    entries: list[Entry] = []
    for filesystem in situation.readings["disk"]["filesystems"]:
        found = proposals.symptom(situation, filesystem)
        if found:
            entries += proposals.for_filesystem(situation, filesystem, found)
    return entries

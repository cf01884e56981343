# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The copy that was restored beside the live server: is it at its target, and whole?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.backup.restoring import arrived
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import integrity
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "restored_copy"
REASONS = ("no_copy", "copy_down", "copy_recovering", "copy_elsewhere", "copy_damaged")


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    """Nothing is said of a copy that nobody asked for, or that is still to be made."""
    if reading["asked"] is None or not reading["there"]:
        return []
    where = reading["asked"]["directory"]
    if reading["target"] != reading["asked"]["target"]:
        said = (
            f"{where} is no copy of this target: it holds {reading['target'] or 'something else'}"
        )
        return [finding("warn", "copy_elsewhere", said)]
    state = reading["state"]
    if state is None:
        return [
            finding("warn", "copy_down", f"the copy in {where} does not run: {reading['said']}")
        ]
    if not arrived(state):
        return [
            finding("warn", "copy_recovering", f"the copy in {where} is at {state['replayed_at']}")
        ]
    damaged = integrity.asked(reading)
    if damaged:
        return [finding("warn", "copy_damaged", f"the copy: {damaged[0]['summary']}")]
    said = (
        f"the copy in {where}, port {reading['asked']['port']}, is at its target (last commit {state['replayed_at']}), "
        f"read-only; {len(reading['queries'])} integrity queries answer what they should"
    )
    return [finding("ok", "ok", said)]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is what it holds saved? A server that cannot save refuses every write (MISCONF), or loses them at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "redis"
REASONS = ("save_failed", "aof_write_failed", "aof_rewrite_failed")
DISK = "look at its disk and its memory"


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    document = reading["document"]
    if document is None or "rdb_last_bgsave_status" not in document["persistence"]:
        return []
    said = document["persistence"]
    where = f" in {said['dir']}" if said.get("dir") else ""
    if said.get("aof_enabled") and said.get("aof_last_write_status", "ok") != "ok":
        text = f"its append-only file{where} cannot be written: {DISK}; it goes on by itself once there is room"
        return [finding("crit", "aof_write_failed", text)]
    if said["rdb_last_bgsave_status"] != "ok":
        changes = said.get("rdb_changes_since_last_save", 0)
        text = f"the last save{where} failed, and {changes} changes are not saved: {DISK}"
        return [finding("crit", "save_failed", text)]
    if said.get("aof_enabled") and said.get("aof_last_bgrewrite_status", "ok") != "ok":
        text = f"the last rewrite of its append-only file{where} failed: {DISK}"
        return [finding("warn", "aof_rewrite_failed", text)]
    return [finding("ok", "ok", "what it holds is saved as configured")]

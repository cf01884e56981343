# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is the schema the one that the application wants? By the catalog's own command; only told of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "postgresql_place"
REASONS = ("migrations_pending", "not_asked")


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    told = reading["migrations"]
    if told is None:
        return []
    if told["status"] is None:
        return [finding("unknown", "not_asked", f"commands.migrations: {told['said']}")]
    if told["status"]:
        said = f"commands.migrations ended with {told['status']}: {told['said']}; nothing is migrated from here"
        return [finding("warn", "migrations_pending", said, told["status"], "exit status", 0)]
    return [finding("ok", "ok", f"migrations: {told['said']}")]

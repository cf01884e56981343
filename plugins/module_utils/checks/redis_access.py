# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Did we get in, and does it answer as it should? A server that refuses us is not a server that is down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import errors

PROBE = "redis"
# The others are said of a write only.
REASONS = tuple(one for one in errors.REASONS if one not in ("replica", "out_of_memory"))
# What a person has to know of it at once.
MEANING = {
    "loading": "it reads its data set from the disk; a restart would begin anew",
    "busy_script": "a script runs for too long, and nobody else is served",
    "busy_function": "a function runs for too long, and nobody else is served",
    "max_clients": "it is up and full: every connection it allows is taken, and it keeps none for us",
    "auth_failed": "it is up and refuses our password",
    "timeout": "it hangs, or its machine does",
    "save_failing": "it takes no writes, because it cannot save",
    "replica_link_down": "it is a replica without its primary",
}


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    refused, user = reading["refused"], reading["user"]
    if not refused:
        return [finding("ok", "ok", f"{user} gets in, and it answers ({reading['version']})")]
    reason = refused["reason"] if refused["reason"] in REASONS else "unknown"
    meaning = MEANING.get(reason)
    said = refused["message"] + loading(reading["document"])
    return [finding("crit", reason, f"{meaning}: {said}" if meaning else said)]


def loading(document: Mapping[str, Any] | None) -> str:
    persistence = (document or {}).get("persistence", {})
    if not persistence.get("loading"):
        return ""
    percent, seconds = (
        persistence.get("loading_loaded_perc"),
        persistence.get("loading_eta_seconds"),
    )
    return f" ({percent} % are loaded, about {seconds} s are left)"

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the service answer as the catalog says it should? Where it could not be asked, nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "health"
# The question did not get as far as the service: that says nothing of it.
NOT_ASKED = ("dns_failure", "host_unreachable", "client_missing", "proxy_failed")
FAILING = (
    "connection_refused",
    "timeout",
    "reset",
    "unreachable",
    "tls_expired",
    "tls_failed",
    "wrong_status",
    "wrong_body",
    "bad_answer",
    "redirect_loop",
    "too_large",
    "command_failed",
)
REASONS = (*NOT_ASKED, *FAILING)


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    target, reason, seconds = reading["target"], reading["reason"], reading["seconds"]
    if target is None:
        return []
    if reason == "ok":
        status = f" {reading['status']}" if reading["status"] else ""
        said = f"{target} answers{status} in {seconds:.3f} s"
        return [finding("ok", "ok", said, seconds, "seconds", None)]
    severity = "unknown" if reason in NOT_ASKED else "crit"
    place = {"host": ", asked from its host", "inside": ", run where it lives"}.get(
        reading["from"], ""
    )
    return [finding(severity, reason, f"{target}{place}: {reading['message']}")]

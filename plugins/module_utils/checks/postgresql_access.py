# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Did we get in, and by which way? A server that refuses us is not a server that is down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import errors

PROBE = "postgresql"
REASONS = errors.REASONS
# No answer from the place at all, whatever the cause: what a person calls unreachable.
UNREACHABLE = ("refused", "timeout", "dns_failure", "reset", "unreachable")
# The reasons of unread(), for the checks that use it.
UNREAD = ("auth_failed", "unreachable", "not_read")


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    refused = reading["refused"].get("normal")
    user = reading["user"]
    if not refused:
        return [finding("ok", "ok", f"{user} gets in ({reading['version']})")]
    said = f"{user} does not get in: {refused['message']}"
    if refused["reason"] == "slots_reserved":
        said = f"the server is up and full: {said}"
    if reading["way"] == "admin":
        said += "; read through the break-glass connection instead"
    elif "admin" in reading["refused"]:
        said += f"; the break-glass connection failed too: {reading['refused']['admin']['message']}"
    return [finding("crit", refused["reason"], said)]


def unread(refused: Mapping[str, Any]) -> Finding:
    """What the other checks of a server say when it let nobody in."""
    reason = "auth_failed" if refused["reason"] == "auth_failed" else "not_read"
    if refused["reason"] in UNREACHABLE:
        reason = "unreachable"
    return finding("unknown", reason, f"nothing could be read: {refused['message']}")


def hidden(reading: Mapping[str, Any]) -> Finding:
    """And where some sessions are not shown to us: of those nothing is known."""
    number, user = reading["document"]["slots"]["hidden"], reading["user"]
    said = f"{number} sessions cannot be seen by {user}: GRANT pg_monitor TO {user}"
    return finding("unknown", "insufficient_privilege", said)

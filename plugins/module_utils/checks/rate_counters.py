# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who has used up what a client is allowed, by the service's own counters? That a limit holds is no fault."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import errors
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import duration, many

PROBE = "rate_limits"
REASONS = (*errors.REASONS, "no_prefixes", "stuck", "abuse", "clients_limited")


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    where, refused, counters = reading["redis"], reading["refused"], reading["counters"]
    if where is None:
        return []
    if refused:
        reason = refused["reason"] if refused["reason"] in REASONS else "unknown"
        said = f"{where}, which keeps the counters, does not serve us: {refused['message']}"
        return [finding("unknown", reason, said)]
    if counters is None:
        path = f"runbooks_services.{where}.redis.rate_limit_prefixes"
        said = f"nobody says which keys the counters are; for example {path}: [rate_limit:]"
        return [finding("unknown", "no_prefixes", said)]
    severity, reason = verdict(counters, inputs)
    said, limited = sentence(counters), counters["limited"]
    return [finding(severity, reason, said, limited, "clients", 1)]


def verdict(counters: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[str, str]:
    if not counters["limited"]:
        return "ok", "ok"
    if counters["stuck"]:
        return "crit", "stuck"
    alone = counters["readable"] == 1
    if (
        inputs["client"] is None
        and not alone
        and counters["top_percent"] >= inputs["abuse_percent"]
    ):
        return "warn", "abuse"
    return "warn", "clients_limited"


def sentence(counters: Mapping[str, Any]) -> str:
    said = f"{many(counters['limited'], 'client')} of {counters['readable']} used up {counters['limit']} requests"
    said += "" if counters["whole"] else " (not all were looked at)"
    if counters["limited"]:
        said += f", until {duration(max(0, counters['frees_in_ms']) / 1000)} from now at the latest"
    if counters["stuck"]:
        said += f"; {counters['stuck']} of these counters have no expiry, and let their client in never again"
    if counters["top"]:
        first = counters["top"][0]
        said += f"; most by {first['client']}: {first['requests']}, {counters['top_percent']:g} % of all"
    return said

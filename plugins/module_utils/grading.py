# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From readings to findings: each check is a file of its own, and no data is never 'ok'."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

Finding = dict[str, Any]
CHECKS = "ansible_collections.oncall.runbooks.plugins.module_utils.checks"


class Check(Protocol):
    PROBE: str
    REASONS: tuple[str, ...]

    def grade(self, reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]: ...


def check(name: str) -> Check:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ValueError(f"'{name}' is no check's name")
    return cast(Check, importlib.import_module(f"{CHECKS}.{name}"))


def finding(
    severity: str,
    reason: str,
    summary: str,
    value: float | int | str | None = None,
    unit: str | None = None,
    threshold: float | int | None = None,
) -> Finding:
    return {
        "severity": severity,
        "reason": reason,
        "value": value,
        "unit": unit,
        "threshold": threshold,
        "summary": summary,
        "evidence": None,
    }


def against(percent: float, inputs: Mapping[str, Any]) -> tuple[str, int]:
    """Its severity by warn_percent and crit_percent, and the threshold that says so."""
    warn, crit = inputs["warn_percent"], inputs["crit_percent"]
    if percent >= crit:
        return "crit", crit
    return ("warn" if percent >= warn else "ok"), warn


def grade(
    names: Sequence[str],
    readings: Mapping[str, Mapping[str, Any]],
    inputs: Mapping[str, Any],
    service: str,
) -> list[Finding]:
    """Every check's findings. A probe that brought nothing makes its checks unknown."""
    found: list[Finding] = []
    for name in names:
        judge = check(name)
        reading = readings.get(judge.PROBE)
        if reading and "unread" not in reading:
            results = judge.grade(reading, inputs)
        else:
            results = [nothing_read(judge.PROBE, reading or {})]
        for result in results:
            if result["reason"] not in (*judge.REASONS, "ok", "not_read"):
                raise ValueError(
                    f"check {name} gave the reason {result['reason']}, which it does not list"
                )
            found.append({"check": name, "service": service, **result})
    return found


def nothing_read(probe: str, reading: Mapping[str, Any]) -> Finding:
    said = reading.get("unread") or f"the probe {probe} brought no reading"
    return finding("unknown", "not_read", said)

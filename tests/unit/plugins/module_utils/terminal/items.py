# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Items as actions return them, and how their lines read."""

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    Lines,
    paint,
    plain,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import Page

ARGV = ("ansible-playbook", "playbooks/x.yml", "-e", "service=db")
PAGE = Page(width=80, services=("db",), argv=ARGV)
WIDE = Page(width=1000, services=("db",), argv=ARGV)
MANY = Page(width=1000, services=("api-gateway", "db"), argv=ARGV)
HOSTILE = "a\x1b[31mb\nc\u202ed\u200be\rf\x07"


def texts(lines: Lines) -> list[str]:
    return [plain(line) for line in lines]


def painted(lines: Lines) -> str:
    return "\n".join(paint(line, lambda text, style: f"<{style}>{text}</>") for line in lines)


def finding(severity: str = "crit", **more: Any) -> dict[str, Any]:
    return {
        "check": "postgresql_connections",
        "service": "db",
        "severity": severity,
        "reason": "idle_sessions",
        "value": 94.1,
        "unit": "percent",
        "threshold": 95,
        "summary": "16 of 17 slots are used",
        "evidence": "evidence/1.json",
        **more,
    }


def entry(status: str = "planned", **more: Any) -> dict[str, Any]:
    return {
        "phase": "containment",
        "action": "end_sessions",
        "service": "db",
        "risk": "safe",
        "because": {"check": "postgresql_connections", "reason": "idle_sessions"},
        "status": status,
        "summary": "end 4 sessions",
        "why": "safe changes need no approval here",
        "approve_with": None,
        "parameters": {},
        "before": {},
        "undo": {"how": {"action": "x", "parameters": {}, "summary": "start them again"}},
        **more,
    }


def changed(status: str, **more: Any) -> dict[str, Any]:
    return {"change": {**entry(), "number": 1, "status": status, **more}}

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Readings of a PostgreSQL server on which sessions stand in each other's way, in the shape that
postgresql/sql/offences.py and relations.py answer."""

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.postgresql_readings import (
    reading,
)

INPUTS: dict[str, Any] = {
    "blocked_seconds": 30,
    "long_query_seconds": 300,
    "grace_seconds": 5,
    "max_terminate": 5,
    "prepared_seconds": 300,
    "stale_percent": 20,
    "max_analyze": 5,
    "index": None,
}
START = "2026-11-21T03:04:05.123456Z"


def waits(pid: int, *behind: int, mode: str = "ShareLock", **more: Any) -> dict[str, Any]:
    return {
        "pid": pid,
        "backend_start": START,
        "blocked_by": list(behind),
        "role": "app",
        "application": "shop",
        "database": "shop",
        "mode": mode,
        "locktype": "relation",
        "relation": "orders",
        "wait_s": 60.0,
        "query": "UPDATE orders SET cents = ?",
        **more,
    }


def root(pid: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "pid": pid,
        "backend_start": START,
        "prepared_transaction": pid == 0,
        "backend_type": "client backend",
        "role": "app",
        "application": "shop",
        "client": "local",
        "database": "shop",
        "state": "idle in transaction",
        "class": "idle_in_transaction",
        "state_s": 65.0,
        "xact_s": 66.0,
        "blocks": 1,
        "wait_s": 60.0,
        "protected": None,
        "wraparound": False,
        "query": "SELECT ?",
        **more,
    }


def offender(pid: int = 1, offence: str = "blocks", **more: Any) -> dict[str, Any]:
    return {
        "pid": pid,
        "backend_start": START,
        "role": "app",
        "application": "shop",
        "client": "local",
        "database": "shop",
        "state": "active",
        "class": "active",
        "state_s": 400.0,
        "statement_s": 400.0,
        "xact_s": 400.0,
        "blocks": None,
        "wait_s": None,
        "offence": offence,
        "signal": "cancel",
        "protected": None,
        "query": "SELECT ?",
        **more,
    }


def table(name: str = "orders", **more: Any) -> dict[str, Any]:
    return {
        "schema": "public",
        "name": name,
        "changed": 50_000,
        "rows": 100_000,
        "analyzed_s": None,
        "may": True,
        "concerned": False,
        **more,
    }


def index(name: str = "orders_n", **more: Any) -> dict[str, Any]:
    return {
        "schema": "public",
        "name": name,
        "table": "orders",
        "valid": False,
        "unique": False,
        "bytes": 50 * 2**20,
        "expected_bytes": 5 * 2**20,
        "leftover": False,
        "may": True,
        **more,
    }


def slow(**parts: Any) -> dict[str, Any]:
    """A reading with what a test gives it: roots, edges, offenders, stale, invalid, bloated…"""
    edges = parts.get("edges", [])
    return reading(
        {
            "server": {
                "in_recovery": parts.get("in_recovery", False),
                "me": {"user": "oncall", "can_signal": parts.get("can_signal", True)},
            },
            "slots": {"hidden": parts.get("hidden", 0)},
            "blocking": {
                "waiting": len(edges),
                "edges": edges,
                "roots": parts.get("roots", []),
                "prepared": parts.get("holding", []),
            },
            "offenders": parts.get("offenders", []),
            "waits": {
                "active": 0,
                "for_standby": 0,
                "for_standby_s": None,
                "events": [],
                **parts.get("waits", {}),
            },
            "relations": {
                name: parts.get(name, default)
                for name, default in (
                    ("stale", []),
                    ("invalid", []),
                    ("bloated", []),
                    ("named", None),
                )
            },
            "transactions": {
                "prepared_total": len(parts.get("prepared", [])),
                "prepared": parts.get("prepared", []),
                "wraparound": {
                    "database": "shop",
                    "xid_age": 700,
                    "multixact_age": 1,
                    **parts.get("wraparound", {}),
                },
            },
            "statements": parts.get("statements", {"available": False, "why": "not_installed"}),
        }
    )

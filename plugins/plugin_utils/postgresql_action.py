# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions on PostgreSQL share: the ways of a service, and the break-glass one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.kinds import postgresql_way
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import (
    Refused,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction

Answer = TypeVar("Answer")
LISTS = ("app_roles", "protected_roles", "protected_applications")
THRESHOLDS = (
    "idle_seconds",
    "idle_in_transaction_seconds",
    "blocked_seconds",
    "long_query_seconds",
    "stale_percent",
    "stale_rows",
    "index",
)
# Refusals for which the break-glass connection is made. A wrong password is none of them.
LOCKED_OUT = ("slots_reserved", "server_refused")


class PostgresqlAction(PlatformAction):
    def normal_way(self, service: str) -> Way:
        return self._resolved(service, "normal")

    def other_way(self, service: str, name: str) -> Way | None:
        """The break-glass one or the pooler's; None when the catalog has none."""
        configured = name in self.entry(service)["postgresql"]
        return self._resolved(service, name) if configured else None

    def _resolved(self, service: str, name: str) -> Way:
        """With its password, read here and now."""
        entry = self.entry(service)["postgresql"]
        return postgresql_way(f"runbooks_services.{service}.postgresql", entry, name)

    def params(self, run: incident.Run, service: str) -> dict[str, Any]:
        """What the statements need to know: who is protected, and from what age idle is idle."""
        entry = self.entry(service)["postgresql"]
        inputs = run.inputs[service]
        return {
            **{name: list(entry.get(name) or []) for name in LISTS},
            **{name: inputs[name] for name in THRESHOLDS if name in inputs},
        }

    def break_glass(self, run: incident.Run, service: str, purpose: str) -> Way | None:
        """The superuser's connection. Each use is in the journal before it is made."""
        way = self.other_way(service, "admin")
        if way:
            run.write(
                "break_glass", {"purpose": purpose, "way": f"{way.via}, user {way.user}"}, service
            )
            self.shown.append({"kind": "break_glass", "service": service, "purpose": purpose})
        return way

    def with_break_glass(
        self,
        run: incident.Run,
        service: str,
        change: str,
        causes: tuple[str, ...],
        ask: Callable[[Way], Answer],
    ) -> tuple[Answer, str]:
        """Make a change by the normal way, and by the break-glass one when the normal is refused for
        one of the causes."""
        try:
            return ask(self.normal_way(service)), "normal"
        except Refused as refused:
            way = (
                self.break_glass(run, service, purpose(change, self.check_mode))
                if refused.refusal.reason in causes
                else None
            )
            if way is None:
                raise
        return ask(way), "admin"


def purpose(change: str, check_mode: bool) -> str:
    """What the connection is for: in check mode it is made all the same, and only looked through."""
    return f"look; check mode does not {change}" if check_mode else change

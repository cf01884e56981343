# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import contextlib
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import (
    Refused,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.postgresql_action import (
    LOCKED_OUT,
    PostgresqlAction,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION

SECTIONS = [
    "server",
    "slots",
    "sessions",
    "blocking",
    "offenders",
    "waits",
    "relations",
    "settings",
    "replication",
    "transactions",
    "statements",
]


class ActionModule(PostgresqlAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "sections": {
            "type": "list",
            "elements": "str",
            "choices": SECTIONS,
            "default": ["server", "slots", "sessions", "settings", "replication"],
        },
    }

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        service = run.services[self.host]
        reading = self._read(run, service)
        reading["standbys"] = list(self.entry(service)["postgresql"].get("standbys") or [])
        reading["pooler"] = self._pooler(service)
        reading["configuration"] = (
            self._configuration(run, service) if reading["document"] else None
        )
        return {"changed": False, "reading": reading, "incident_show": self.shown}

    def _read(self, run: incident.Run, service: str) -> dict[str, Any]:
        normal, refused, document, chosen = self.normal_way(service), {}, None, "normal"
        try:
            document = self._ask(normal, run, service)
        except Refused as error:
            refused["normal"] = vars(error.refusal)
        if refused and refused["normal"]["reason"] in LOCKED_OUT:
            document = self._ask_as_admin(run, service, refused)
            chosen = "admin"
            if document and has_room(document):
                # Somebody left between the two connections, perhaps ended by another run.
                with contextlib.suppress(Refused):
                    document, chosen, refused = self._ask(normal, run, service), "normal", {}
        return {
            "user": normal.user,
            "way": chosen if document else None,
            "version": version(document),
            "refused": refused,
            "document": document,
        }

    def _ask(self, way: Any, run: incident.Run, service: str) -> dict[str, Any]:
        return client.read(way, self.arguments["sections"], self.params(run, service), self.execute)

    def _ask_as_admin(
        self, run: incident.Run, service: str, refused: dict[str, Any]
    ) -> dict[str, Any] | None:
        way = self.break_glass(run, service, "read a server that is full")
        if way is None:
            return None
        try:
            return self._ask(way, run, service)
        except Refused as error:
            refused["admin"] = vars(error.refusal)
        return None

    def _pooler(self, service: str) -> dict[str, Any] | None:
        way = self.other_way(service, "pooler")
        if way is None:
            return None
        try:
            return client.pools(way, self.execute)
        except Refused as error:
            return {"refused": vars(error.refusal)}

    def _configuration(self, run: incident.Run, service: str) -> dict[str, Any] | None:
        """Would the server start again? Only asked when the raise that restarts it is approved."""
        if not run.approved("raise_max_connections", service):
            return None
        way = self.break_glass(
            run, service, "check the configuration files and memory before a restart"
        )
        if way is None:
            return None
        try:
            return client.configuration(way, self.execute)
        except Refused as error:
            return {"refused": vars(error.refusal)}


def has_room(document: dict[str, Any]) -> bool:
    slots = document.get("slots") or {}
    return bool(slots) and slots["used"] < slots["application_slots"]


def version(document: dict[str, Any] | None) -> str | None:
    server = (document or {}).get("server")
    return f"PostgreSQL {server['version_num'] // 10000}" if server else None

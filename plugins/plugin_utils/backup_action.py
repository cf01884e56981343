# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions on backups share. They lie on the service's host, or where the service lives, and are
listed there."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.backup import (
    entry,
    restoring,
    targets,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refusal, Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.postgresql_action import (
    PostgresqlAction,
)


class BackupAction(PostgresqlAction):
    def backup(self, service: str) -> entry.Backup | None:
        return entry.of(f"runbooks_services.{service}.backup", self.entry(service).get("backup"))

    def there(self, service: str, command: str, stdin: str = "") -> Done:
        """Where the backups lie."""
        backup = self.backup(service)
        if backup and backup.place == "inside":
            return self.inside(service, command, stdin)
        return self.shell(command, stdin)

    def listed(self, service: str) -> dict[str, Any]:
        """What there is; a refusal is a reading, too."""
        backup = self.backup(service)
        if backup is None:
            said = f"the catalog does not say where backups are; for example {entry.EXAMPLE}"
            return nothing("not_configured", said)
        try:
            done = self.there(service, "sh -s", backup.tool.list_text())
        except Unreachable as error:
            return nothing("host_unreachable", str(error))
        found = backup.tool.read(done.stdout, done.stderr)
        if found["now"] is None:
            return nothing("host_unreachable", "its host did not answer what was asked")
        more = {"refused": None, "verified": None, "max_age_hours": backup.max_age_hours}
        return {**found, **more}

    def answers(
        self, queries: Iterable[entry.Query], way: Way, execute: client.Executor
    ) -> list[dict[str, Any]]:
        """What the integrity queries of the catalog answer. One that fails tells of the data, too."""
        found = []
        for query in queries:
            value, error = None, None
            try:
                value = client.one_value(way, query.sql, execute)
            except Refused as refused:
                error = vars(refused.refusal)
            found.append(
                {"name": query.name, "expect": query.expect, "value": value, "error": error}
            )
        return found

    def copy_asked_for(self, run: incident.Run, service: str) -> restoring.Copy | None:
        """By the variables of the run."""
        inputs = run.inputs[service]
        target = targets.wanted(inputs)
        if target is None:
            return None
        return restoring.Copy(inputs["restore_dir"], inputs["restore_port"], target)

    def way_to(self, service: str, copy: restoring.Copy) -> tuple[Way, client.Executor]:
        """By a socket in the copy's own folder, as whom that belongs to."""
        backup = self.backup(service)
        programs = backup.programs if backup else ""
        normal, admin = self.normal_way(service), self.other_way(service, "admin")
        user = admin.user if admin else "postgres"
        way = Way("copy", "exec", copy.directory, copy.port, normal.database, user)

        def execute(command: str, stdin: str) -> tuple[int, str, str]:
            line = restoring.as_owner(copy, programs, command)
            try:
                done = self.there(service, f"sh -c {shlex.quote(line)}", stdin)
            except Unreachable as error:
                raise Refused(Refusal("unreachable", str(error))) from None
            return done.rc, done.stdout, done.stderr

        return way, execute

    def verified(
        self, service: str, backup: entry.Backup, found: Mapping[str, Any], seconds: int
    ) -> dict[str, str]:
        """Every file of a backup, read by the tool that made it."""
        text = backup.tool.verify_text(found, backup.programs, seconds)
        try:
            done = self.there(service, "sh -s", text)
        except Unreachable as error:
            return {"status": "unknown", "said": str(error)}
        return backup.tool.verified(found, done.rc, done.stdout or done.stderr)


def nothing(reason: str, message: str) -> dict[str, Any]:
    return {
        "refused": {"reason": reason, "message": message},
        "now": None,
        "unreadable": [],
        "backups": [],
        "unfinished": [],
        "segments": [],
        "verified": None,
        "max_age_hours": None,
    }

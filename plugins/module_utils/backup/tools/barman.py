# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Barman, on the host where it keeps its backups. What is secret of its servers is in its own configuration.

`list-backups` and `show-backup` answer in JSON (`-f json`); the pieces of WAL are files of the folder that
`show-servers` calls wals_directory, under their own names, compressed or not.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.backup import words
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.coverage import MIB
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools import called
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.tool import (
    Found,
    Reading,
    Tool,
    not_ended,
    reading,
    verdict,
)

BACKUP_ID = re.compile(r"\d{8}T\d{6}")
PIECE = re.compile(r"^wal (\d+) (\d+) \S*?([0-9A-F]{24})$", re.MULTILINE)
# A configuration may have passwords in it: of what show-servers says, one line leaves the host. The folder is
# made with the first piece.
LIST = """list() { as {barman} -f json list-backups {server}; }
told list list
for id in $(list 2>/dev/null | grep -o '"backup_id": "[0-9T]*"' | cut -d '"' -f 4); do
  told "backup $id" as {barman} -f json show-backup {server} "$id"
done
wals=$(as {barman} show-servers {server} 2>/dev/null | sed -n 's/^[[:space:]]*wals_directory: //p')
pieces() {
  [ -n "$wals" ] || { echo "show-servers does not say where it is"; return 1; }
  as test -e "$wals" || return 0
  as sh -c 'cd "$1" && find . -type f -name "0???????????????????????" -exec stat -c "wal %s %Y %n" {} +' sh "$wals"
}
told wal pieces
"""
BEFORE = """told=$(as {barman} -f json show-backup {server} {id} 2>&1) || refuse "$(printf %s "$told" | tail -n 1)"
case "$told" in *'"tablespaces": []'*) ;; *) refuse "the backup has tablespaces, which lie outside of it" ;; esac
need={need}; major={major}
"""


@dataclass(frozen=True)
class Barman(Tool):
    server: str
    config: str  # empty: where it looks itself
    run_as: str

    KEYS: ClassVar[tuple[str, ...]] = ("server", "config", "run_as")
    EXAMPLE: ClassVar[str] = "backup: {tool: barman, server: shop}"

    @classmethod
    def of(cls, path: str, section: Mapping[str, Any]) -> Barman:
        return cls(
            words.name(f"{path}.server", section.get("server")),
            words.file_if_given(f"{path}.config", section.get("config")),
            words.user(f"{path}.run_as", section.get("run_as", "barman")),
        )

    @property
    def command(self) -> list[str]:
        return ["barman", *(["-c", self.config] if self.config else [])]

    def list_text(self) -> str:
        return called.asked(self.run_as) + called.filled(LIST, **self.given())

    def given(self) -> dict[str, str]:
        return {"barman": shlex.join(self.command), "server": shlex.quote(self.server)}

    def listed(self, said: str, complaint: str) -> Reading:
        now, answers = called.parts(said)
        place = f"Barman's catalog of server {self.server}"
        part, wal = answers.get("list"), answers.get("wal")
        data = part.data() if part and part.rc == 0 else None
        listed = (data or {}).get(self.server)
        if not isinstance(listed, list):
            error = " ".join((part.data() or {}).get("_ERROR") or []) if part else ""
            return reading(now, [], [], [], [f"{place} ({error or called.why(part, complaint)})"])
        if wal is None or wal.rc:
            return reading(
                now, [], [], [], [f"the WAL of server {self.server} ({called.why(wal, complaint)})"]
            )
        backups, unfinished, size = [], [], 16 * MIB
        for one in listed:
            shown = answers.get(f"backup {one['backup_id']}")
            details = ((shown.data() if shown else None) or {}).get(self.server) or {}
            found = backup(one, details)
            if found is None:
                unfinished.append(str(one["backup_id"]))
                continue
            backups.append(found)
            size = called.segment_bytes(found.pop("lsn"), found["start"]) or size
        segments = [
            {"name": name, "bytes": size, "at": int(at)}
            for _bytes, at, name in PIECE.findall(wal.text)
        ]
        return reading(now, backups, unfinished, segments, [])

    def verify_text(self, backup: Found, programs: str, seconds: int) -> str:
        command = [*self.command, "verify-backup", self.server, backup["path"]]
        return called.timed(self.run_as, command, seconds)

    def verified(self, backup: Found, rc: int, said: str) -> dict[str, str]:
        """By pg_verifybackup; a backup by rsync has no manifest to be held against."""
        if rc == 0:
            return verdict("ok")
        unknown = not_ended(rc, said)
        line = re.search(r"pg_verifybackup: error: .*", said)
        if unknown or not line or re.search(r'could not open file ".*backup_manifest"', said):
            return unknown or verdict("unknown", called.error(said) or f"status {rc}")
        return verdict("corrupt", line[0])

    def before(self, backup: Found) -> str:
        given = {**self.given(), "id": shlex.quote(backup["path"])}
        return called.before(self.run_as, BEFORE, backup, **given)

    def bring(self, backup: Found) -> str:
        """With get-wal it copies no WAL: our own recovery fetches what it needs. Its own is put aside."""
        recover = shlex.join([*self.command, "recover", "--get-wal", self.server, backup["path"]])
        return f'{called.MAKE_FOLDER}as {recover} "$to" >/dev/null\n'

    def restore_command(self, folder: str) -> str:
        return f'{shlex.join([*self.command, "get-wal", self.server])} %f > "%p"'


def backup(one: Mapping[str, Any], details: Mapping[str, Any]) -> dict[str, Any] | None:
    """None of one that was not finished."""
    base = details.get("base_backup_information") or {}
    start, version = str(base.get("begin_wal")), details.get("postgresql_version")
    known = BACKUP_ID.fullmatch(str(one["backup_id"])) and re.fullmatch(r"[0-9A-F]{24}", start)
    if details.get("status") != "DONE" or not known or not version:
        return None
    kib = int(base.get("disk_usage_bytes") or one["size_bytes"]) // 1024
    return {
        "path": one["backup_id"],
        "kib": kib,
        "room_kib": kib,
        "major": int(version) // 10000,
        "finished": ended(base),
        "start": start,
        "lsn": base.get("begin_lsn"),
    }


def ended(base: Mapping[str, Any]) -> int:
    """Older ones have it as a text with its zone only."""
    if base.get("end_time_timestamp"):
        return int(base["end_time_timestamp"])
    return int(datetime.fromisoformat(base["end_time"]).timestamp())

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WAL-G. Its storage and its keys are told by its own configuration, a file of settings or of variables.

`backup-list --detail --json` answers `backup_name`, `wal_file_name`, `start_time`, `finish_time`, `pg_version`,
`start_lsn`, `uncompressed_size` and more (internal/backup_time.go and ExtendedMetadataDto in
internal/databases/postgres/backup_sentinel_dto.go of https://github.com/wal-g/wal-g). `wal-show` tells of gaps and
of no time; `st ls` (docs/StorageTools.md) has a line "type size last-modified name" for each piece of WAL.
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
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import refusal

NAME = re.compile(r"base_[0-9A-F]{24}(_D_[0-9A-F]{24})?")
# As Go writes a time: 2026-11-21 03:04:05.123456789 +0000 UTC
PIECE = re.compile(
    r"^obj +\d+ +(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d{4}) \S+ +(?:\S*/)?([0-9A-F]{24})(?:\.\w+)?$",
    re.MULTILINE,
)
# What the sentinel of a backup says of tablespaces (TablespaceSpec in tablespace_spec.go): none, or an empty list.
BEFORE = """told=$(as {cat} 2>&1) || refuse "$(printf %s "$told" | tail -n 1)"
case "$(printf %s "$told" | tr -d ' \\n')" in
  *'"Spec":null'* | *'"tablespaces":[]'* | *'"tablespaces":null'*) ;;
  *) refuse "the backup has tablespaces, which lie outside of it" ;;
esac
need={need}; major={major}
"""
# Every variable of the file is for WAL-G alone, and read by the user whose it is.
WITH_VARIABLES = 'set -a; . "$0"; exec wal-g "$@"'


@dataclass(frozen=True)
class WalG(Tool):
    env_file: str
    config: str
    run_as: str

    KEYS: ClassVar[tuple[str, ...]] = ("env_file", "config", "run_as")
    EXAMPLE: ClassVar[str] = "backup: {tool: wal-g, env_file: /etc/wal-g/env}"

    @classmethod
    def of(cls, path: str, section: Mapping[str, Any]) -> WalG:
        files = {
            key: words.file_if_given(f"{path}.{key}", section.get(key))
            for key in ("env_file", "config")
        }
        if not any(files.values()):
            allowed = "where WAL-G's variables are, or config, its file of settings"
            raise refusal(f"{path}.env_file", None, allowed, cls.EXAMPLE)
        user = words.user(f"{path}.run_as", section.get("run_as", "postgres"))
        return cls(files["env_file"], files["config"], user)

    def command(self, *arguments: str) -> list[str]:
        config = ["--config", self.config] if self.config else []
        if not self.env_file:
            return ["wal-g", *config, *arguments]
        return ["sh", "-c", WITH_VARIABLES, self.env_file, *config, *arguments]

    def list_text(self) -> str:
        backups = shlex.join(self.command("backup-list", "--detail", "--json"))
        wal = shlex.join(self.command("st", "ls", "wal_005"))
        return called.asked(self.run_as) + f"told list as {backups}\ntold wal as {wal}\n"

    def listed(self, said: str, complaint: str) -> Reading:
        now, answers = called.parts(said)
        part, wal = answers.get("list"), answers.get("wal")
        data = part.data() if part and not part.rc else None
        if data is None and part and not part.rc and not part.text.strip():
            data = []  # without a backup, some versions answer nothing, and say so elsewhere
        for name, failed in (("backup-list", part), ("st ls", wal)):
            if failed is None or failed.rc or (failed is part and data is None):
                why = called.why(failed, complaint)
                return reading(now, [], [], [], [f"the storage (wal-g {name}: {why})"])
        sizes = [
            called.segment_bytes(one.get("start_lsn"), one["wal_file_name"]) for one in data or []
        ]
        size = next((one for one in sizes if one), 16 * MIB)
        # Of one on top of another, only what changed is counted.
        room = max((one["uncompressed_size"] // 1024 for one in data or []), default=0)
        backups = [backup(one, room) for one in data or [] if NAME.fullmatch(one["backup_name"])]
        segments = [
            {"name": name, "bytes": size, "at": seconds(f"{at}{zone}")}
            for at, zone, name in PIECE.findall(wal.text if wal else "")
        ]
        return reading(now, backups, [], segments, [])

    def verify_text(self, backup: Found, programs: str, seconds: int) -> str:
        command = self.command("wal-verify", "integrity", "timeline", "--json")
        return called.timed(self.run_as, command, seconds)

    def verified(self, backup: Found, rc: int, said: str) -> dict[str, str]:
        """It never reads a backup but to restore it. What it says of the WAL is told along."""
        unknown = not_ended(rc, said)
        data = called.Part(rc, said).data()
        if unknown or rc or not isinstance(data, dict):
            return unknown or verdict("unknown", called.error(said) or f"status {rc}")
        told = ", ".join(f"{name} {one.get('status')}" for name, one in sorted(data.items()))
        return verdict(
            "unknown", f"WAL-G reads a backup only to restore it; its wal-verify: {told}"
        )

    def before(self, backup: Found) -> str:
        sentinel = f"basebackups_005/{backup['path']}_backup_stop_sentinel.json"
        cat = shlex.join(self.command("st", "cat", sentinel))
        return called.before(self.run_as, BEFORE, backup, cat=cat)

    def bring(self, backup: Found) -> str:
        fetch = self.command("backup-fetch")
        return f'{called.MAKE_FOLDER}as {shlex.join(fetch)} "$to" {shlex.quote(backup["path"])} >/dev/null\n'

    def restore_command(self, folder: str) -> str:
        config = f"--config {self.config} " if self.config else ""
        variables = f"set -a; . {self.env_file}; " if self.env_file else ""
        return f'{variables}exec wal-g {config}wal-fetch %f "%p"'


def backup(one: Mapping[str, Any], room: int) -> dict[str, Any]:
    return {
        "path": one["backup_name"],
        "kib": one["uncompressed_size"] // 1024,
        "room_kib": room,
        "major": one["pg_version"] // 10000,
        "finished": seconds(one["finish_time"]),
        "start": one["wal_file_name"][:24],
    }


def seconds(text: str) -> int:
    """Of the epoch; Go writes nine digits of a second, or none."""
    return int(
        datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00")).timestamp()
    )

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Base backups by pg_basebackup and the folder of archived WAL, as their host lists them.

A base backup is a folder with backup_label, as `pg_basebackup -F plain` writes it; it is whole when its
manifest is there, which is written last.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.backup import words
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.tool import (
    Found,
    Reading,
    Tool,
    not_ended,
    reading,
    verdict,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import refusal

# Newer than this many, nobody looks for a gap.
MOST_SEGMENTS = 200_000
LIST = """LC_ALL=C; export LC_ALL
directory={directory}; archive={archive}
echo "now $(date +%s)"
cd / || exit 1
if [ -r "$directory" ] && [ -x "$directory" ]; then
  for label in "$directory"/backup_label "$directory"/*/backup_label; do
    [ -f "$label" ] || continue
    here=${{label%/backup_label}}
    echo "backup $here"
    echo "kib $(du -sk "$here" 2>/dev/null | cut -f 1)"
    echo "major $(cat "$here/PG_VERSION")"
    [ ! -f "$here/backup_manifest" ] || echo "finished $(stat -c %Y "$here/backup_manifest")"
    sed -n 's/^START WAL LOCATION: .*(file \\([0-9A-F]*\\)).*/start \\1/p' "$label"
  done
else
  echo "unreadable $directory"
fi
if [ -r "$archive" ] && [ -x "$archive" ]; then
  cd "$archive" && ls | grep -E '^[0-9A-F]{{24}}$' | tail -n {most} | xargs -r stat -c 'wal %s %Y %n'
else
  echo "unreadable $archive"
fi
"""
# Reads every file; the archived WAL is judged by its own folder.
VERIFY = """LC_ALL=C; export LC_ALL
program={programs}
[ -n "$program" ] || program=$(command -v pg_verifybackup) && program=${{program%/pg_verifybackup}}
[ -n "$program" ] || program=/usr/lib/postgresql/{major}/bin
[ -x "$program/pg_verifybackup" ] || {{ echo "no pg_verifybackup is there"; exit 127; }}
command -v timeout >/dev/null 2>&1 && set -- timeout {seconds} || set --
"$@" "$program/pg_verifybackup" -n -q {backup} 2>&1
"""


BEFORE = """backup={backup}
[ -z "$(find "$backup" -type l | head -n 1)" ] || refuse "the backup has tablespaces, which lie outside of it"
major=$(cat "$backup/PG_VERSION"); need=$(du -sk "$backup" | cut -f 1)
"""


@dataclass(frozen=True)
class Plain(Tool):
    directory: str
    archive: str

    KEYS: ClassVar[tuple[str, ...]] = ("directory", "archive")
    EXAMPLE: ClassVar[str] = "backup: {tool: plain, directory: /backup/base, archive: /backup/wal}"
    READ_FIRST: ClassVar[bool] = True

    @classmethod
    def of(cls, path: str, section: Mapping[str, Any]) -> Plain:
        given = [words.folder(f"{path}.{key}", section.get(key)) for key in cls.KEYS]
        if given[0] == given[1]:
            raise refusal(f"{path}.archive", given[1], "another folder than directory", cls.EXAMPLE)
        return cls(*given)

    @property
    def folders(self) -> tuple[str, ...]:
        return (self.directory, self.archive)

    def list_text(self) -> str:
        folders = {"directory": shlex.quote(self.directory), "archive": shlex.quote(self.archive)}
        return LIST.format(**folders, most=MOST_SEGMENTS)

    def listed(self, said: str, complaint: str) -> Reading:
        return parsed(said)

    def verify_text(self, backup: Found, programs: str, seconds: int) -> str:
        return VERIFY.format(
            programs=shlex.quote(programs),
            major=int(backup["major"]),
            backup=shlex.quote(backup["path"]),
            seconds=int(seconds),
        )

    def verified(self, backup: Found, rc: int, said: str) -> dict[str, str]:
        return verified(rc, said)

    def before(self, backup: Found) -> str:
        return BEFORE.format(backup=shlex.quote(backup["path"]))

    def bring(self, backup: Found) -> str:
        return 'cp -a "$backup" "$to"\n'

    def restore_command(self, folder: str) -> str:
        return f'cp "{self.archive}/%f" "%p"'


def parsed(text: str) -> Reading:
    now, unreadable = None, []
    found: list[dict[str, Any]] = []
    segments: list[dict[str, Any]] = []
    for line in text.replace("\r\n", "\n").splitlines():
        word, _space, rest = line.partition(" ")
        if word == "now" and rest.isdigit():
            now = int(rest)
        elif word == "unreadable":
            unreadable.append(rest)
        elif word == "backup":
            found.append({"path": rest, "kib": 0, "major": 0, "finished": None, "start": None})
        elif word in ("kib", "major", "finished") and found and rest.isdigit():
            found[-1][word] = int(rest)
        elif word == "start" and found and re.fullmatch(r"[0-9A-F]{24}", rest):
            found[-1]["start"] = rest
        elif word == "wal" and re.fullmatch(r"\d+ \d+ [0-9A-F]{24}", rest):
            size, at, name = rest.split()
            segments.append({"name": name, "bytes": int(size), "at": int(at)})
    whole = [one for one in found if one["finished"] and one["start"] and one["major"]]
    unfinished = [one["path"] for one in found if one not in whole]
    return reading(now, whole, unfinished, segments, unreadable)


def verified(rc: int, said: str) -> dict[str, str]:
    """By pg_verifybackup: its word, or why there is none."""
    if rc == 0:
        return verdict("ok")
    return not_ended(rc, said) or verdict("corrupt", said or f"status {rc}")

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Base backups by pg_basebackup and the folder of archived WAL, as their host lists them.

A base backup is a folder with backup_label, as `pg_basebackup -F plain` writes it; it is whole when its
manifest is there, which is written last.
"""

from __future__ import annotations

import re
import shlex
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt

Reading = dict[str, Any]
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


def script(directory: str, archive: str) -> str:
    return LIST.format(
        directory=shlex.quote(directory), archive=shlex.quote(archive), most=MOST_SEGMENTS
    )


def verify(programs: str, major: int, backup: str, seconds: int) -> str:
    return VERIFY.format(
        programs=shlex.quote(programs),
        major=int(major),
        backup=shlex.quote(backup),
        seconds=int(seconds),
    )


def parsed(text: str) -> Reading:
    """`backups` by the time they were finished, the newest last; one that was not is left out of them."""
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
    # What is older than every backup is of no use to any.
    first = min((one["start"][8:] for one in whole), default="")
    return {
        "now": now,
        "unreadable": unreadable,
        "backups": sorted(whole, key=lambda one: one["finished"]),
        "unfinished": [one["path"] for one in found if one not in whole],
        "segments": [one for one in segments if one["name"][8:] >= first],
    }


def verified(rc: int, said: str) -> dict[str, Any]:
    """By pg_verifybackup: its word, or why there is none."""
    if rc == 0:
        return {"status": "ok", "said": ""}
    status = {124: "unknown", 126: "unknown", 127: "unknown"}.get(rc, "corrupt")
    told = "it took too long" if rc == 124 else excerpt(said) or f"status {rc}"
    return {"status": status, "said": told}

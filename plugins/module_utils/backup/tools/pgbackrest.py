# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""pgBackRest. Its repository, with all that is secret of it, is told by its own configuration.

`info` (https://pgbackrest.org/command.html#command-info) has, for each stanza, `db` (the clusters that it was made
for, each with `id` and `version`), `backup` (`label`, `timestamp`, `archive.start`, `lsn.start`, `info.size`, what
the cluster takes on disk, and `error`, whether pages with wrong checksums were met while it was made) and `status`.
Of the archive it tells only both ends, between which pieces may be missing; `repo-ls` lists every piece.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.backup import words
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.coverage import MIB
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools import called
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.called import Part
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.tool import (
    Found,
    Reading,
    Tool,
    not_ended,
    reading,
    verdict,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input

REPO = Input("repo", None, 1, 256, "the repository's number", "")
# It is asked by whoever looks: nothing is added to its log, and its errors are told alone.
QUIET = ("--log-level-console=off", "--log-level-stderr=error", "--log-level-file=off")
LABEL = re.compile(r"\d{8}-\d{6}F(_\d{8}-\d{6}[DI])?")
PIECE = re.compile(r"\d[\d.]*-(\d+)/[0-9A-F]{16}/([0-9A-F]{24})-.*")
ONLY_PIECES = "/[0-9A-F]{24}-"
# No stanza, its data missing, any other error. 2 is one without a backup, and 4 tells of one of several repositories.
BROKEN = (1, 3, 5, 99)
BEFORE = """told=$(as {info} 2>&1) || refuse "$(printf %s "$told" | tail -n 1)"
case "$told" in *'"tablespace":null'*) ;; *) refuse "the backup has tablespaces, which lie outside of it" ;; esac
need={need}; major={major}
"""


@dataclass(frozen=True)
class Pgbackrest(Tool):
    stanza: str
    config: str  # empty: where it looks itself
    repo: int | None
    run_as: str

    KEYS: ClassVar[tuple[str, ...]] = ("stanza", "config", "repo", "run_as")
    EXAMPLE: ClassVar[str] = "backup: {tool: pgbackrest, stanza: shop}"

    @classmethod
    def of(cls, path: str, section: Mapping[str, Any]) -> Pgbackrest:
        repo = section.get("repo")
        return cls(
            words.name(f"{path}.stanza", section.get("stanza")),
            words.file_if_given(f"{path}.config", section.get("config")),
            REPO.parse(repo, f"{path}.repo") if repo is not None else None,
            words.user(f"{path}.run_as", section.get("run_as", "postgres")),
        )

    def command(self, *arguments: str) -> list[str]:
        config = [f"--config={self.config}"] if self.config else []
        repo = [f"--repo={self.repo}"] if self.repo else []
        return ["pgbackrest", f"--stanza={self.stanza}", *config, *repo, *QUIET, *arguments]

    def list_text(self) -> str:
        info = shlex.join(self.command("--output=json", "info"))
        options = ("--recurse", "--output=json", f"--filter={ONLY_PIECES}")
        wal = shlex.join(self.command(*options, "repo-ls", f"archive/{self.stanza}"))
        return called.asked(self.run_as) + f"told info as {info}\ntold wal as {wal}\n"

    def listed(self, said: str, complaint: str) -> Reading:
        now, answers = called.parts(said)
        data, wal = answered(answers.get("info")), answered(answers.get("wal"))
        place = f"the repository of stanza {self.stanza}"
        stanza = next((one for one in data or [] if one.get("name") == self.stanza), None)
        if stanza is None or wal is None:
            failed = answers.get("info" if stanza is None else "wal")
            return reading(now, [], [], [], [f"{place} ({called.why(failed, complaint)})"])
        if stanza["status"]["code"] in BROKEN:
            return reading(now, [], [], [], [f"{place} ({stanza['status']['message']})"])
        # An older one is of a cluster that was upgraded, or made anew.
        current = max((one["id"] for one in stanza["db"]), default=0)
        versions = {one["id"]: int(one["version"].partition(".")[0]) for one in stanza["db"]}
        of_it = [one for one in stanza["backup"] if one["database"]["id"] == current]
        sizes = [
            called.segment_bytes((one.get("lsn") or {}).get("start"), one["archive"]["start"])
            for one in of_it
        ]
        size = next((one for one in sizes if one), 16 * MIB)
        backups = [backup(one, versions[current]) for one in of_it if LABEL.fullmatch(one["label"])]
        return reading(now, backups, [], list(pieces(wal, current, size)), [])

    def verify_text(self, backup: Found, programs: str, seconds: int) -> str:
        command = self.command("--output=text", "--verbose", "verify")
        return called.timed(self.run_as, command, seconds)

    def verified(self, backup: Found, rc: int, said: str) -> dict[str, str]:
        """It reads the whole repository; its exit status is 0 whatever it finds."""
        unknown = not_ended(rc, said)
        line = re.search(
            rf"^ *backup: {re.escape(backup['path'])}, status: (.*\n?.*)", said, re.MULTILINE
        )
        if unknown or rc or not line:
            return unknown or verdict("unknown", called.error(said) or f"status {rc}")
        if line[1].startswith("valid"):
            return verdict("ok")
        return verdict("corrupt" if line[1].startswith("invalid") else "unknown", line[1])

    def before(self, backup: Found) -> str:
        info = self.command(f"--set={backup['path']}", "--output=json", "info")
        return called.before(self.run_as, BEFORE, backup, info=shlex.join(info))

    def bring(self, backup: Found) -> str:
        """Each file is held against its checksum. Its part in the recovery is left out: that is ours."""
        options = (f"--set={backup['path']}", "--type=none", "--no-delta", "--no-link-all")
        restore = shlex.join(self.command(*options))
        return f'{called.MAKE_FOLDER}as {restore} --pg1-path="$to" restore >/dev/null\n'

    def restore_command(self, folder: str) -> str:
        """Not with the spool of the live server."""
        options = (f"--pg1-path={folder}", "--no-archive-async", "archive-get")
        return f'{shlex.join(self.command(*options))} %f "%p"'


def answered(part: Part | None) -> Any:
    return part.data() if part and part.rc == 0 else None


def backup(one: Mapping[str, Any], major: int) -> dict[str, Any]:
    kib = one["info"]["size"] // 1024
    return {
        "path": one["label"],
        "kib": kib,
        "room_kib": kib,
        "major": major,
        "finished": one["timestamp"]["stop"],
        "start": one["archive"]["start"],
        "damaged": bool(one.get("error")),
    }


def pieces(wal: Mapping[str, Any], database: int, size: int) -> Iterator[dict[str, Any]]:
    for path, file in wal.items():
        named = PIECE.fullmatch(path)
        if named and int(named[1]) == database and file.get("type") == "file":
            yield {"name": named[2], "bytes": size, "at": file["time"]}

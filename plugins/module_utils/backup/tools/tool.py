# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every tool answers to. It brings files and WAL; what a copy is, and that it is at its target, is
told without it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt

Reading = dict[str, Any]
Found = Mapping[str, Any]


class Tool(ABC):
    KEYS: ClassVar[tuple[str, ...]]  # of the catalog's `backup`, beside those that all have
    EXAMPLE: ClassVar[str]
    # Whether a backup is restored only when every file of it was read before, and is as it should be. A tool that
    # holds each file against its checksum while it restores, or has no way to read one, is not waited for.
    READ_FIRST: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def of(cls, path: str, section: Mapping[str, Any]) -> Tool:
        """Its keys, judged."""

    @property
    def folders(self) -> tuple[str, ...]:
        """In which no copy may lie."""
        return ()

    @abstractmethod
    def list_text(self) -> str:
        """A shell text that lists backups and WAL."""

    @abstractmethod
    def listed(self, said: str, complaint: str) -> Reading:
        """What that said, and what it wrote to standard error."""

    def read(self, said: str, complaint: str) -> Reading:
        """The same; an answer of a shape that is not known is none."""
        try:
            return self.listed(said, complaint)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            missing = f"what the tool answers is of another version: {type(error).__name__} {error}"
            return reading(0, [], [], [], [excerpt(missing)])

    @abstractmethod
    def verify_text(self, backup: Found, programs: str, seconds: int) -> str:
        """A shell text that reads a backup whole, as far as the tool can."""

    @abstractmethod
    def verified(self, backup: Found, rc: int, said: str) -> dict[str, str]:
        """`status` is ok, corrupt or unknown."""

    def forbids(self, read: Mapping[str, str]) -> bool:
        """Whether a backup of which this is known is not restored."""
        return read["status"] == "corrupt" or (self.READ_FIRST and read["status"] != "ok")

    @abstractmethod
    def before(self, backup: Found) -> str:
        """A shell text: refuses what cannot be restored in a place of its own, and sets $need (KiB) and $major."""

    @abstractmethod
    def bring(self, backup: Found) -> str:
        """A shell text that puts its files into $to."""

    @abstractmethod
    def restore_command(self, folder: str) -> str:
        """As the configuration of a copy in that folder has it, without quotes around it."""


def reading(
    now: int | None,
    backups: list[dict[str, Any]],
    unfinished: list[str],
    segments: list[dict[str, Any]],
    unreadable: list[str],
) -> Reading:
    """`backups` by the time they were finished, the newest last. WAL that is older than every backup is of
    no use to any."""
    first = min((one["start"][8:] for one in backups), default="")
    return {
        "now": now,
        "unreadable": unreadable,
        "backups": sorted(backups, key=lambda one: one["finished"]),
        "unfinished": unfinished,
        "segments": [one for one in segments if one["name"][8:] >= first],
    }


def verdict(status: str, said: str = "") -> dict[str, str]:
    return {"status": status, "said": excerpt(said)}


def not_ended(rc: int, said: str) -> dict[str, str] | None:
    """Why there is no verdict; None when there may be one."""
    if rc == 124:
        return verdict("unknown", "it took too long")
    if rc in (126, 127):
        return verdict("unknown", said or f"status {rc}")
    return None

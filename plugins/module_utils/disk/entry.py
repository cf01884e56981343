# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a service says of its disks: which file systems count, and which files may go when one is full.

Nothing outside `clean` is ever deleted, so a rule that reaches too far is refused here, before
anything is read.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.entries import known_keys, mapping
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input, refusal

KEYS = ("filesystems", "clean")
RULE_KEYS = ("dir", "pattern", "older_than_days", "keep", "validate")
EXAMPLE = "clean: [{dir: /var/log/shop, pattern: '*.log.*', older_than_days: 7, keep: 3}]"
DAYS = Input("older_than_days", 7, 1, 3650, "days", "")
KEEP = Input("keep", 1, 1, 10000, "files", "")
# Whole trees in which everything belongs to the system, or to a server that keeps its data there.
SYSTEM = tuple(
    f"/{name}"
    for name in (
        *("bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "run", "sbin"),
        *("sys", "usr", "var/lib/containerd", "var/lib/docker", "var/lib/dpkg", "var/lib/etcd"),
        *("var/lib/kubelet", "var/lib/rpm", "var/lib/systemd"),
    )
)
# The write-ahead log and what stands for a transaction; a folder of such a name is never cleaned.
NEVER = ("pg_wal", "pg_xlog", "pg_xact", "pg_clog", "base", "global", "appendonlydir", "overlay2")


@dataclass(frozen=True)
class Rule:
    dir: str
    pattern: str
    older_than_days: int
    keep: int
    validate: tuple[str, ...]


@dataclass(frozen=True)
class Disk:
    filesystems: tuple[str, ...]
    clean: tuple[Rule, ...]


def of(path: str, given: object) -> Disk:
    entry = mapping(path, {} if given is None else given, EXAMPLE)
    known_keys(path, entry, KEYS, EXAMPLE)
    places = listed(f"{path}.filesystems", entry.get("filesystems", []), "[/srv/data]")
    for number, place in enumerate(places):
        check_path(f"{path}.filesystems[{number}]", place, "/srv/data", root=True)
    rules = listed(f"{path}.clean", entry.get("clean", []), EXAMPLE.partition(": ")[2])
    return Disk(
        tuple(places),
        tuple(rule(f"{path}.clean[{number}]", one) for number, one in enumerate(rules)),
    )


def listed(path: str, given: object, example: str) -> list[Any]:
    if not isinstance(given, (list, tuple)):
        raise refusal(path, given, "a list", f"{path.rpartition('.')[2]}: {example}")
    return list(given)


def rule(path: str, given: object) -> Rule:
    entry = mapping(path, given, EXAMPLE)
    known_keys(path, entry, RULE_KEYS, EXAMPLE)
    folder = entry.get("dir")
    check_path(f"{path}.dir", folder, "dir: /var/log/shop")
    check_allowed(f"{path}.dir", str(folder))
    return Rule(
        str(folder),
        pattern(f"{path}.pattern", entry.get("pattern")),
        required(path, entry, DAYS),
        KEEP.parse(entry.get("keep", KEEP.default), f"{path}.keep"),
        command(f"{path}.validate", entry.get("validate")),
    )


def required(path: str, entry: Mapping[str, Any], spec: Input) -> int:
    return spec.parse(entry.get(spec.name), f"{path}.{spec.name}")


def check_path(path: str, value: object, example: str, root: bool = False) -> None:
    """What is written is what is meant: no variable, no shorthand, no way up."""
    if (
        isinstance(value, str)
        and re.fullmatch(r"(/[^/\x00-\x1f\x7f]+)+" + ("|/" if root else ""), value)
        and posixpath.normpath(value) == value
        and not re.search(r"[~$*?\[]", value)
    ):
        return
    allowed = "an absolute path without '.', '..', '//', '~', '$', a pattern or a slash at its end"
    raise refusal(path, value, allowed, example)


def check_allowed(path: str, folder: str) -> None:
    parts = folder.split("/")[1:]
    below = any(folder == one or folder.startswith(f"{one}/") for one in SYSTEM)
    if len(parts) < 2 or below or any(part in NEVER for part in parts):
        allowed = (
            "a folder of logs or backups at least two levels below /, outside of what the system and servers keep "
            "their data in"
        )
        raise refusal(path, folder, allowed, "dir: /var/log/shop")


def pattern(path: str, value: object) -> str:
    """With a character that is meant: `*` alone would mean whatever lies there."""
    if isinstance(value, str) and "/" not in value and re.search(r"[A-Za-z0-9]", value):
        return value
    allowed = "a pattern of file names with a letter or a digit, and without '/'"
    raise refusal(path, value, allowed, "pattern: '*.log.*'")


def command(path: str, value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, list) and value and all(isinstance(word, str) for word in value):
        return tuple(value)
    allowed = "a list of arguments, which is given the file on standard input"
    raise refusal(path, value, allowed, "validate: [pg_restore, --list]")

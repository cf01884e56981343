# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The program that lists and unlinks files where they are. It travels on standard input, to any python3 from 3.7 on.

A folder is entered component by component, never through a symlink, and stays open: what is swapped under
its name afterwards is not what is worked on. Files are named relative to that open folder, and a name is
one name: no shell, no pattern, no way up.
"""

from __future__ import annotations

import errno
import fnmatch
import json
import os
import re
import stat
import subprocess
import sys
import time
import zlib
from collections.abc import Mapping, Sequence
from typing import IO, Any

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
DAY_S = 86400
# Of a larger archive only the beginning is read.
WHOLE_BYTES = 64 * 2**20
CHUNK = 2**20
VALIDATE_S = 60
# A server's data lies here, or above: whatever a catalog says, nothing of it is ours.
DATA = ("PG_VERSION", "appendonlydir")
WAL = re.compile(r"[0-9A-F]{24}(\..*)?|[0-9A-F]{8}\.history")
BEGINNINGS = (
    ((".zst", ".zstd"), 0, b"\x28\xb5\x2f\xfd"),
    ((".xz",), 0, b"\xfd7zXZ\x00"),
    ((".bz2",), 0, b"BZh"),
    ((".lz4",), 0, b"\x04\x22\x4d\x18"),
    ((".zip",), 0, b"PK\x03\x04"),
    ((".dump", ".pgdump"), 0, b"PGDMP"),
    ((".rdb",), 0, b"REDIS"),
    ((".tar",), 257, b"ustar"),
)
GZIP = (".gz", ".tgz")


class Refused(Exception):
    """One line: why this folder is left alone."""


def entered(path: str) -> int:
    """The folder, open; and the devices and mounts on the way are those of its parent."""
    here = os.open("/", FOLDER)
    above = here
    try:
        for part in path.split("/")[1:]:
            refuse_data(here, path)
            below = step(here, part, path)
            if above != here:
                os.close(above)
            above, here = here, below
        refuse_data(here, path)
        if mount_of(above) != mount_of(here):
            raise Refused(f"{path} is a mount point: name a folder inside of it")
        return here
    except BaseException:
        os.close(here)
        raise
    finally:
        if above != here:
            os.close(above)


def step(here: int, part: str, path: str) -> int:
    try:
        return os.open(part, FOLDER, dir_fd=here)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise Refused(
                f"'{part}' of {path} is a symlink or no folder: name the place itself"
            ) from None
        raise Refused(f"{path} cannot be entered: {error.strerror}") from None


def refuse_data(here: int, path: str) -> None:
    for name in DATA:
        try:
            os.stat(name, dir_fd=here, follow_symlinks=False)
        except OSError:
            continue
        raise Refused(f"{path} belongs to the data of a server: {name} lies there or above")


def mount_of(opened: int) -> str:
    """The kernel's number of the mount; a bind mount has the device of its parent."""
    try:
        with open(f"/proc/self/fdinfo/{opened}", encoding="ascii") as stream:
            for line in stream:
                if line.startswith("mnt_id:"):
                    return line.split()[1]
    except OSError:
        pass
    return str(os.fstat(opened).st_dev)


def matching(here: int, rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The plain files of the rule, the newest first. What begins with a dot has to be asked for."""
    found = []
    for name in os.listdir(here):
        hidden = name.startswith(".") and not rule["pattern"].startswith(".")
        if hidden or WAL.fullmatch(name) or not fnmatch.fnmatchcase(name, rule["pattern"]):
            continue
        seen = looked_at(here, name)
        if seen:
            found.append(seen)
    return sorted(found, key=lambda one: (one["mtime_ns"], one["name"]), reverse=True)


def looked_at(here: int, name: str) -> dict[str, Any] | None:
    try:
        seen = os.stat(name, dir_fd=here, follow_symlinks=False)
    except OSError:
        return None
    if not stat.S_ISREG(seen.st_mode):
        return None
    return {
        "name": name,
        "ino": seen.st_ino,
        "dev": seen.st_dev,
        "size": seen.st_size,
        "mtime_ns": seen.st_mtime_ns,
        # One name of several frees nothing.
        "bytes": seen.st_blocks * 512 if seen.st_nlink == 1 else 0,
    }


def valid(here: int, one: Mapping[str, Any], command: Sequence[str]) -> bool:
    """Whether a backup is one: not empty, and what its name says, or what the catalog's command says."""
    if not one["size"]:
        return False
    try:
        opened = os.open(one["name"], FILE, dir_fd=here)
    except OSError:
        return False
    with os.fdopen(opened, "rb") as stream:
        if command:
            return accepted(stream, command)
        if one["name"].lower().endswith(GZIP):
            return unpacks(stream, one["size"])
        head = stream.read(4096)
    for endings, at, mark in BEGINNINGS:
        if one["name"].lower().endswith(endings):
            return head[at : at + len(mark)] == mark
    return bool(head.strip(b"\x00"))


def accepted(stream: IO[bytes], command: Sequence[str]) -> bool:
    try:
        done = subprocess.run(
            command,
            stdin=stream,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=VALIDATE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def unpacks(stream: IO[bytes], size: int) -> bool:
    """All of it where that is quick: one that was cut off has a good beginning."""
    unpack = zlib.decompressobj(31)
    try:
        while not unpack.eof:
            chunk = stream.read(CHUNK)
            if not chunk:
                return False
            while chunk:
                unpack.decompress(chunk, CHUNK)
                chunk = unpack.unconsumed_tail
            if size > WHOLE_BYTES:
                return True
    except zlib.error:
        return False
    return True


def open_files() -> set[tuple[int, int]]:
    """What any process that we may look at has open: its space would not come back, and its writer would lose it."""
    found: set[tuple[int, int]] = set()
    for pid in os.listdir("/proc"):
        if not pid.isdigit():
            continue
        try:
            names = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue
        for name in names:
            try:
                seen = os.stat(f"/proc/{pid}/fd/{name}")
            except OSError:
                continue
            if stat.S_ISREG(seen.st_mode):
                found.add((seen.st_dev, seen.st_ino))
    return found


def sorted_out(here: int, rule: Mapping[str, Any], in_use: set[tuple[int, int]]) -> dict[str, Any]:
    """What stays because it is among the newest valid ones, and what may go, the oldest first."""
    files = matching(here, rule)
    kept: list[dict[str, Any]] = []
    for one in files:
        if len(kept) == rule["keep"]:
            break
        if valid(here, one, rule["validate"]):
            kept.append(one)
    before_ns = (time.time() - rule["older_than_days"] * DAY_S) * 10**9
    names = {one["name"] for one in kept}
    go = [
        one
        for one in reversed(files)
        if one["name"] not in names
        and one["mtime_ns"] < before_ns
        and (one["dev"], one["ino"]) not in in_use
        and one["dev"] == os.fstat(here).st_dev
    ]
    # As long as there are too few valid ones, even a broken one may be all that is left of a day.
    return {
        "files": len(files),
        "bytes": sum(one["bytes"] for one in files),
        "kept": kept,
        "go": go if len(kept) == rule["keep"] else [],
    }


def survey(rule: Mapping[str, Any]) -> dict[str, Any]:
    try:
        here = entered(rule["dir"])
    except Refused as refused:
        return {"refused": str(refused), "files": 0, "bytes": 0, "kept": [], "go": []}
    try:
        return {"refused": None, **sorted_out(here, rule, open_files())}
    finally:
        os.close(here)


def told(found: dict[str, Any], most: int) -> dict[str, Any]:
    """No more than may go; where a million lie, nobody reads their names."""
    go, kept = found["go"], found["kept"]
    return {
        **found,
        "kept": kept[:most],
        "go": go[:most],
        "go_files": len(go),
        "go_bytes": sum(one["bytes"] for one in go),
    }


def unlink(rule: Mapping[str, Any], wanted: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Of these names, each as it was listed, what the rule still lets go."""
    gone: list[str] = []
    left: list[list[str]] = []
    freed = 0
    try:
        here = entered(rule["dir"])
    except Refused as refused:
        return {"refused": str(refused), "gone": [], "bytes": 0, "left": [], **nothing()}
    try:
        allowed = {one["name"]: one for one in sorted_out(here, rule, open_files())["go"]}
        for name, ino, mtime_ns in wanted:
            one = allowed.get(name)
            now = looked_at(here, name) if one else None
            if not one or now != one or (one["ino"], one["mtime_ns"]) != (ino, mtime_ns):
                left.append([name, "it is another file by now, or must stay"])
                continue
            try:
                os.unlink(name, dir_fd=here)
            except OSError as error:
                left.append([name, str(error.strerror)])
                continue
            gone.append(name)
            freed += one["bytes"]
        return {"refused": None, "gone": gone, "bytes": freed, "left": left, **room(here)}
    finally:
        os.close(here)


def room(here: int) -> dict[str, Any]:
    """As it is now, on the file system of the open folder."""
    told = os.fstatvfs(here)
    return {"free_bytes": told.f_bavail * told.f_frsize, "free_inodes": told.f_favail}


def nothing() -> dict[str, Any]:
    return {"free_bytes": None, "free_inodes": None}


def answer(request: Mapping[str, Any]) -> Any:
    if request["do"] == "survey":
        return [told(survey(rule), request["most"]) for rule in request["rules"]]
    return unlink(request["rule"], request["wanted"])


def main(text: str) -> None:
    sys.stdout.write(json.dumps(answer(json.loads(text))))

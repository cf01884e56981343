# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal of an incident: append-only, on disk before the change, each line sealed by the next.

Several processes of one run (and several runs) append to it at once, so a line is
written under a lock of the file that the kernel drops when its holder dies.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp

FIRST_PREV = "0" * 64
Line = dict[str, Any]


def canonical(line: Line) -> str:
    return json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)


def digest(line: Line) -> str:
    body = {key: value for key, value in line.items() if key != "hash"}
    return hashlib.sha256(canonical(body).encode()).hexdigest()


def whole_lines(raw: bytes) -> Iterator[Line]:
    """Every acknowledged line. A torn one was never acknowledged and is passed over."""
    for piece in raw.split(b"\n"):
        try:
            line = json.loads(piece)
        except ValueError:
            continue
        if isinstance(line, dict) and "hash" in line:
            yield line


def faults(lines: list[Line]) -> list[str]:
    """What shows that the journal was altered; empty when it was not."""
    found = []
    prev = FIRST_PREV
    for number, line in enumerate(lines, start=1):
        if line.get("n") != number:
            found.append(f"line {number} is numbered {line.get('n')}")
        if line.get("prev") != prev:
            found.append(f"line {number} does not follow the line before it")
        if digest(line) != line["hash"]:
            found.append(f"line {number} was altered")
        prev = line["hash"]
    return found


def last_line(stream: IO[bytes]) -> Line | None:
    """The last whole line, read from the end: an append must not cost more as a journal grows."""
    size = stream.seek(0, os.SEEK_END)
    block = 16384
    while True:
        start = max(0, size - block)
        stream.seek(start)
        raw = stream.read()
        if start:
            raw = raw[raw.find(b"\n") + 1 :] if b"\n" in raw else b""
        lines = list(whole_lines(raw))
        if lines or not start:
            return lines[-1] if lines else None
        block *= 4


class Journal:
    """One file. Every append is on disk when it returns."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def read(self) -> list[Line]:
        return list(whole_lines(self.raw()))

    def raw(self) -> bytes:
        """All of it; empty where there is none yet."""
        try:
            with open(self.path, "rb", opener=_regular) as stream:
                return stream.read()
        except FileNotFoundError:
            return b""

    def append(self, run: str, kind: str, data: Line, service: str | None = None) -> Line:
        with self._exclusively() as stream:
            return self._write(stream, last_line(stream), run, kind, data, service)

    def append_with(
        self, run: str, kind: str, make: Callable[[list[Line]], Line], service: str | None = None
    ) -> Line:
        """Append data made from all lines before it, with nobody else writing in between."""
        with self._exclusively() as stream:
            stream.seek(0)
            before = list(whole_lines(stream.read()))
            last = before[-1] if before else None
            return self._write(stream, last, run, kind, make(before), service)

    def _write(
        self,
        stream: IO[bytes],
        last: Line | None,
        run: str,
        kind: str,
        data: Line,
        service: str | None,
    ) -> Line:
        line: Line = {
            "n": last["n"] + 1 if last else 1,
            "at": stamp(time.time()),
            "run": run,
            "type": kind,
            "service": service,
            # What is not JSON (a path, a number as a key) becomes it before it is sealed.
            "data": json.loads(json.dumps(data, default=str)),
            "prev": last["hash"] if last else FIRST_PREV,
        }
        line["hash"] = digest(line)
        stream.write(_end_torn_line(stream) + canonical(line).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
        return line

    @contextmanager
    def _exclusively(self) -> Iterator[IO[bytes]]:
        new = not self.path.exists()
        with open(self.path, "a+b", opener=_regular) as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield cast(IO[bytes], stream)
        if new:
            _sync_folder(self.path.parent)


def _end_torn_line(stream: IO[bytes]) -> bytes:
    if stream.seek(0, os.SEEK_END) == 0:
        return b""
    stream.seek(-1, os.SEEK_END)
    return b"" if stream.read(1) == b"\n" else b"\n"


def _regular(path: str, flags: int) -> int:
    """A device may never come to its end, and a pipe would keep who opens it."""
    handle = os.open(path, flags | os.O_NONBLOCK, 0o600)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "The journal is no regular file", path)
    return handle


def _sync_folder(folder: Path) -> None:
    """A new file's name is on disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal under what happens to it: many writers, kills, torn lines, full disks, forgers."""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import resource
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import (
    FIRST_PREV,
    Journal,
    canonical,
    digest,
    faults,
    last_line,
    whole_lines,
)

fork = multiprocessing.get_context("fork")
# Around the block in which the last line is looked for.
SIZES = (1, 100, 16383, 16384, 16385, 65535, 65536, 65537, 300_000)
HOSTILE = "größe ✓ \u2028\x00\x1b[31m\n\r\t\\\"'{{ 7*7 }} \ud800 \U0001f525"
KEYS = {"n", "at", "run", "type", "service", "data", "prev", "hash"}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def fill(journal: Journal, count: int) -> None:
    for number in range(count):
        journal.append("run-1", "evidence", {"number": number}, "db")


def numbers(journal: Journal) -> list[int]:
    return [line["data"]["number"] for line in journal.read()]


def all_of(works: list[Callable[[], None]]) -> None:
    """Run each in a process of its own, all at once."""
    started = [fork.Process(target=work) for work in works]
    for process in started:
        process.start()
    for process in started:
        process.join(15)
        assert process.exitcode == 0
        process.close()


def test_the_first_line(journal: Journal) -> None:
    line = journal.append("run-1", "run_opened", {"scenario": "x"})
    assert set(line) == KEYS
    assert (line["n"], line["prev"], line["service"]) == (1, FIRST_PREV, None)
    assert line["hash"] == digest(line)
    assert journal.path.read_bytes() == canonical(line).encode() + b"\n"


def test_a_line_seals_the_one_before(journal: Journal) -> None:
    fill(journal, 5)
    lines = journal.read()
    assert [line["n"] for line in lines] == [1, 2, 3, 4, 5]
    assert [line["prev"] for line in lines[1:]] == [line["hash"] for line in lines[:-1]]
    assert faults(lines) == []


def test_nothing_written_is_no_line(journal: Journal) -> None:
    assert journal.read() == []
    assert faults([]) == []
    journal.path.touch()
    assert journal.read() == []
    assert journal.append("run-1", "x", {})["n"] == 1


def test_only_its_owner_may_read_it(journal: Journal) -> None:
    fill(journal, 1)
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


def test_a_line_is_on_disk_before_append_returns(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[bytes] = []

    def fsync(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            synced.append(Path(f"/proc/self/fd/{handle}").read_bytes())

    monkeypatch.setattr(os, "fsync", fsync)
    fill(journal, 2)
    assert [content.count(b"\n") for content in synced] == [1, 2]


def test_the_folder_of_a_new_journal_is_synced(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[str] = []

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            folders.append(str(Path(f"/proc/self/fd/{handle}").readlink()))

    monkeypatch.setattr(os, "fsync", fsync)
    fill(journal, 3)
    assert folders == [str(journal.path.parent)]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"text": HOSTILE},
        {HOSTILE: HOSTILE},
        {"nested": [{"a": [1, 2.5, None, True, "x"]}]},
        {"float": 0.1 + 0.2, "big": 2**70, "small": 5e-324},
        # What is not JSON becomes it, and is still the same line when it is read.
        {"path": Path("/tmp"), "tuple": (1, 2)},
        {"by_number": {2: "two", 10: "ten"}},
        {"set": {"one"}},
    ],
)
def test_a_line_reads_as_it_was_sealed(journal: Journal, data: dict[str, Any]) -> None:
    written = [journal.append("run-1", "x", data, HOSTILE), journal.append("run-1", "x", data)]
    raw = journal.path.read_bytes()
    assert raw.isascii() and raw.count(b"\n") == 2
    assert faults(journal.read()) == []
    assert [line["hash"] for line in journal.read()] == [line["hash"] for line in written]


@pytest.mark.parametrize("size", SIZES)
def test_lines_of_any_size(journal: Journal, size: int) -> None:
    for number in range(3):
        journal.append("run-1", "x", {"number": number, "text": "x" * size})
        fill(journal, 1)
    assert [line["n"] for line in journal.read()] == [1, 2, 3, 4, 5, 6]
    assert faults(journal.read()) == []


def test_an_append_does_not_read_the_whole_journal(journal: Journal) -> None:
    class Counted(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1) -> bytes:
            found = super().read(size)
            self.taken += len(found)
            return found

    fill(journal, 2)
    first, last = journal.path.read_bytes().splitlines(keepends=True)
    stream = Counted(first * 5000 + last)
    found = last_line(stream)
    assert found and found["n"] == 2
    assert stream.taken < 20_000


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("tail", [b"", b'{"n":3,"at":"', b"\0" * 20_000, b"x" * 70_000])
def test_a_torn_line_behind_lines_of_any_size(journal: Journal, size: int, tail: bytes) -> None:
    journal.append("run-1", "x", {"number": 0})
    journal.append("run-1", "x", {"number": 1, "text": "x" * size})
    with journal.path.open("ab") as stream:
        stream.write(tail)
    assert numbers(journal) == [0, 1]
    assert journal.append("run-2", "x", {"number": 2})["n"] == 3
    assert numbers(journal) == [0, 1, 2]
    assert faults(journal.read()) == []


def test_a_last_line_cut_at_any_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # a thousand of them take seconds
    journal, torn = Journal(tmp_path / "whole.jsonl"), Journal(tmp_path / "torn.jsonl")
    for number, text in enumerate(["a", "b", HOSTILE]):
        journal.append("run-1", "x", {"number": number, "text": text})
    whole = journal.path.read_bytes()
    for cut in range(whole[:-1].rfind(b"\n") + 1, len(whole)):
        # Where only the newline is missing, the line says all it was to say, and counts.
        kept = [0, 1, 2] if cut == len(whole) - 1 else [0, 1]
        torn.path.write_bytes(whole[:cut])
        assert numbers(torn) == kept, cut
        torn.append_with("run-2", "x", lambda before: {"number": 10 + len(before)})
        torn.append("run-2", "x", {"number": 20})
        assert numbers(torn) == [*kept, 10 + len(kept), 20], cut
        assert faults(torn.read()) == [], cut


def alter(line: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**line, **changes}


@pytest.mark.parametrize("at", [0, 2, 4])
@pytest.mark.parametrize(
    ("forge", "text"),
    [
        (lambda line: alter(line, data={"number": 99}), "was altered"),
        (lambda line: alter(line, type="change_made"), "was altered"),
        (lambda line: alter(line, at="2026-01-01T00:00:00.000000Z"), "was altered"),
        (lambda line: alter(line, service="other"), "was altered"),
        (lambda line: alter(line, extra=1), "was altered"),
        (lambda line: alter(line, n=42), "is numbered 42"),
        (lambda line: alter(line, prev="f" * 64), "does not follow"),
        (lambda line: alter(line, hash="f" * 64), "was altered"),
        (lambda line: alter(line, hash=None), "was altered"),
        (lambda line: {"hash": line["hash"]}, "was altered"),
    ],
)
def test_a_forged_line_is_found(journal: Journal, at: int, forge: Any, text: str) -> None:
    fill(journal, 5)
    lines = journal.read()
    lines[at] = forge(lines[at])
    journal.path.write_text("".join(canonical(line) + "\n" for line in lines))
    found = faults(journal.read())
    assert any(fault.startswith(f"line {at + 1} ") and text in fault for fault in found)


def test_a_line_forged_with_a_fitting_hash_breaks_the_next(journal: Journal) -> None:
    fill(journal, 3)
    lines = journal.read()
    forged = alter(lines[1], data={"number": 99})
    lines[1] = {**forged, "hash": digest(forged)}
    assert faults(lines) == ["line 3 does not follow the line before it"]


@pytest.mark.parametrize(
    "shuffle",
    [
        lambda lines: lines[1:],  # the first is gone
        lambda lines: [*lines[:2], *lines[3:]],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [*lines[:2], lines[1], *lines[2:]],
    ],
)
def test_lost_moved_and_doubled_lines_are_found(journal: Journal, shuffle: Any) -> None:
    fill(journal, 5)
    assert faults(shuffle(journal.read()))


def test_a_line_made_unreadable_in_the_middle_is_found(journal: Journal) -> None:
    fill(journal, 5)
    pieces = journal.path.read_bytes().split(b"\n")
    pieces[2] = b"#" + pieces[2]
    journal.path.write_bytes(b"\n".join(pieces))
    assert "line 3 is numbered 4" in faults(journal.read())


@pytest.mark.parametrize(
    "raw",
    [b"", b"\n", b"\n\n\n", b"null\n", b"[]\n", b"5\n", b'"hash"\n', b"{}\n", b"\xff\xfe\n", b"{"],
)
def test_what_is_no_line(raw: bytes) -> None:
    assert list(whole_lines(raw)) == []


def test_data_is_made_from_all_lines_before(journal: Journal) -> None:
    fill(journal, 3)
    line = journal.append_with("run-1", "x", lambda lines: {"number": len(lines)})
    assert (line["n"], line["data"]) == (4, {"number": 3})


def test_data_that_cannot_be_made_leaves_no_line(journal: Journal) -> None:
    def fail(lines: list[dict[str, Any]]) -> dict[str, Any]:
        raise LookupError("no")

    fill(journal, 2)
    before = journal.path.read_bytes()
    with pytest.raises(LookupError):
        journal.append_with("run-1", "x", fail)
    assert journal.path.read_bytes() == before
    fill(journal, 1)
    assert faults(journal.read()) == []


def test_eight_processes_append_at_once(journal: Journal) -> None:
    def write(writer: int) -> None:
        for number in range(15):
            text = "x" * (20_000 if number % 5 == 4 else 10)
            journal.append(f"run-{writer}", "x", {"number": number, "text": text}, "db")

    all_of([lambda writer=writer: write(writer) for writer in range(8)])  # type: ignore[misc]
    lines = journal.read()
    assert len(lines) == 8 * 15
    assert faults(lines) == []
    for writer in range(8):
        own = [line["data"]["number"] for line in lines if line["run"] == f"run-{writer}"]
        assert own == list(range(15)), "each writer's lines are in its own order"


def test_a_reader_sees_whole_lines_only(journal: Journal) -> None:
    def write() -> None:
        for number in range(10):
            journal.append("run-1", "x", {"number": number, "text": "x" * 30_000})

    writers = [fork.Process(target=write) for _unused in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert faults(journal.read()) == []
    for writer in writers:
        writer.join()
        writer.close()
    assert len(journal.read()) == 30


def test_eight_processes_number_their_changes_at_once(journal: Journal) -> None:
    def write() -> None:
        for _unused in range(10):
            journal.append_with("run-1", "change_intended", lambda old: {"number": 1 + len(old)})

    all_of([write] * 8)
    assert numbers(journal) == list(range(1, 81))
    assert faults(journal.read()) == []


def test_a_killed_writer_loses_no_acknowledged_line(journal: Journal) -> None:
    def write(said: int, writer: int) -> None:
        for number in range(10**6):
            journal.append(f"run-{writer}", "x", {"number": number, "text": "x" * 5000})
            os.write(said, f"{writer} {number}\n".encode())

    said: list[tuple[int, int]] = []
    for life in range(6):
        reading, writing = os.pipe()
        pair = [fork.Process(target=write, args=(writing, life * 2 + i)) for i in range(2)]
        for process in pair:
            process.start()
        os.close(writing)
        with os.fdopen(reading) as heard:
            heads = [heard.readline() for _unused in range(3 + life)]
            for process in pair:
                assert process.pid is not None
                os.kill(process.pid, signal.SIGKILL)
                process.join(10)
                assert process.exitcode == -signal.SIGKILL
                process.close()
            heads += heard.readlines()
        for line in heads:
            if line.endswith("\n"):
                writer, number = line.split()
                said.append((int(writer), int(number)))
    kept = {(int(line["run"][4:]), line["data"]["number"]) for line in journal.read()}
    assert len(said) >= 6 * 3
    assert set(said) <= kept
    journal.append("run-99", "x", {"number": 0})
    assert faults(journal.read()) == []


def test_a_line_that_the_disk_took_only_in_part_is_passed_over(journal: Journal) -> None:
    def write() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        room = journal.path.stat().st_size + 1000
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
        try:
            journal.append("run-1", "x", {"number": 2, "text": "x" * 5000})
        except OSError:
            return
        raise AssertionError("an append that did not fit was acknowledged")

    fill(journal, 2)
    size = journal.path.stat().st_size
    all_of([write])
    assert journal.path.stat().st_size > size, "a part of the line is there"
    assert numbers(journal) == [0, 1]
    journal.append("run-2", "x", {"number": 3})
    assert numbers(journal) == [0, 1, 3]
    assert faults(journal.read()) == []


@pytest.mark.parametrize("put", ["endless", "pipe"])
def test_what_is_no_file_is_refused_at_once(journal: Journal, put: str) -> None:
    """/dev/full never ends for who reads it, and nobody writes to the pipe."""
    if put == "endless":
        journal.path.symlink_to("/dev/full")
    else:
        os.mkfifo(journal.path)
    for use in (journal.read, lambda: journal.append("r", "finding", {})):
        with pytest.raises(OSError, match="no regular file"):
            use()


def test_it_is_plain_json_lines(journal: Journal) -> None:
    fill(journal, 3)
    with journal.path.open() as stream:
        assert [json.loads(line)["n"] for line in stream] == [1, 2, 3]

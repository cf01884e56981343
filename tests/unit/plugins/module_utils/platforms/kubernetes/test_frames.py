# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A command's streams: what is sent, and how the end of the command is told."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import frames

# As a kubelet sends them.
SUCCESS = {"metadata": {}, "status": "Success"}
CODE_3 = {
    "metadata": {},
    "status": "Failure",
    "message": "command terminated with non-zero exit code: Error executing in Docker Container: 3",
    "reason": "NonZeroExitCode",
    "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
}
NO_SHELL = {
    "metadata": {},
    "status": "Failure",
    "message": 'Internal error occurred: OCI runtime exec failed: exec: "sh": executable file not found in $PATH',
    "reason": "InternalError",
}


def test_streams_are_put_together_by_channel() -> None:
    streams = frames.Streams()
    for message in (b"\x01", b"\x02", b"\x01caf\xc3", b"\x02oh", b"\x01\xa9\n", b"", b"\x07?"):
        streams.take(message)
    assert not streams.status
    streams.take(b"\x03" + json.dumps(SUCCESS).encode())
    assert streams.done() == (0, "café\n", "oh")


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (SUCCESS, 0, ""),
        (CODE_3, 3, ""),
        (NO_SHELL, 127, "executable file not found"),
        ({"status": "Failure", "message": "container not running"}, 126, "container not running"),
        ("<html>", 126, "did not say"),
    ],
)
def test_how_it_ended(status: Any, code: int, said: str) -> None:
    text = status if isinstance(status, str) else json.dumps(status)
    found = frames.exit_status(text)
    assert found[0] == code
    assert said in found[1]


def test_input_is_sent_in_pieces() -> None:
    given = "é" * 20_000
    sent = list(frames.messages(given))
    assert all(message[0] == frames.STDIN and len(message) <= frames.CHUNK + 1 for message in sent)
    assert b"".join(message[1:] for message in sent).decode() == given
    assert list(frames.messages("")) == []


@pytest.mark.parametrize(
    ("command", "stdin", "out", "code"),
    [
        ("cat; exit 4", "héllo\nworld\n", "héllo\nworld\n", 4),
        ("cat", "", "", 0),
        # As psql's script does: it ends before its input does.
        ('read -r first; echo "$first"', "one\ntwo\nthree\n", "one\n", 0),
        ("trap 'echo gone' EXIT; cat >/dev/null; exit 7", "x", "gone\n", 7),
        ("cat # a comment at the end", "x", "x", 0),
    ],
)
def test_the_command_meets_the_end_of_its_input(
    command: str, stdin: str, out: str, code: int
) -> None:
    """Over a stream that, as the protocol's, stays open."""
    with subprocess.Popen(
        frames.shell(command, stdin), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin and process.stdout
        process.stdin.write(stdin.encode())
        process.stdin.flush()
        assert process.wait(timeout=5) == code
        assert process.stdout.read().decode() == out

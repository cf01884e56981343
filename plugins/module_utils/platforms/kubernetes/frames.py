# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A command's streams over a WebSocket, as the protocol v4.channel.k8s.io carries them.

Each message begins with the number of its channel. The protocol cannot end standard input, so
the command is given exactly as many bytes as there are, and an end of file after them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done

PROTOCOL = "v4.channel.k8s.io"
STDIN, STDOUT, STDERR, STATUS = range(4)
# As much as a connection that can be written to has room for.
CHUNK = 4 * 1024
# Of a shell that finds no command, and of one that cannot run it.
NOT_FOUND, NOT_RUN = 127, 126
# head(1) passes on as many bytes and then ends: for the command that is the end of its input.
BOUNDED = "if command -v head >/dev/null 2>&1; then head -c {size} | {{ {command}\n}}; else {{ {command}\n}}; fi"


def shell(command: str, stdin: str) -> list[str]:
    """The words of a command that reads so much and no more."""
    size = len(stdin.encode())
    if not size:
        return ["sh", "-c", f"{{ {command}\n}} </dev/null"]
    return ["sh", "-c", BOUNDED.format(size=size, command=command)]


def messages(stdin: str) -> Iterator[bytes]:
    raw = stdin.encode()
    for start in range(0, len(raw), CHUNK):
        yield bytes([STDIN]) + raw[start : start + CHUNK]


@dataclass
class Streams:
    """What came so far. It is over when the status has come."""

    received: dict[int, bytearray] = field(
        default_factory=lambda: {channel: bytearray() for channel in (STDOUT, STDERR, STATUS)}
    )

    def take(self, message: bytes) -> None:
        if message and message[0] in self.received:
            self.received[message[0]] += message[1:]

    @property
    def status(self) -> str:
        return self.received[STATUS].decode("utf-8", "replace")

    def done(self) -> Done:
        out, err = (
            self.received[channel].decode("utf-8", "replace") for channel in (STDOUT, STDERR)
        )
        code, said = exit_status(self.status)
        return Done(code, out, err or said)


def exit_status(text: str) -> tuple[int, str]:
    """The exit status, and what the cluster says when there is none because nothing ran."""
    try:
        answer = json.loads(text)
    except ValueError:
        return NOT_RUN, "the cluster did not say how the command ended"
    if answer.get("status") == "Success":
        return 0, ""
    for cause in (answer.get("details") or {}).get("causes") or ():
        if cause.get("reason") == "ExitCode":
            return int(cause["message"]), ""
    said = " ".join(str(answer.get("message")).split())[:300]
    return (NOT_FOUND if "not found" in said else NOT_RUN), said

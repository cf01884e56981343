# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""via: exec: redis-cli (or valkey-cli) where the server lives. Nothing is installed; no secret is on a command line.

All commands, AUTH too, are lines on its standard input: an argument and an environment variable
can be read with ps. Answers come as redis-cli quotes them (--no-raw), which no value can forge.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from ansible_collections.oncall.runbooks.plugins.module_utils.redis.errors import classify
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import (
    ANSWER_TIMEOUT_S,
    Answer,
    Fault,
    Pause,
    Steps,
    commands,
    is_plain,
    pauses,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refusal, Refused

MARK = "oncall.runbooks"
# The statuses of timeout(1) that ran out of time, and of a shell that finds no command.
TIMED_OUT = (124, 137, 143)
NOT_FOUND = 127
NO_CLIENT = "redis-cli is not installed where the server lives: install it there, or use via: tcp"
# What a login shell prints by itself stands before it.
BEGIN = "oncall.runbooks answers:"
PAUSE = "@pause "
FEED = (
    "while IFS= read -r oncall_line; do "
    f'case "$oncall_line" in "{PAUSE}"*) sleep "${{oncall_line#{PAUSE}}}";; '
    "*) printf '%s\\n' \"$oncall_line\";; esac; done"
)
BEFORE_ARRAY = re.compile(r" *(\d+)\) ")
ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "a": b"\a", "b": b"\b", '"': b'"', "\\": b"\\"}


def command(way: Way, steps: Steps) -> str:
    """A POSIX shell command line, for where the server lives. The commands come on its standard input."""
    words = ["--no-raw"]
    if way.by_socket:
        words += ["-s", way.host or ""]
    else:
        words += ["-h", way.host] if way.host is not None else []
        words += ["-p", str(way.port)] if way.port is not None else []
    words += ["--tls"] if way.tls else []
    words += ["--cacert", way.tls_ca] if way.tls and way.tls_ca else []
    # One that hangs answers nothing at all; many commands that are answered take little.
    seconds = int(ANSWER_TIMEOUT_S + pauses(steps) + 2)
    return "".join(
        [
            "oncall_cli=$(command -v redis-cli || command -v valkey-cli) "
            f"|| exit {NOT_FOUND}; cd /; export LC_ALL=C; ",
            # A container's own password serves where the catalog names none.
            "unset REDISCLI_AUTH; " if way.password is not None else "",
            f'set -- "$oncall_cli" {shlex.join(words)}; ',
            "if command -v timeout >/dev/null 2>&1; then set -- timeout ",
            f'{seconds} "$@"; fi; ',
            f"echo '{BEGIN}'; {FEED} | \"$@\"; exit $?",
        ]
    )


def stdin(steps: Steps) -> str:
    lines: list[str] = []
    for step in steps:
        if isinstance(step, Pause):
            lines.append(f"{PAUSE}{step.seconds:g}")
            continue
        lines.append(" ".join(quoted(word) for word in step))
        if is_plain(step):
            lines.append(f'ECHO "{MARK}"')
    return "\n".join(lines) + "\n"


def quoted(word: str) -> str:
    """As redis-cli reads an argument, whatever bytes it has."""
    raw = word.encode("utf-8", "surrogateescape")
    plain = (chr(one) if 32 <= one < 127 and one not in b'"\\' else f"\\x{one:02x}" for one in raw)
    return f'"{"".join(plain)}"'


def parse(
    steps: Steps, rc: int, stdout: str, stderr: str, secret: str | None = None
) -> list[Answer]:
    """One answer for each command; Refused when some are missing."""
    asked = commands(steps)
    lines = Lines(stdout.replace("\r\n", "\n").rpartition(f"{BEGIN}\n")[2])
    answers: list[Answer] = []
    for one in asked:
        if lines.ended():
            raise Refused(_silence(rc, answers, stderr, secret))
        answers.append(lines.plain() if is_plain(one) else lines.answer())
    return answers


def _silence(rc: int, answers: list[Answer], stderr: str, secret: str | None) -> Refusal:
    if rc in TIMED_OUT:
        said = (
            f"it takes connections and does not answer within {ANSWER_TIMEOUT_S:g} s: it may hang"
        )
        return Refusal("timeout", said)
    if rc == NOT_FOUND:
        return Refusal("client_missing", NO_CLIENT)
    # What it said before it closed the connection says more than that it did.
    for answer in answers:
        if (
            isinstance(answer, Fault)
            and (found := classify(answer.text, secret)).reason != "unknown"
        ):
            return found
    said = next((line for line in stderr.splitlines() if line.strip()), "redis-cli said nothing")
    return classify(said, secret)


class Lines:
    """What redis-cli printed, read answer by answer."""

    def __init__(self, text: str) -> None:
        self.left = text.split("\n")
        if self.left and not self.left[-1]:
            self.left.pop()

    def ended(self) -> bool:
        # A failed AUTH, a closed connection: redis-cli's own words, on either stream.
        while self.left and re.match(
            r"(AUTH failed|Warning|Error|Could not connect)\b", self.left[0]
        ):
            self.left.pop(0)
        return not self.left

    def answer(self) -> Answer:
        return parsed(self._block())

    def _block(self) -> list[str]:
        """A line, or all lines of an array: each begins with its number, or is further in."""
        block = [self.left.pop(0)]
        if BEFORE_ARRAY.match(block[0]):
            number = _indent(block[0])
            while self.left and _goes_on(self.left[0], number):
                block.append(self.left.pop(0))
        return block

    def plain(self) -> Answer:
        """Up to the mark, or to the refusal to echo it."""
        text: list[str] = []
        while self.left:
            line = self.left.pop(0)
            if line == f'"{MARK}"' or line.startswith("(error) "):
                break
            text.append(line)
        whole = "\n".join(text)
        if whole.startswith(("#", "id=")):
            return whole
        return Fault(whole.removeprefix("(error) "))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _goes_on(line: str, indent: int) -> bool:
    found = BEFORE_ARRAY.match(line)
    if not found:
        return False
    # A number again 1 at the same place is the next array.
    return int(found[1]) > 1 or _indent(line) > indent + 1


def parsed(block: list[str]) -> Answer:
    if BEFORE_ARRAY.match(block[0]):
        return [parsed(part) for part in _parts(block)]
    return _scalar(block[0])


def _parts(block: list[str]) -> Iterator[list[str]]:
    """The elements of an array, each without its number."""
    first = BEFORE_ARRAY.match(block[0])
    width = first.end() if first else 0
    part: list[str] = []
    for line in block:
        if part and line[:width].strip():
            yield part
            part = []
        part.append(line[width:])
    yield part


def _scalar(line: str) -> Answer:
    if line == "(nil)":
        return None
    if line in ("(empty array)", "(empty list or set)"):
        return []
    if line.startswith("(integer) "):
        return int(line[10:])
    if line.startswith("(error) "):
        return Fault(line[8:])
    if line.startswith('"') and line.endswith('"') and len(line) > 1:
        return unquoted(line[1:-1])
    return line


def unquoted(text: str) -> str:
    raw = bytearray()
    for found in re.finditer(r"\\x([0-9a-f]{2})|\\(.)|([^\\]+)", text):
        if found[1]:
            raw.append(int(found[1], 16))
        elif found[2]:
            raw += ESCAPES.get(found[2], found[2].encode())
        else:
            raw += found[3].encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "surrogateescape")

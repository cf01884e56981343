# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked of a server in one connection, over whichever way the catalog names: the same answers over each.

A key or a value may hold any byte: texts are UTF-8 with surrogates for what is none, and so
turn into the same bytes again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

# Runs a command line with a standard input where the server lives: status, output, errors.
Executor = Callable[[str, str], tuple[int, str, str]]


@dataclass(frozen=True)
class Pause:
    """Wait, with the connection open, before the next command."""

    seconds: float


@dataclass(frozen=True)
class Fault:
    """A server's answer that says no."""

    text: str


Command: TypeAlias = "tuple[str, ...]"
Answer: TypeAlias = "int | str | Fault | list[Answer] | None"
Steps: TypeAlias = Sequence["Command | Pause"]

# Their answers are lines of text as they are, also where others are quoted.
PLAIN = (("INFO",), ("CLIENT", "LIST"))
CONNECT_TIMEOUT_S = 5.0
# A script is called busy by the server when it runs for 5 seconds (busy-reply-threshold): who
# waits for less takes it for a hung one.
ANSWER_TIMEOUT_S = 8.0
TOTAL_TIMEOUT_S = 30.0


def is_plain(command: Command) -> bool:
    return any(command[: len(words)] == words for words in PLAIN)


def pauses(steps: Steps) -> float:
    return sum(step.seconds for step in steps if isinstance(step, Pause))


def commands(steps: Steps) -> list[Command]:
    return [step for step in steps if not isinstance(step, Pause)]

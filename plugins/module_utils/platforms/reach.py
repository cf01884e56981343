# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The two ways out: a shell on the service's host, and the API of its cluster. Injected, so that
what is read from their answers is a pure function."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Done(NamedTuple):
    rc: int
    stdout: str
    stderr: str


class Unreachable(Exception):
    """The host, or the cluster's API, gave no answer: one line for a person."""


class NothingRuns(Unreachable):
    """They answer, and nothing of the service runs in which a command could."""


def no_api(_section: object) -> Any:
    raise Unreachable("this platform has no API")


@dataclass(frozen=True)
class Reach:
    # A shell command with its standard input, on the service's host. Raises Unreachable.
    shell: Callable[[str, str], Done]
    # The cluster's API for a catalog section. Raises Unreachable.
    api: Callable[[Any], Any] = no_api
    # What an earlier look of this run brought and does not change by itself: who waits need not ask
    # for it again and again. A look that is none of a wait reads it anew.
    known: MutableMapping[str, str] = field(default_factory=dict)
    again: bool = False

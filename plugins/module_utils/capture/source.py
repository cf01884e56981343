# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many small looks in one round trip, each bounded in time and size, none able to stop the others."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# In the order in which it vanishes.
PROCESSES, COUNTERS, EVENTS, LOGS, SETTINGS = range(5)
NOT_FOUND = (126, 127)
TIMED_OUT = (124, 137)


@dataclass(frozen=True)
class Source:
    what: str
    command: str  # for a shell; what it needs of the catalog is quoted
    order: int
    service: str | None = None  # None: of the machine
    end: bool = False  # of what is too long, the end is kept: the newest lines of a log
    form: str = "txt"  # or json, of which values are taken out by their names


@dataclass(frozen=True)
class Taken:
    source: Source
    text: str
    status: int | None  # None: cut off, because there was more
    cut: bool = False
    why: str = ""  # it was refused

    @property
    def missed(self) -> str:
        """Why there is nothing; empty when there is something."""
        if self.why:
            return self.why
        if self.status in NOT_FOUND:
            return "its program is not there"
        if self.status in TIMED_OUT and not self.text.strip():
            return "no answer in time"
        if self.text.strip():
            return ""
        return f"nothing (status {self.status})" if self.status else "nothing to tell"


# `take` runs one look. Without timeout(1) it goes without: BusyBox and coreutils both have it.
PRELUDE = """LC_ALL=C; export LC_ALL
limit=; command -v timeout >/dev/null 2>&1 && limit="timeout -k 1 {seconds}"
take() {{
  printf '%s begin %s\\n' '{mark}' "$1"
  {{ $limit sh -c "$3" </dev/null 2>&1; printf '\\n%s status %s\\n' '{mark}' "$?"; }} | $2 -c {most}
  printf '\\n%s end\\n' '{mark}'
}}
"""


def script(sources: Sequence[Source], mark: str, seconds: int, most: int) -> str:
    """`mark` is a word that nobody else writes."""
    lines = [
        f"take {number} {'tail' if one.end else 'head'} {shlex.quote(one.command)}"
        for number, one in enumerate(sources)
    ]
    return PRELUDE.format(mark=mark, seconds=seconds, most=most) + "\n".join(lines) + "\nexit 0\n"


def taken(sources: Sequence[Source], output: str, mark: str) -> Iterator[Taken]:
    """What each look brought, in their order. What is not there was never reached."""
    found = {
        int(match[1]): match[2]
        for match in re.finditer(
            rf"^{mark} begin (\d+)\n(.*?)\n?^{mark} end$", output, re.MULTILINE | re.DOTALL
        )
    }
    for number, source in enumerate(sources):
        if number not in found:
            yield Taken(source, "", None)
            continue
        text, told, status = found[number].rpartition(f"\n{mark} status ")
        if not told:
            yield Taken(source, found[number], None, cut=True)
        else:
            yield Taken(source, text, int(status.strip() or 0))

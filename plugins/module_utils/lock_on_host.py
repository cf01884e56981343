# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service's lock on its own host, where all control nodes see it: files in /run/lock.

One round trip is one step: it brings what is to be written and the token of what that was decided
from, and the host writes only when nothing else was written meanwhile. It needs a shell there, no
Python. What the last answer told is kept for the run's next step, which so needs no reading of
its own; but nobody is refused because of what was read earlier.
"""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import undos
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import (
    Change,
    Clock,
    HostGone,
    LockHeld,
    LockLost,
    LockUnavailable,
    Seen,
    boot_clock,
    here,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.lock_documents import (
    Answer,
    Document,
    beside,
    documents,
    exchanged,
    seen,
    text_of,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt

FOLDER = "/run/lock"
# A unit of a user is that user's alone, and this folder is, too.
OF_THE_USER = "${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"
TRIES, PAUSE_S = 20, 0.05
MARK = "oncall-runbooks lock"
# Line breaks of a document are none of ours: without them it cannot pretend to be another one.
LOOK = r"""LC_ALL=C; export LC_ALL; umask 022
place=%(place)s; name=%(name)s; expected=%(expected)s
cd "$place" 2>/dev/null ||
  { printf '%%s\n' '%(mark)s' "place $place" 'outcome no_folder'; exit 0; }
look() {
  for file in "$name".[0-9]*; do
    [ -f "$file" ] && [ ! -L "$file" ] || continue
    set -- $(ls -ldn "$file")
    echo "== $3 ${file##*.}"
    head -c 131072 <"$file" | tr -d '\000' | tr '\n\r' '  '; echo
  done
}
token() { printf %%s "$1" | cksum | tr ' ' -; }
tell() {
  writable=no; [ ! -w . ] || writable=yes
  read -r boot </proc/sys/kernel/random/boot_id; read -r uptime rest </proc/uptime
  printf '%%s\n' '%(mark)s' "place $place" "user $(id -u) $(id -un)" "outcome $1" \
    "boot $boot" "uptime $uptime" "writable $writable" "token $(token "$found")" "$found"
  exit 0
} 2>/dev/null
"""
READ = "found=$(look); tell read\n"
# A folder can be locked by all who can read it, and the kernel drops that lock with its holder.
WRITE = r"""if command -v flock >/dev/null 2>&1; then
  exec 9<. && flock -w 5 9 || { found=; tell busy; }
else
  tries=0
  until mkdir .oncall-runbooks.guard 2>/dev/null; do
    tries=$((tries + 1)); [ "$tries" -lt 6 ] || { found=; tell busy; }
    # Whoever made it has been dead for a minute.
    [ -z "$(find .oncall-runbooks.guard -maxdepth 0 -mmin +1 2>/dev/null)" ] || rmdir .oncall-runbooks.guard
    sleep 1
  done
  trap 'rmdir .oncall-runbooks.guard' EXIT
fi
found=$(look)
[ "$(token "$found")" = "$expected" ] || tell moved
own=$name.$(id -u)
[ ! -d "$own" ] && new=$(mktemp ./.oncall-runbooks.XXXXXXXX 2>/dev/null) || tell denied
printf '%%s\n' %(text)s >"$new" && chmod 644 "$new" && mv -f "$new" "$own" || { rm -f "$new"; tell denied; } 2>/dev/null
found=$(look); tell written
"""


@dataclass(frozen=True)
class Place:
    """Where on which host, for a message; `folder` empty for that of the connection's user."""

    host: str
    folder: str = FOLDER

    @property
    def expression(self) -> str:
        return shlex.quote(self.folder) if self.folder else f'"{OF_THE_USER}"'


class HostFiles:
    """The lock's store on a host. `memory` is a file of this run alone."""

    def __init__(
        self, shell: Callable[[str, str], Done], place: Place, name: str, memory: Path
    ) -> None:
        self._shell, self._place, self._memory = shell, place, memory
        self.name = f"oncall-runbooks-{name}.lock"

    def read(self) -> Seen:
        """Who cannot be reached, or has no such folder, says so when the lock is needed."""
        answer = self._known()
        return seen(answer) if answer else Seen(None, 0, here())

    def beside(self) -> undos.Beside:
        answer = self._known()
        return beside(answer) if answer else undos.NOTHING

    def ready(self) -> None:
        answer = self._ask(READ)
        if not answer.writable:
            raise self._denied(answer)

    def renewed_lately(self, within_s: float) -> bool:
        renewed = self._load().get("renewed")
        return renewed is not None and boot_clock() - renewed < within_s

    def exchange(self, change: Change, note: undos.Note | None = None) -> None:
        answer, fresh = self._remembered(), False
        for _attempt in range(TRIES):
            if answer is None:
                answer, fresh = self._ask(READ), True
            try:
                wanted = exchanged(answer, change, note)
            except (LockHeld, LockLost):
                if fresh:
                    raise
                answer = None
                continue
            if wanted is None and fresh:
                return
            answer = self._written(answer, wanted) if wanted else None
            if answer and answer.outcome == "written":
                return
            fresh = answer is not None
            if fresh:
                time.sleep(PAUSE_S)
        raise LockUnavailable(
            f"the lock {self.name} on {self._place.host} is written by others all the time; "
            "run this again"
        )

    def _written(self, answer: Answer, wanted: Document) -> Answer:
        # Until the host has answered, nobody knows what is there.
        self._memory.unlink(missing_ok=True)
        now = self._ask(WRITE, text_of(wanted), answer.token)
        if now.outcome == "denied":
            raise self._denied(now)
        if now.outcome == "written" and wanted.lock is not None:
            self._remember(now, boot_clock())
        return now

    def _known(self) -> Answer | None:
        if self._load().get("silent"):
            return None  # each try may take its whole time-out
        try:
            return self._remembered() or self._ask(READ)
        except LockUnavailable as error:
            if error.damaged:
                raise
            self._keep({"silent": True})
            return None

    def _ask(self, then: str, text: str = "", expected: str = "-") -> Answer:
        script = (LOOK + then) % {
            "place": self._place.expression,
            "name": shlex.quote(self.name),
            "expected": shlex.quote(expected),
            "text": shlex.quote(text),
            "mark": MARK,
        }
        try:
            done = self._shell("sh -s", script)
        except Unreachable as error:
            raise HostGone(str(self._unavailable(str(error)))) from None
        fields, parts = parsed(done.stdout)
        place = fields.get("place", "")
        if fields.get("outcome") == "no_folder":
            raise self._unavailable(
                f"there is no folder {place}; make it as root: mkdir -m 1777 {place}; or set "
                "runbooks_lock_dir to a folder of the host that all who change the service may write"
            )
        if fields.get("outcome") == "busy":
            raise self._unavailable(f"others keep {place} locked; run this again")
        try:
            uid, _space, user = fields["user"].partition(" ")
            answer = Answer(
                place=place,
                uid=int(uid),
                user=user,
                clock=Clock(fields["boot"], float(fields["uptime"] or 0)),
                token=fields["token"],
                documents=documents(parts, int(uid), f"{place}/{self.name}"),
                outcome=fields["outcome"],
                writable=fields["writable"] == "yes",
            )
        except (KeyError, ValueError):
            said = excerpt(done.stderr or done.stdout) or f"exit status {done.rc}"
            raise self._unavailable(f"its answer is not understood: {said}") from None
        self._remember(answer)
        return answer

    def _denied(self, answer: Answer) -> LockUnavailable:
        return self._unavailable(
            f"{answer.user} may not write {answer.place}: use become, let that user write there, or set "
            "runbooks_lock_dir to a folder of the host that it may write"
        )

    def _unavailable(self, why: str) -> LockUnavailable:
        return LockUnavailable(f"the lock on {self._place.host} cannot be had: {why}")

    def _load(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._memory.read_text()))
        except (OSError, ValueError):
            return {}

    def _remember(self, answer: Answer, renewed: float | None = None) -> None:
        """What is torn here is read anew, and so need not be safe on a disk."""
        self._keep({"answer": asdict(answer), "at": boot_clock(), "renewed": renewed})

    def _keep(self, told: dict[str, Any]) -> None:
        with open(self._memory, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as it:
            json.dump(told, it)

    def _remembered(self) -> Answer | None:
        """The host's clock went on since then as ours did."""
        kept = self._load()
        told = kept.get("answer")
        if told is None:
            return None
        found = tuple(
            Document(**{**one, "undos": tuple(one["undos"]), "undone": tuple(one["undone"])})
            for one in told["documents"]
        )
        boot, then = told["clock"]
        clock = Clock(boot, then + boot_clock() - kept["at"])
        return replace(Answer(**{**told, "documents": found}), clock=clock)


def parsed(output: str) -> tuple[dict[str, str], list[tuple[int, str, str]]]:
    """The fields, and of each document its owner, the owner that its name tells, and its text."""
    _before, _mark, text = output.replace("\r\n", "\n").partition(f"{MARK}\n")
    head, *blocks = f"\n{text}".split("\n== ")
    fields: dict[str, str] = {}
    for line in head.splitlines():
        name, _space, value = line.partition(" ")
        fields.setdefault(name, value.strip())
    parts = []
    for block in blocks:
        title, _newline, content = block.partition("\n")
        owner, _space, named = title.partition(" ")
        if owner.isdigit():
            parts.append((int(owner), named, content.strip()))
    return fields, parts

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A tool of its own is called as the user whose configuration it has, on the host, and its answers are told
apart by lines between them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.backup.coverage import POSSIBLE
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt

# Nothing of it reads from standard input, which may hold what follows.
AS = """LC_ALL=C; PATH=$PATH:/usr/local/bin; export LC_ALL PATH; cd / || exit 1
user={user}
as() {{
  if [ "$(id -un)" = "$user" ]; then "$@"
  elif [ "$(id -u)" != 0 ]; then sudo -n -H -u "$user" -- "$@"
  elif command -v runuser >/dev/null 2>&1; then HOME=$(eval echo "~$user") runuser -u "$user" -- "$@"
  else HOME=$(eval echo "~$user") setpriv --reuid="$user" --regid="$user" --init-groups "$@"; fi </dev/null
}}
"""
TOLD = """told() {{
  echo "== $1"; name=$1; shift; "$@"; rc=$?
  echo; echo "== $name ended $rc"
}}
echo "now $(date +%s)"
"""
# Reads for as long as it may; without that program, for as long as it takes.
TIMED = """command -v timeout >/dev/null 2>&1 && set -- timeout {seconds} || set --
as "$@" {command} 2>&1
"""
# What only root, or that user himself, can do: the folder is his.
NEW_FOLDER = """[ "$(id -u)" = 0 ] || [ "$(id -un)" = "$user" ] || refuse "only root or $user can make this copy"
"""
MAKE_FOLDER = """mkdir "$to"; [ "$(id -u)" != 0 ] || chown "$user" "$to"
"""


@dataclass(frozen=True)
class Part:
    rc: int
    text: str

    def data(self) -> Any:
        """None when it is no JSON. What a wrapper says before it is passed over."""
        at = re.search(r"^[\[{]", self.text, re.MULTILINE)
        try:
            return json.loads(self.text[at.start() :]) if at else None
        except ValueError:
            return None


def as_user(user: str) -> str:
    return AS.format(user=shlex.quote(user))


def asked(user: str) -> str:
    return as_user(user) + TOLD.format()


def filled(text: str, **given: str) -> str:
    """By name, in place of {name}: what a shell or JSON has of braces stays."""
    for name, value in given.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def before(user: str, text: str, backup: Mapping[str, Any], **given: str) -> str:
    """What a tool has to ask before a copy is made, as that user; `text` sets $need and $major."""
    room = {"need": str(int(backup["room_kib"])), "major": str(int(backup["major"]))}
    return as_user(user) + NEW_FOLDER + filled(text, **room, **given)


def timed(user: str, command: Sequence[str], seconds: int) -> str:
    return as_user(user) + TIMED.format(seconds=int(seconds), command=shlex.join(command))


def parts(said: str) -> tuple[int | None, dict[str, Part]]:
    """When it was, and the answers by their names. One that was cut off is none."""
    text = said.replace("\r\n", "\n")
    began = re.search(r"^now (\d+)$", text, re.MULTILINE)
    found = re.findall(r"^== (.+)\n((?s:.*?))\n== \1 ended (\d+)$", text, re.MULTILINE)
    answers = {name: Part(int(rc), body) for name, body, rc in found}
    return int(began[1]) if began else None, answers


def why(part: Part | None, complaint: str) -> str:
    """One line of what a tool that failed said."""
    if part is None:
        return error(complaint) or "it did not answer"
    return error(complaint) or error(part.text) or f"status {part.rc}"


def error(said: str) -> str:
    """Of all that a tool tells on its way, the last line that speaks of an error; without one the last."""
    lines = [line for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"error|fatal|panic", line, re.IGNORECASE)]
    return excerpt((errors or lines or [""])[-1])


def segment_bytes(lsn: str | int | None, name: str) -> int | None:
    """How large pieces of WAL are, by a place in one and its name; None where that leaves it open."""
    if lsn is None:
        return None
    low = int(lsn.partition("/")[2], 16) if isinstance(lsn, str) else lsn & 0xFFFFFFFF
    number = int(name[16:], 16)
    return next((size for size in sorted(POSSIBLE) if number and low // size == number), None)

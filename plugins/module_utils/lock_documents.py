# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies in the lock's folder of a service's host: one document for each user who took the lock.

The folder is everybody's, as /run/lock is, and in it nobody can touch another one's file. So each
user writes a file of his own, and the lock is what the newest of them says. Of the open undos
only those are believed that root or the connection's own user wrote: they say what to do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import undos
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import (
    Change,
    Clock,
    LockUnavailable,
    Seen,
    State,
    checked_state,
)

VERSION = 1


@dataclass(frozen=True)
class Document:
    uid: int
    fence: int = 0
    serial: int = 0  # of two with the same number, the one that was written later
    lock: State | None = None
    undos: tuple[dict[str, Any], ...] = ()
    undone: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the host told: its clock, who we are there, and the documents of this service."""

    place: str
    uid: int
    user: str
    clock: Clock
    token: str  # of all documents together; a write names the one that it was decided from
    documents: tuple[Document, ...]
    outcome: str = "read"
    writable: bool = True


def document(text: str, uid: int) -> Document:
    """Raises ValueError, TypeError or KeyError when it is none."""
    found = json.loads(text)
    if found["version"] != VERSION:
        raise ValueError("another version")
    return Document(
        uid=uid,
        fence=int(found["fence"]),
        serial=int(found["serial"]),
        lock=None if found["lock"] is None else checked_state(found["lock"]),
        undos=tuple(undos.checked(found["undos"])),
        undone=tuple(undos.checked_ends(found["undone"])),
    )


def text_of(one: Document) -> str:
    fields = {"fence": one.fence, "serial": one.serial, "lock": one.lock}
    beside = {"undos": list(one.undos), "undone": list(one.undone)}
    return json.dumps({"version": VERSION, **fields, **beside}, sort_keys=True)


def documents(parts: Sequence[tuple[int, str, str]], uid: int, path: str) -> tuple[Document, ...]:
    """From (owner, what the name says of him, text). What others have damaged is their own loss."""
    found = []
    for owner, named, text in parts:
        if named != str(owner):
            continue  # in somebody else's name
        try:
            found.append(document(text, owner))
        except (ValueError, TypeError, KeyError):
            if owner in (0, uid):
                raise LockUnavailable(
                    f"{path}.{owner} is damaged, so nobody can tell who holds this service; nothing is "
                    "changed; when no run is at work, delete the file",
                    damaged=True,
                ) from None
    return tuple(found)


def seen(answer: Answer) -> Seen:
    newest = max(answer.documents, key=lambda one: (one.fence, one.serial), default=None)
    if newest is None:
        return Seen(None, 0, answer.clock)
    return Seen(newest.lock, newest.fence, answer.clock)


def beside(answer: Answer) -> undos.Beside:
    believed = [one for one in answer.documents if one.uid in (0, answer.uid)]
    undone = [end for one in believed for end in one.undone]
    mine = [record for one in believed for record in one.undos]
    others = [record for one in answer.documents if one not in believed for record in one.undos]
    return undos.Beside(undos.still_open(mine, undone), undone, undos.still_open(others, undone))


def exchanged(answer: Answer, change: Change, note: undos.Note | None) -> Document | None:
    """Our own document as it is to become; None when there is nothing to write."""
    before = seen(answer)
    own = next((one for one in answer.documents if one.uid == answer.uid), Document(answer.uid))
    state, fence = change(before)
    written = undos.Beside(list(own.undos), list(own.undone), [])
    noted = undos.bounded(note(written)) if note else written
    if (state, fence, noted) == (before.state, before.fence, written):
        return None
    serial = 1 + max((one.serial for one in answer.documents), default=0)
    return replace(
        own,
        fence=fence,
        serial=serial,
        lock=state,
        undos=tuple(noted.undos),
        undone=tuple(noted.undone),
    )

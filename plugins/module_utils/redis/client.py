# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ask a server, over tcp or where it lives. Everything here answers plain data or raises Refused."""

from __future__ import annotations

import time

from ansible_collections.oncall.runbooks.plugins.module_utils.redis import cli, tcp
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.errors import classify
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import (
    Answer,
    Executor,
    Fault,
    Steps,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused

# A full server keeps no place for anybody; clients come and go, so the next try may get one.
FULL_FOR_S = 3.0
FULL_PAUSE_S = 0.1
# Said to the first command, whichever it is: nobody gets in.
SHUT = ("max_clients", "auth_failed")


def ask(way: Way, steps: Steps, execute: Executor) -> list[Answer]:
    """One answer for each command, in one connection of our own."""
    end = time.monotonic() + FULL_FOR_S
    while True:
        try:
            return _once(way, steps, execute)
        except Refused as refused:
            if refused.refusal.reason != "max_clients" or time.monotonic() > end:
                raise
        time.sleep(FULL_PAUSE_S)


def _once(way: Way, steps: Steps, execute: Executor) -> list[Answer]:
    opening = _opening(way)
    whole = [*opening, *steps]
    if way.via == "tcp":
        answers = tcp.ask(way, whole)
    else:
        done = execute(cli.command(way, whole), cli.stdin(whole))
        answers = cli.parse(whole, *done, way.password)
    for answer in answers[: len(opening)]:
        if isinstance(answer, Fault):
            raise Refused(classify(answer.text, way.password))
    first = answers[len(opening)]
    why = classify(first.text, way.password) if isinstance(first, Fault) else None
    if why and why.reason in SHUT:
        raise Refused(why)
    return answers[len(opening) :]


def _opening(way: Way) -> list[tuple[str, ...]]:
    """Who we are, and which database is meant; these are answered in every state of a server."""
    opening: list[tuple[str, ...]] = []
    if way.password is not None:
        who = (way.username,) if way.username else ()
        opening.append(("AUTH", *who, way.password))
    if way.database:
        opening.append(("SELECT", str(way.database)))
    return opening

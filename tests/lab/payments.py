# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A payment service: it keeps books, pays from a wallet over toncenter, and can be paused.

    python tests/lab/payments.py make --dir DIR --url URL --wallet RAW
    python tests/lab/payments.py add --dir DIR ID DESTINATION NANO
    python tests/lab/payments.py start|stop|restart|alive|run --dir DIR
    python tests/lab/payments.py pause|resume|status --dir DIR
    python tests/lab/payments.py list|reconcile|process --dir DIR

A payment is written down as `sending` before it is sent. When nobody knows what became of it, it is
`unknown`, and is not sent again by itself; only `process` sends again, and only what is `lost`.
The books are a file in DIR; the shop (tests/lab/app/shop.py) keeps the same in its database.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import fcntl
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

VALID_S = int(os.environ.get("PAYMENTS_VALID_S", "20"))
Books = dict[str, Any]
# Opens the books: what they hold when it is left is kept.
Keep = Callable[[], contextlib.AbstractContextManager[Books]]


@contextlib.contextmanager
def books(folder: Path) -> Iterator[Books]:
    """One at a time; on disk when it is left."""
    with (folder / "books.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = folder / "books.json"
        content: Books = json.loads(path.read_text())
        yield content
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(content))
        temporary.replace(path)


def make(folder: Path, url: str, wallet: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = {"url": url, "wallet": wallet, "paused": False, "payments": []}
    (folder / "books.json").write_text(json.dumps(content))


def add(keep: Keep, name: str, destination: str, value: str) -> None:
    with keep() as kept:
        new = {
            "id": name,
            "destination": destination,
            "value": value,
            "comment": name,
            "status": "new",
        }
        kept["payments"].append(new)


def ask(kept: Books, path: str, data: Any = None) -> Any:
    body = None if data is None else json.dumps(data).encode()
    with urllib.request.urlopen(
        urllib.request.Request(kept["url"] + path, body), timeout=2
    ) as answer:
        return json.load(answer)


def number_of(kept: Books) -> int:
    query = urllib.parse.urlencode({"address": kept["wallet"]})
    told = ask(kept, f"/api/v3/walletStates?{query}")
    return int(told["wallets"][0]["seqno"])


def send(keep: Keep, wanted: str) -> bool:
    """The next payment of this status; False when there is none, or the chain does not answer."""
    with keep() as kept:
        if any(one["status"] in ("sending", "sent", "unknown") for one in kept["payments"]):
            return False  # one at a time: a wallet numbers its messages, and takes each number once
        chosen = next((one for one in kept["payments"] if one["status"] == wanted), None)
        if chosen is None:
            return False
        try:
            number = number_of(kept)
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            return False
        now = int(time.time())
        chosen.update(status="sending", sent_at=now, valid_until=now + VALID_S)
        copy, name = dict(chosen), chosen["id"]
    keys = ("destination", "value", "comment", "valid_until")
    message = {"source": kept["wallet"], "seqno": number, **{key: copy[key] for key in keys}}
    status = "unknown"
    try:
        ask(
            kept,
            "/api/v2/sendBocReturnHash",
            {"boc": base64.b64encode(json.dumps(message).encode()).decode()},
        )
        status = "sent"
    except (OSError, ValueError, http.client.HTTPException):
        pass  # also an error may come after it was taken
    with keep() as kept:
        for one in kept["payments"]:
            if one["id"] == name and one["status"] == "sending":
                one["status"] = status
    return True


def on_chain(kept: Books, since: int) -> set[tuple[str, str, str]]:
    query = urllib.parse.urlencode({"account": kept["wallet"], "start_utime": since, "limit": 1000})
    told = ask(kept, f"/api/v3/transactions?{query}")
    return {
        (out["destination"].lower(), out["value"], out["message_content"]["decoded"]["comment"])
        for one in told["transactions"]
        for out in one["out_msgs"]
    }


def settle(keep: Keep, statuses: tuple[str, ...], also_lost: bool) -> int:
    """What is on the chain is paid. What is not, and no longer can be, is lost."""
    with keep() as kept:
        mine = [one for one in kept["payments"] if one["status"] in statuses]
        if not mine:
            return 0
        try:
            arrived = on_chain(kept, min(one["sent_at"] for one in mine) - 60)
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            return 1
        for one in mine:
            if (one["destination"], one["value"], one["comment"]) in arrived:
                one["status"] = "paid"
            elif also_lost and one["valid_until"] + 30 < time.time():
                one["status"] = "lost"
    return 0


def process(keep: Keep) -> int:
    """Each once, and the next when the one before is paid."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        settle(keep, ("sent",), False)
        if not send(keep, "lost"):
            with keep() as kept:
                if not any(
                    one["status"] in ("lost", "sent", "sending") for one in kept["payments"]
                ):
                    return 0
            time.sleep(0.1)
    return 1


def step(keep: Keep, paused: bool) -> None:
    """What the service does again and again."""
    settle(keep, ("sent",), False)
    if not paused:
        send(keep, "new")


def answer(keep: Keep, verb: str, *words: str) -> int:
    """What is asked of the books, wherever they are."""
    if verb == "add":
        add(keep, *words)
        return 0
    verbs: dict[str, Callable[[], int]] = {
        "reconcile": lambda: settle(keep, ("sending", "sent", "unknown", "lost"), True),
        "process": lambda: process(keep),
    }
    return verbs[verb]()


def run(folder: Path) -> None:
    going = True

    def leave(_signal: int, _frame: object) -> None:
        nonlocal going
        going = False

    signal.signal(signal.SIGTERM, leave)
    while going:
        paused = json.loads((folder / "books.json").read_text())["paused"]
        step(partial(books, folder), paused)
        time.sleep(0.1)


def alive(folder: Path) -> int | None:
    """The process id of the one that runs."""
    try:
        pid = int((folder / "pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return None
    return pid if b"run" in command and str(folder).encode() in command else None


def start(folder: Path) -> None:
    if alive(folder):
        return
    words = [sys.executable, __file__, "run", "--dir", str(folder)]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    (folder / "pid").write_text(str(process.pid))


def stop(folder: Path) -> None:
    pid = alive(folder)
    if pid:
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 5
        while alive(folder) and time.monotonic() < end:
            time.sleep(0.02)
        if alive(folder):
            os.kill(pid, signal.SIGKILL)


def set_paused(folder: Path, value: bool) -> None:
    with books(folder) as kept:
        kept["paused"] = value


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("verb")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--url", default="")
    parser.add_argument("--wallet", default="")
    parser.add_argument("words", nargs="*")
    given = parser.parse_intermixed_args()
    folder, verb = given.dir.resolve(), given.verb
    if verb == "make":
        make(folder, given.url, given.wallet)
    elif verb in ("stop", "restart", "start"):
        if verb != "start":
            stop(folder)
        if verb != "stop":
            start(folder)
    elif verb in ("pause", "resume"):
        set_paused(folder, verb == "pause")
    elif verb == "status":
        print("paused" if json.loads((folder / "books.json").read_text())["paused"] else "running")
    elif verb == "list":
        print(json.dumps(json.loads((folder / "books.json").read_text())["payments"]))
    elif verb == "run":
        run(folder)
    elif verb == "alive":
        return 0 if alive(folder) else 1
    else:
        return answer(partial(books, folder), verb, *given.words)
    return 0


if __name__ == "__main__":
    sys.exit(main())

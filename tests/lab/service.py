# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One instance of a laboratory's service: python service.py FOLDER RELEASE PORT NEEDS

Answers /health: 200 while what it needs (HOST:PORT) takes connections, 503 in maintenance, else 500.
A release's behaviour: fine; crash (ends at once); hang (takes connections and never answers);
sick (answers 500). A file `sick-now` in the folder makes a running instance sick until it
is restarted; a file `swell-now` makes it take the number of MiB that the file holds.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FOLDER, RELEASE, PORT, NEEDS = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
BEHAVIOUR = json.loads((RELEASE / "release.json").read_text())["behaviour"]
BORN = time.time()


def sick() -> bool:
    mark = FOLDER / "sick-now"
    return BEHAVIOUR == "sick" or (mark.exists() and mark.stat().st_mtime > BORN)


def swell() -> None:
    """A leak: 4 MiB at a time, and none of it is given back."""
    held: list[bytes] = []
    mark = FOLDER / "swell-now"
    while True:
        if (
            mark.exists()
            and mark.stat().st_mtime > BORN
            and len(held) * 4 < int(mark.read_text() or 0)
        ):
            held.append(b"x" * 4 * 2**20)
        else:
            time.sleep(0.1)


def reachable() -> bool:
    host, _colon, port = NEEDS.rpartition(":")
    with socket.socket() as sock:
        sock.settimeout(1)
        return not NEEDS or sock.connect_ex((host, int(port))) == 0


def in_maintenance() -> bool:
    mark = FOLDER / "maintenance.json"
    return mark.exists() and json.loads(mark.read_text()) == "on"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        while BEHAVIOUR == "hang":
            time.sleep(1)
        code = 200
        if in_maintenance():
            code = 503
        elif sick() or not reachable():
            code = 500
        body = json.dumps({"status": code, "release": RELEASE.name}).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_unused: object) -> None:
        pass


if __name__ == "__main__":
    print(f"release {RELEASE.name} starts as {os.getpid()}", flush=True)
    if BEHAVIOUR == "crash":
        print("fatal: cannot read the configuration, DATABASE_PASSWORD=hunter2", flush=True)
        raise SystemExit(1)
    threading.Thread(target=swell, daemon=True).start()
    ThreadingHTTPServer.allow_reuse_address = True
    ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()

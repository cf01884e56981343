# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small service that really runs: it answers on PORT, and is as healthy as what it needs.

    python tenant.py PORT [HOST:PORT ...]      /health is 503 while one of these takes no connection

POST /break makes it answer 500 until POST /mend; POST /tasks makes a task, which /tasks/N shows as
done a moment later. /private wants a bearer token.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TASKS: dict[int, float] = {}
BROKEN: list[bool] = []
NEEDS = sys.argv[2:]
TASK_S = 0.5


def missing() -> list[str]:
    found = []
    for place in NEEDS:
        host, _colon, port = place.rpartition(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            found.append(place)
    return found


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if BROKEN:
            return self._say(500, {"error": "broken"})
        if self.path == "/health":
            gone = missing()
            return self._say(
                503 if gone else 200, {"status": "down" if gone else "ok", "gone": gone}
            )
        if self.path == "/private":
            known = self.headers["Authorization"] == "Bearer canary-token-3141592653"
            return self._say(200 if known else 401, {"known": known})
        if self.path.startswith("/tasks/"):
            made = TASKS.get(int(self.path.rpartition("/")[2]))
            if made is None:
                return self._say(404, {})
            state = "completed" if time.monotonic() - made > TASK_S else "running"
            return self._say(200, {"state": state})
        return self._say(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.path == "/break":
            BROKEN.append(True)
        elif self.path == "/mend":
            BROKEN.clear()
        elif BROKEN:
            return self._say(500, {"error": "broken"})
        elif self.path == "/tasks":
            number = len(TASKS) + 1
            TASKS[number] = time.monotonic()
            return self._say(201, {"task": {"id": number, "title": json.loads(body)["title"]}})
        return self._say(200, {})

    def _say(self, status: int, what: object) -> None:
        text = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()

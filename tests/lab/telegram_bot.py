# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One instance of a laboratory's Telegram bot: python telegram_bot.py FOLDER RELEASE PORT NEEDS

It takes updates at POST /telegram/webhook, refuses those without its secret (401), writes each to
`received.jsonl`, and answers /health. While `polling.json` of its folder says "polling", or BOT_MODE of its
environment, it fetches them instead. Its settings are `bot.json`: api, token, secret; each read when it
starts. A release's behaviour and the file `sick-now` are as in service.py (sick answers 502, hang never; a
`sick-now` that is not empty says which), and a file `fault.json` holds "hang", 404 or whatever else it is
to answer, also after a restart. BIND is where it listens, when others than this machine ask it.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FOLDER, RELEASE, PORT = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
BEHAVIOUR = json.loads((RELEASE / "release.json").read_text())["behaviour"]
SETTINGS = json.loads((FOLDER / "bot.json").read_text())
BORN = time.time()
HEADER = "X-Telegram-Bot-Api-Secret-Token"
WRITING = threading.Lock()


def read(name: str) -> Any:
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def fault() -> Any:
    mark = FOLDER / "sick-now"
    if mark.exists() and mark.stat().st_mtime > BORN:
        return mark.read_text().strip() or 502
    if BEHAVIOUR == "sick":
        return 502
    return "hang" if BEHAVIOUR == "hang" else read("fault")


def take(update: dict[str, Any], by: str) -> None:
    """An update of no kind is acknowledged, and nothing else."""
    if len(update) > 1:
        with WRITING, (FOLDER / "received.jsonl").open("a") as log:
            log.write(json.dumps({"update_id": update["update_id"], "by": by}) + "\n")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.say(fault() or 200 if self.path == "/health" else 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if fault():
            return self.say(fault())
        if self.path != "/telegram/webhook":
            return self.say(404)
        if self.headers.get(HEADER) != SETTINGS["secret"]:
            return self.say(401)
        take(json.loads(body), "webhook")
        return self.say(200)

    def say(self, status: Any) -> None:
        while status == "hang":
            time.sleep(1)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_unused: object) -> None:
        pass


def poll() -> None:
    offset = 0
    while True:
        if "polling" not in (read("polling"), os.environ.get("BOT_MODE")) or fault():
            time.sleep(0.1)
            continue
        asked = json.dumps({"offset": offset, "timeout": 2}).encode()
        url = f"{SETTINGS['api']}/bot{SETTINGS['token']}/getUpdates"
        request = urllib.request.Request(url, asked, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                for update in json.load(answer)["result"]:
                    take(update, "polling")
                    offset = update["update_id"] + 1
        except urllib.error.HTTPError as error:
            with error:
                print(json.load(error)["description"], flush=True)
            time.sleep(0.3)
        except (OSError, http.client.HTTPException) as error:
            print(f"no answer: {type(error).__name__}", flush=True)
            time.sleep(0.3)


if __name__ == "__main__":
    print(f"bot {RELEASE.name} starts as {os.getpid()}", flush=True)
    threading.Thread(target=poll, daemon=True).start()
    ThreadingHTTPServer.allow_reuse_address = True
    ThreadingHTTPServer((os.environ.get("BIND", "127.0.0.1"), PORT), Handler).serve_forever()

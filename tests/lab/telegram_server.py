# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Telegram Bot API server to test against, over real HTTP or HTTPS.

    export PYTHONPATH=.ansible/collections
    python -m ansible_collections.oncall.runbooks.tests.lab.telegram_server --dir DIR --token-file FILE [--local]
    … --dir DIR --stop

It serves /bot<token>/METHOD, delivers updates to the webhook with the secret's header, and writes
`telegram.json` (its address) once it listens. What Telegram cannot be asked for is below /lab:
GET /lab/state, and POST /lab/receive and /lab/fault with JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import email.parser
import email.policy
import http.client
import json
import os
import re
import signal
import socket
import ssl
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.lab.telegram_bots import Answer, Bot

TOKEN = re.compile(r"[0-9]{1,17}:[A-Za-z0-9_-]{30,64}")
HEADER = "X-Telegram-Bot-Api-Secret-Token"
# Telegram waits longer each time, and gives up reading after a minute; a test does not.
READ_S = 1.5
PAUSES_S = (0.1, 0.3, 0.6, 1.0)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self,
        tokens: list[str],
        port: int = 0,
        local: bool = False,
        tls: Any = None,
        host: str = "127.0.0.1",
    ) -> None:
        super().__init__((host, port), Handler)
        self.bots = {token: Bot(token, local) for token in tokens}
        self.local = local
        self.faults: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.closing = threading.Event()
        self.scheme = "https" if tls else "http"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        self.threads = [threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)]
        self.threads += [
            threading.Thread(target=self.deliver, args=(bot,), daemon=True)
            for bot in self.bots.values()
        ]
        for thread in self.threads:
            thread.start()

    @property
    def url(self) -> str:
        return "{}://{}:{}".format(self.scheme, *self.server_address)

    def end(self) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, *_unused: Any) -> None:
        """Who hung up does not fill the log."""

    def fault_of(self, method: str) -> dict[str, Any] | None:
        """The first that is for this method and not used up."""
        for fault in self.faults:
            if fault["method"] in (method, "*") and fault.get("times", 1) > 0:
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                    continue
                fault["times"] = fault.get("times", 1) - 1
                return fault
        return None

    # ---------------------------------------------------------------- delivery

    def deliver(self, bot: Bot) -> None:
        while not self.closing.is_set():
            with bot.lock:
                if not (bot.url and bot.updates):
                    bot.lock.wait(0.1)
                    continue
                url, secret, update = bot.url, bot.secret, bot.updates[0]
                generation, failures = bot.generation, bot.failures
            message = post(url, secret, update)
            if message is None:
                bot.delivered(update["update_id"], generation)
            else:
                bot.failed(message, generation)
                self.pause(bot, generation, PAUSES_S[min(failures, len(PAUSES_S) - 1)])

    def pause(self, bot: Bot, generation: int, seconds: float) -> None:
        """A webhook that is set anew is tried at once."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and bot.generation == generation:
            self.closing.wait(0.05)


def post(url: str, secret: str, update: dict[str, Any]) -> str | None:
    """What Telegram would tell as last_error_message; None when the bot took it."""
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=READ_S)
    headers = {"Content-Type": "application/json", **({HEADER: secret} if secret else {})}
    try:
        connection.request("POST", parts.path or "/", json.dumps(update), headers)
        answer = connection.getresponse()
        answer.read()
    except ssl.SSLError:
        return "SSL error {error:0A000086:SSL routines::certificate verify failed}"
    except ConnectionRefusedError:
        return "Connection refused"
    except TimeoutError:
        return "Read timeout expired"
    except socket.gaierror:
        return "Failed to resolve host: Name or service not known"
    except (OSError, http.client.HTTPException):
        return "Connection reset by peer"
    finally:
        connection.close()
    if 200 <= answer.status <= 299:
        return None
    return f"Wrong response from the webhook: {answer.status} {answer.reason}"


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def log_message(self, *_unused: object) -> None:
        """The address holds the token."""

    def answer(self) -> None:
        parts = urllib.parse.urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts.path.startswith("/lab/"):
            given = json.loads(body or b"{}")
            return self.say(200, json.dumps(self.lab(parts.path.removeprefix("/lab/"), given)))
        found = re.fullmatch(r"/bot([^/]*)/(\w+)", urllib.parse.unquote(parts.path))
        if not found or not TOKEN.fullmatch(found[1]):
            return self.refuse(Answer(404, "Not Found"))
        self.server.calls.append(found[2])
        bot = self.server.bots.get(found[1])
        if bot is None:
            return self.refuse(Answer(401, "Unauthorized"))
        fault = self.server.fault_of(found[2])
        try:
            if fault and self.spoil(fault):
                return None
            given = self.given(parts.query, body)
            result = self.method(bot, found[2], given, float((fault or {}).get("slow_s", 0)))
        except Answer as answer:
            return self.refuse(answer)
        done = json.dumps({"ok": True, "result": result})
        if fault and fault.get("after"):  # it had its effect, and nobody hears of it
            self.spoil(fault["after"])
            return None
        return self.say(200, done)

    def method(self, bot: Bot, name: str, given: dict[str, str], slow_s: float) -> Any:
        if name.lower() == "setwebhook":
            return bot.set_webhook(given, slow_s)
        known = {
            "getme": bot.get_me,
            "getwebhookinfo": bot.get_webhook_info,
            "deletewebhook": bot.delete_webhook,
            "getupdates": bot.get_updates,
        }
        if name.lower() not in known:
            raise Answer(404, "Not Found: method not found")
        return known[name.lower()](given)

    def given(self, query: str, body: bytes) -> dict[str, str]:
        found = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        kind = self.headers.get("Content-Type") or ""
        if kind.startswith("multipart/"):
            head = f"Content-Type: {kind}\r\n\r\n".encode()
            message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
            for part in message.iter_parts():
                name = part.get_param("name", header="content-disposition")
                value = part.get_content()
                text = value.decode() if isinstance(value, bytes) else str(value)
                found[str(name)] = text.rstrip("\r\n")
        elif kind.startswith("application/json"):
            for name, value in json.loads(body).items():
                found[name] = value if isinstance(value, str) else json.dumps(value)
        else:
            found.update(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        return found

    def spoil(self, fault: dict[str, Any]) -> bool:
        """Whether that was the whole answer."""
        what = fault.get("answer")
        if what == "hang":
            self.server.closing.wait(float(fault.get("seconds", 30)))
            self.close_connection = True
        elif what == "cut":
            self.close_connection = True
        elif what == "html":
            self.say(502, f"<html>502 Bad Gateway {self.path}</html>", "text/html")
        elif what == "garbage":
            self.wfile.write(f"{self.path} is no HTTP\r\n\r\n".encode())
            self.close_connection = True
        elif what == "deep":  # no parser of JSON gets through it
            self.say(200, "[" * 60_000)
        elif what == "redirect":
            self.send_response(307)
            self.send_header("Location", f"http://127.0.0.1:9{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif isinstance(what, int):
            said = fault.get("says", f"Error {what}").replace("PATH", self.path)
            self.refuse(Answer(what, said, int(fault.get("retry_after", 0))))
        else:
            return False
        return True

    def refuse(self, answer: Answer) -> None:
        body: dict[str, Any] = {
            "ok": False,
            "error_code": answer.code,
            "description": str(answer),
        }
        if answer.retry_after:
            body["parameters"] = {"retry_after": answer.retry_after}
        self.say(answer.code, json.dumps(body))

    def say(self, status: int, text: str, kind: str = "application/json") -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def lab(self, what: str, given: dict[str, Any]) -> Any:
        server = self.server
        bot = server.bots.get(given.get("token") or next(iter(server.bots)))
        assert bot is not None
        if what == "receive":
            bot.receive(int(given.get("count", 1)), given.get("kind", "message"))
        elif what == "fault":
            server.faults = given["faults"]
        return {**bot.told(), "calls": server.calls}


def stop(place: Path) -> None:
    """The process that wrote it, if it is still that one."""
    pid = json.loads(place.read_text())["pid"]
    with contextlib.suppress(OSError):
        if b"telegram_server" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGTERM)
    place.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--token-file", type=Path)
    parser.add_argument("--local", action="store_true")
    parser.add_argument("--stop", action="store_true")
    given = parser.parse_args()
    place = given.dir / "telegram.json"
    if given.stop:
        stop(place)
        return
    server = Server([given.token_file.read_text().strip()], local=given.local)
    place.write_text(json.dumps({"url": server.url, "pid": os.getpid()}))
    server.threads[0].join()


if __name__ == "__main__":
    main()

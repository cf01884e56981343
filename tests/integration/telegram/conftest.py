# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Bot API server with its own rules, and a bot that updates are delivered to, both over real HTTP."""

from __future__ import annotations

import http.client
import json
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import drill
from ansible_collections.oncall.runbooks.tests.lab import services
from ansible_collections.oncall.runbooks.tests.lab.telegram_server import Server

harness = sys.modules["oncall_harness"]


@pytest.fixture
def token() -> str:
    return f"4242:AAH-canary{secrets.token_urlsafe(21)}"


@pytest.fixture
def secret() -> str:
    return f"canary-{secrets.token_urlsafe(12)}"


@pytest.fixture
def telegram(token: str) -> Iterator[Server]:
    """As strict as Telegram's own."""
    server = Server([token])
    yield server
    server.end()


@pytest.fixture
def local(token: str) -> Iterator[Server]:
    """One that delivers to any address."""
    server = Server([token], local=True)
    yield server
    server.end()


def wait_for(what: Callable[[], object], seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, "not in time"
        time.sleep(0.02)


@dataclass
class BotDrill:
    """A bot that runs, known to a Bot API that delivers to it; and the site of who keeps it."""

    folder: Path
    server: Server
    token: str
    secret: str
    port: int = 0
    polling_on: list[str] | None = None  # a command of its own
    site: Any = None

    @property
    def bot(self) -> Any:
        return self.server.bots[self.token]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/telegram/webhook"

    def command(self, verb: str, *more: str) -> list[str]:
        program = str(Path(services.__file__).resolve())
        return [sys.executable, program, verb, "--dir", str(self.folder), "bot", *more]

    def begin(self, **telegram: Any) -> None:
        program = Path(services.__file__).with_name("telegram_bot.py")
        self.port = services.make(self.folder, "bot", program=program)
        self.set("bot", {"api": self.server.url, "token": self.token, "secret": self.secret})
        self.set("polling", "webhook")
        services.start(self.folder, "bot")
        for name, text in (("token", self.token), ("secret", self.secret)):
            path = self.folder / f"{name}.txt"
            path.touch(mode=0o600)
            path.write_text(f"{text}\n")
        entry: dict[str, Any] = {
            "kind": "bot",
            "platform": "command",
            "command": {v: self.command(v) for v in ("start", "stop", "restart", "status", "logs")},
            "telegram": {
                "token_file": str(self.folder / "token.txt"),
                "secret_file": str(self.folder / "secret.txt"),
                "url": self.url,
                "base_url": self.server.url,
                "local_mode": True,
                "endpoint": {"seconds": 1},
                **telegram,
            },
            "commands": {
                "polling_on": self.polling_on or self.command("set", "polling", "polling"),
                "polling_off": self.command("set", "polling", "webhook"),
                "polling_status": self.command("get", "polling"),
            },
        }
        section = entry["telegram"]
        entry["telegram"] = {k: v for k, v in section.items() if v is not None}
        self.site = harness.make_site(self.folder / "site", {"bot": entry})
        wait_for(lambda: self.answers("/health") == 200)

    def set(self, name: str, value: Any) -> None:
        services.write(self.folder / "bot" / f"{name}.json", value)

    def somebody_sets(self, **webhook: str) -> None:
        self.bot.next_set = 0.0
        self.bot.set_webhook(webhook)
        self.bot.next_set = 0.0

    def well(self) -> None:
        self.somebody_sets(url=self.url, secret_token=self.secret)

    def sick(self) -> None:
        """Updates arrive, and the bot answers 502 until it is restarted."""
        (self.folder / "bot" / "sick-now").touch()
        wait_for(lambda: self.answers("/health") == 502)
        self.bot.receive(5)
        wait_for(lambda: self.bot.error)

    def answers(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def received(self) -> list[dict[str, Any]]:
        path = self.folder / "bot" / "received.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def snapshot(self) -> dict[str, Any]:
        """What a run that changes nothing leaves as it was."""
        told = self.bot.told()
        kept = ("url", "secret", "max_connections", "allowed", "sets", "dropped")
        state = services.status(self.folder, "bot")
        return {
            **{key: told[key] for key in kept},
            "started": [one.get("started_at") for one in state["instances"]],
            "polling": services.read(self.folder / "bot" / "polling.json"),
        }

    def run(self, *options: str, playbook: str = "bot_malfunction", **variables: Any) -> Any:
        usual = {"hold_seconds": 1, "timeout_seconds": 20} if playbook == "bot_malfunction" else {}
        chosen = ["-e", json.dumps({"service": "bot", **usual, **variables})]
        done = self.site.run(playbook, *chosen, *options)
        assert done.report, done.stdout + done.stderr
        drill.proven(done, [self.token, self.token.partition(":")[2], self.secret])
        assert self.bot.dropped == 0
        return done

    def unchanged(self, *options: str, **variables: Any) -> Any:
        before = self.snapshot()
        done = self.run(*options, **variables)
        assert self.snapshot() == before
        assert not done.report["changes"]
        return done


@pytest.fixture
def shop_bot(local: Server, token: str, secret: str, tmp_path: Path) -> Iterator[BotDrill]:
    made = BotDrill(tmp_path, local, token, secret)
    yield made
    if (tmp_path / "bot" / "service.json").exists():
        services.stop(tmp_path, "bot")

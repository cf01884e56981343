# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A bot that dies or hangs on each platform, behind a Bot API with Telegram's rules, in four passes."""

from __future__ import annotations

import json
import secrets
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import drill
from ansible_collections.oncall.runbooks.tests.integration.platforms.programs import (
    FILES,
    GROUNDS,
    STATE,
    Ground,
    Program,
    Service,
)
from ansible_collections.oncall.runbooks.tests.lab import engine, lab, telegram_bots
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for
from ansible_collections.oncall.runbooks.tests.lab.telegram_server import Server

pytestmark = pytest.mark.slow
harness = sys.modules["oncall_harness"]
PATH = "/telegram/webhook"
STARTED = (
    f"cp {FILES}/bot.json {STATE} && exec python3 {FILES}/telegram_bot.py {STATE} {FILES} $PORT ''"
)
HANG = f"echo hang >{STATE}/sick-now"
FAULTS = {
    "compose": HANG,
    "systemd": "pkill -9 -f '^python3 .*[t]elegram_bot'",
    "kubernetes": HANG,
}


@dataclass
class Drill:
    ground: Ground
    service: Service
    server: Server
    bot: telegram_bots.Bot
    folder: Path
    secret: str
    url: str = ""

    @property
    def lost(self) -> str:
        """Nobody listens there: what lies before the bot is broken."""
        return f"http://{engine.address()}:9{PATH}"

    def webhook(self, url: str) -> None:
        """As it is in the catalog, and at Telegram."""
        self.url = url
        self.bot.next_set = 0.0
        self.bot.set_webhook({"url": url, "secret_token": self.secret})
        self.bot.next_set = 0.0

    def run(self, playbook: str, *options: str, **given: Any) -> Any:
        telegram = {
            "token_file": str(self.folder / "token"),
            "secret_file": str(self.folder / "secret"),
            "url": self.url,
            "base_url": self.server.url,
            "local_mode": True,
            "endpoint": {"seconds": 1},
            "polling_env": {"BOT_MODE": "polling"},
        }
        port = self.service.url.rpartition(":")[2] if self.ground.platform == "systemd" else 8080
        health = [*("curl", "-fsS", "-m", "2"), f"http://127.0.0.1:{port}/health"]
        more = {"health": {"command": health, "from": "host"}, "telegram": telegram}
        entry = self.ground.entry(self.service, "bot", **more)
        site = harness.make_site(self.folder / "site", {"bot": entry}, self.ground.settings)
        usual = {"service": "bot", "timeout_seconds": 60}
        if playbook == "bot_malfunction":
            usual["hold_seconds"] = 1
        done = site.run(playbook, "-e", json.dumps({**usual, **given}), *options)
        assert done.report, done.stdout + done.stderr
        drill.proven(done, [self.bot.token, self.bot.token.partition(":")[2], self.secret])
        assert self.bot.dropped == 0
        return done

    def snapshot(self) -> Any:
        told = self.bot.told()
        return self.ground.lives(self.service), {**told, "pending": None, "error": None}

    def unchanged(self, *options: str, **given: Any) -> Any:
        before = self.snapshot()
        done = self.run("bot_malfunction", *options, **given)
        assert self.snapshot() == before and not done.report["changes"]
        return done

    def received(self) -> list[tuple[int, str]]:
        """By the instance that lives."""
        lines = self.ground.inside(self.service, f"cat {STATE}/received.jsonl 2>&1 || true")
        found = (json.loads(line) for line in lines.splitlines() if line.startswith("{"))
        return sorted({(one["update_id"], one["by"]) for one in found})


@pytest.fixture(scope="module", params=GROUNDS)
def stack(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Drill]:
    """The bot, which its Bot API reaches, and which reaches its Bot API."""
    folder = tmp_path_factory.mktemp("bot")
    token, secret = f"4242:AAH-canary{secrets.token_urlsafe(21)}", secrets.token_urlsafe(16)
    for name, text in (("token", token), ("secret", secret)):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text)
    with GROUNDS[request.param](folder) as ground:
        server = Server([token], local=True, host=engine.address())
        try:
            settings = {"api": server.url, "token": token, "secret": secret}
            files = folder / "files"
            files.mkdir()
            shutil.copy(Path(telegram_bots.__file__).with_name("telegram_bot.py"), files)
            (files / "bot.json").write_text(json.dumps(settings))
            (files / "release.json").write_text(json.dumps({"behaviour": "fine"}))
            program = Program(("sh", "-c", STARTED), {"BIND": "0.0.0.0"}, files)
            service = ground.start("bot", program)
            yield Drill(ground, service, server, server.bots[token], folder, secret)
        finally:
            server.end()


@pytest.fixture
def bot(stack: Drill) -> Drill:
    stack.webhook(stack.service.url + PATH)
    lab.wait_healthy(stack.service.url)
    return stack


def made(done: Any) -> list[str]:
    return [one["action"] for one in done.report["changes"] if one["status"] == "made"]


def test_a_bot_that_is_dead_or_hangs_is_brought_back(bot: Drill) -> None:
    healthy = bot.unchanged()
    assert (healthy.outcome, healthy.rc) == ("healthy", 0), healthy.stdout + healthy.stderr
    bot.ground.inside(bot.service, FAULTS[bot.ground.platform])
    wait_for("it is gone", lambda: lab.get(f"{bot.service.url}/health", 1)[0] != 200)
    first = bot.bot.next_id
    bot.bot.receive(3)
    wait_for("Telegram cannot deliver", lambda: bot.bot.error, 30)
    checked = bot.unchanged("--check")
    assert checked.outcome == "planned", checked.stdout + checked.stderr
    assert checked.planned("restart_service")["status"] == "planned"
    assert checked.finding("bot_endpoint")["reason"] in ("timeout", "connection_refused")
    before, sets = bot.snapshot(), len(bot.bot.sets)
    done = bot.run("bot_malfunction")
    assert (done.outcome, made(done)) == ("recovered", ["restart_service"]), (
        done.stdout + done.stderr
    )
    assert bot.snapshot()[0] != before[0] and len(bot.bot.sets) == sets
    wanted = [(number, "webhook") for number in range(first, first + 3)]
    wait_for("nobody's update is lost", lambda: bot.received()[-3:] == wanted)
    again = bot.unchanged()
    assert (again.outcome, again.rc) == ("healthy", 0), again.stdout + again.stderr


@pytest.mark.parametrize("stack", ["compose", "kubernetes"], indirect=True)
def test_it_polls_by_its_setting_for_a_time_and_goes_back(bot: Drill) -> None:
    bot.webhook(bot.lost)
    first = bot.bot.next_id
    bot.bot.receive(2)
    wait_for("Telegram cannot deliver", lambda: bot.bot.error, 30)
    given = {"approve": "fall_back_to_polling"}
    checked = bot.unchanged("--check", **given)
    assert checked.planned("fall_back_to_polling")["status"] == "planned"
    done = bot.run("bot_malfunction", **given)
    assert made(done) == ["fall_back_to_polling"], done.stdout + done.stderr
    assert done.report["verification"]["status"] == "verified", done.stdout + done.stderr
    assert (bot.ground.variable(bot.service, "BOT_MODE"), bot.bot.url) == ("polling", "")
    assert bot.received()[-2:] == [(first, "polling"), (first + 1, "polling")]
    back = bot.run("revert", incident=done.report["incident"])
    assert (back.outcome, made(back)) == ("done", ["return_to_webhook"]), back.stdout + back.stderr
    assert bot.ground.variable(bot.service, "BOT_MODE") == ""
    assert (bot.bot.url, bot.bot.secret) == (bot.lost, bot.secret)


@pytest.mark.parametrize("stack", ["kubernetes"], indirect=True)
def test_a_second_consumer_is_found_in_the_log_of_its_pod(bot: Drill) -> None:
    """As the library of a bot writes it; nothing is done about the one that loses."""
    said = f"Conflict: {telegram_bots.ALREADY}"
    bot.ground.inside(bot.service, f"echo '{said}' >/proc/1/fd/1")
    done = bot.unchanged("--check")
    assert done.finding("bot_consumers")["reason"] == "two_consumers", done.stdout
    assert done.outcome == "refused" and said in done.finding("bot_consumers")["summary"]

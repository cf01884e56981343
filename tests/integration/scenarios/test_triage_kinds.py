# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Triage looks into queues, bots, chains, wallets and certificates, each over its real protocol."""

from __future__ import annotations

import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.scenarios.conftest import CALM, extra
from ansible_collections.oncall.runbooks.tests.lab import (
    bullmq,
    certificates,
    indexer,
    redis_server,
    toncenter,
)
from ansible_collections.oncall.runbooks.tests.lab.telegram_server import Server as Telegram

harness = sys.modules["oncall_harness"]
pytestmark = pytest.mark.slow
PAYER = f"0:{'a1' * 32}"
TOKEN = "4242:AAH-canary-of-the-triage-of-all-kinds"
WEBHOOK = "https://shop.example.org/telegram/webhook"


@dataclass
class Quarter:
    """One service of each kind that has a protocol of its own, and where each really is."""

    folder: Path
    redis: Any
    telegram: Telegram
    ton: Any
    ton_url: str
    node_url: str
    shop_url: str
    index: list[str]

    def call(self, verb: str, *words: str) -> None:
        command = [*self.index[:2], verb, *words, "--dir", str(self.folder / "index")]
        subprocess.run(command, check=True, capture_output=True)

    def services(self) -> dict[str, Any]:
        (self.folder / "token").touch(mode=0o600)
        (self.folder / "token").write_text(TOKEN)
        way = {"via": "tcp", "host": redis_server.HOST, "port": self.redis.port, "role": "queue"}
        outside = {"platform": "external"}
        plain = {"provider": "http", "path": "/height", "field": "chain"}
        return {
            "cache": {
                "kind": "redis", **outside,
                "redis": {**way, "password_file": str(self.redis.password_file)},
            },
            "mail": {
                "kind": "queue", **outside,
                "queue": {"software": "bullmq", "redis": "cache", "names": [bullmq.QUEUE]},
            },
            "bot": {
                "kind": "bot", **outside,
                "telegram": {
                    "token_file": str(self.folder / "token"), "url": WEBHOOK,
                    "base_url": self.telegram.url, "allow_no_secret": True,
                },
            },
            "node": {"kind": "chain_node", **outside, "chain_node": {**plain, "endpoints": [self.node_url]}},
            "index": {
                "kind": "indexer", "platform": "command", "command": {"status": ["true"]},
                "indexer": {"height": {"command": self.index, "field": "indexed"}},
                "rpc": {"nodes": ["node"], "env": "RPC_URL"},
            },
            "payer": {
                "kind": "wallet", **outside,
                "wallet": {
                    "network": "mainnet", "endpoints": [self.ton_url], "addresses": [PAYER],
                    "floor_nano": 10**9,
                },
            },
            "shop": {"kind": "http", **outside, "health": {"url": self.shop_url}},
        }  # fmt: skip

    def triage(self, *arguments: str, **variables: Any) -> Any:
        kinds: dict[str, list[str]] = {}
        for name, entry in self.services().items():
            kinds.setdefault(f"kind_{entry['kind']}", []).append(name)
        site = harness.make_site(self.folder / "site", self.services(), {}, kinds)
        done = site.run("triage", *extra(**{**CALM, **variables}), *arguments)
        assert done.report, done.stdout + done.stderr
        assert TOKEN not in done.stdout + done.stderr
        return done


class Hello(BaseHTTPRequestHandler):
    def log_message(self, *_words: object) -> None:
        """Nobody reads it."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def shop_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its certificate is trusted, and ends in a week."""
    made = certificates.own(tmp_path, "shop", 7)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def quarter(tmp_path: Path, shop_url: str) -> Iterator[Quarter]:
    if missing := bullmq.missing():
        pytest.skip(missing)
    program = str(Path(indexer.__file__).resolve())
    redis = redis_server.start(tmp_path / "redis")
    telegram = Telegram([TOKEN])
    ton = toncenter.Server(toncenter.Chain())
    folder = tmp_path / "index"
    try:
        with toncenter.serve(ton) as ton_url, indexer.serving(folder / "index.json") as node_url:
            made = Quarter(
                tmp_path, redis, telegram, ton, ton_url, node_url, shop_url,
                [sys.executable, program, "height", "--dir", str(folder)],
            )  # fmt: skip
            made.call("make")
            ton.chain.accounts[PAYER] = toncenter.Account(balance=2 * 10**9)
            telegram.bots[TOKEN].set_webhook({"url": WEBHOOK})
            bullmq.start(redis)
            yield made
    finally:
        bullmq.stop(redis)
        redis_server.stop(redis.directory)
        telegram.end()


def test_all_is_well_but_a_certificate(quarter: Quarter) -> None:
    done = quarter.triage(certificate_days=5)
    assert (done.outcome, done.rc) == ("healthy", 0), done.stdout + done.stderr
    done = quarter.triage()
    (cause,) = done.report["causes"]
    assert (cause["service"], cause["because"]["reason"]) == ("shop", "ends_soon"), done.stdout
    assert (done.outcome, done.rc) == ("attention", 0)


def test_each_is_told_by_its_own_playbook(quarter: Quarter) -> None:
    bullmq.stop(quarter.redis)
    bullmq.tell(quarter.redis, "add", "5")
    quarter.telegram.bots[TOKEN].set_webhook({"url": ""})
    quarter.ton.chain.accounts[PAYER] = toncenter.Account(balance=5)
    quarter.call("make", "--behind", "1500", "--stuck")
    done = quarter.triage(certificate_days=5)
    told = {
        cause["service"]: (cause["because"]["check"], cause["playbook"])
        for cause in done.report["causes"]
    }
    assert told == {
        "mail": ("queue_workers", "queue_backed_up"),
        "bot": ("bot_webhook", "bot_malfunction"),
        "payer": ("wallets", "payment_failure"),
        "index": ("indexer_lag", "indexer_lagging"),
    }, done.stdout
    assert done.outcome == "attention" and done.rc != 0


def test_what_is_kept_in_a_redis_that_is_gone_follows_from_it(quarter: Quarter) -> None:
    """And a token that cannot be read leaves the bot unknown, not the others."""
    services = quarter.services()
    redis_server.stop(quarter.redis.directory)
    services["bot"]["telegram"]["token_file"] = str(quarter.folder / "lost")
    kinds = {f"kind_{entry['kind']}": [name] for name, entry in services.items()}
    site = harness.make_site(quarter.folder / "lost-site", services, {}, kinds)
    done = site.run("triage", *extra(**CALM, certificate_days=5))
    (first, *_others) = done.report["causes"]
    assert (first["service"], first["affects"]) == ("cache", ["mail"]), done.stdout
    unread = [one for one in done.report["findings"] if one["reason"] == "not_read"]
    assert [one["service"] for one in unread] == ["bot"]
    assert "telegram.token_file" in unread[0]["summary"]
    assert done.report["outcomes"]["payer"] == "healthy"

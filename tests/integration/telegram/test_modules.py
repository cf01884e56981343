# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The two modules in a playbook of their own, as anybody may use them; and no secret is anywhere afterwards."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.oncall.runbooks.tests.integration.robustness.test_secrets import (
    forms,
    system_logs,
)
from ansible_collections.oncall.runbooks.tests.integration.telegram.watcher import Watcher
from ansible_collections.oncall.runbooks.tests.lab import certificates
from ansible_collections.oncall.runbooks.tests.lab.telegram_server import Server

pytestmark = pytest.mark.slow
harness = sys.modules["oncall_harness"]
URL = "https://bot.example.org/hook"
WEBHOOK, INFO = "oncall.runbooks.telegram_webhook", "oncall.runbooks.telegram_webhook_info"


@dataclass(frozen=True)
class Ran:
    rc: int
    text: str
    results: list[dict[str, Any]]
    log: str


def run(folder: Path, tasks: list[dict[str, Any]], *flags: str, callback: str = "default") -> Ran:
    """The tasks, whose results are kept in a file; what comes after one that fails is run, too."""
    folder.mkdir(parents=True, exist_ok=True)
    steps: list[dict[str, Any]] = []
    for number, task in enumerate(tasks):
        steps.append({"ignore_errors": True, **task, "register": f"result_{number}"})
    kept = "{{ [" + ", ".join(f"result_{n}" for n in range(len(tasks))) + "] }}"
    content = "{{ kept | to_json }}"
    keep = {"content": content, "dest": str(folder / "results.json"), "mode": "0600"}
    always = {"check_mode": False, "diff": False}
    steps.append({"ansible.builtin.copy": keep, "vars": {"kept": kept}, **always})
    play = {"hosts": "localhost", "gather_facts": False, "vars_files": ["vault.yml"]}
    (folder / "play.yml").write_text(yaml.safe_dump([{**play, "tasks": steps}]))
    names = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ANSIBLE_CONFIG": str(harness.ROOT / "ansible.cfg"),
        "ANSIBLE_STDOUT_CALLBACK": callback,
        "ANSIBLE_LOG_PATH": str(folder / "ansible.log"),
        "ANSIBLE_NOCOLOR": "1",
    }
    connection = ["-i", "localhost,", "-e", f"ansible_python_interpreter={sys.executable}"]
    done = subprocess.run(
        [harness.PLAYBOOK, *connection, "-c", "local", str(folder / "play.yml"), *flags],
        cwd=harness.ROOT,
        env=names,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    results = json.loads((folder / "results.json").read_text())
    log = (folder / "ansible.log").read_text()
    return Ran(done.returncode, done.stdout + done.stderr, results, log)


def vault(folder: Path, token: str, secret: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "vault.yml"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump({"vault_token": token, "vault_secret": secret}))


def webhook(server: Server, **given: Any) -> dict[str, Any]:
    common = {"token": "{{ vault_token }}", "base_url": server.url, "timeout": 5}
    setting = {"url": URL, "secret_token": "{{ vault_secret }}"}
    return {WEBHOOK: {**common, **({} if given.get("state") == "absent" else setting), **given}}


def info(server: Server, **given: Any) -> dict[str, Any]:
    return {INFO: {"token": "{{ vault_token }}", "base_url": server.url, "timeout": 3, **given}}


FATES: dict[str, list[dict[str, Any]]] = {
    "success": [],
    "bad token": [{"method": "*", "answer": 401, "says": "Unauthorized PATH", "times": 99}],
    "refused": [{"method": "setWebhook", "answer": 400, "says": "Bad Request: PATH", "times": 99}],
    "crash": [{"method": "*", "answer": "deep", "times": 99}],
    "time-out": [{"method": "*", "answer": "hang", "seconds": 4, "times": 99}],
    "nonsense": [{"method": "*", "answer": "html", "times": 99}],
}


@pytest.mark.parametrize("fate", FATES)
def test_no_secret_is_anywhere(
    fate: str, telegram: Server, token: str, secret: str, tmp_path: Path
) -> None:
    vault(tmp_path, token, secret)
    telegram.faults = FATES[fate]
    secret_url = "https://bot.example.org/{{ vault_token }}"
    tasks = [info(telegram), webhook(telegram, url=secret_url, allowed_updates=["message"])]
    if fate == "success":
        tasks += [
            webhook(telegram, url=secret_url, allowed_updates=["message"]),
            webhook(telegram, state="reset"),
            webhook(telegram, state="absent"),
        ]
    if fate == "time-out":
        # Ansible itself gives up first.
        tasks = [{**info(telegram), "timeout": 1}, webhook(telegram, timeout=1)]
    with Watcher(token, secret) as watcher:
        done = run(tmp_path, tasks, "-vvv", "--diff")
    assert [one.get("failed", False) for one in done.results] == (
        [False] * 5 if fate == "success" else [fate not in ("refused",), True]
    ), done.text
    if fate == "success":
        assert [one["changed"] for one in done.results] == [False, True, False, True, True]
    texts = {"output": done.text, "log": done.log, "results": json.dumps(done.results)}
    texts["system logs"] = system_logs()
    for where, text in texts.items():
        for canary in (token, token.partition(":")[2], secret):
            assert not [form for form in forms(canary) if form in text], where
    assert watcher.rounds > 5 and watcher.shown == set()
    assert "Traceback" not in done.text


def test_what_a_person_is_told(telegram: Server, token: str, secret: str, tmp_path: Path) -> None:
    vault(tmp_path, token, secret)
    telegram.faults = [{"method": "getMe", "answer": 401}]
    done = run(tmp_path, [info(telegram), webhook(telegram), info(telegram)])
    refused, _set, told = done.results
    assert refused["reason"] == "bad_token" and "BotFather" in refused["msg"]
    assert told["bot"] == {"id": 4242, "username": "shop_bot", "first_name": "Shop"}
    assert told["webhook"]["url"] == URL and told["webhook"]["last_error"] is None


def test_check_mode_and_diff(telegram: Server, token: str, secret: str, tmp_path: Path) -> None:
    vault(tmp_path, token, secret)
    done = run(tmp_path, [webhook(telegram), webhook(telegram, state="reset")], "--check", "--diff")
    assert [one["changed"] for one in done.results] == [True, True]
    assert telegram.bots[token].sets == [] and set(telegram.calls) == {"getWebhookInfo"}
    assert f'"url": "{URL}"' in done.text.replace("+    ", "")


BAD: list[tuple[dict[str, Any], str]] = [
    ({"token": "{{ vault_token }}\n"}, "token: malformed: character 44 of 44 is a line break"),
    ({"token": "{{ vault_token }} "}, "token: malformed: character 44 of 44 is a space"),
    ({"token": ""}, "token: it is missing or empty"),
    ({"token": "{{ lookup('env', 'NO_SUCH_TOKEN') }}"}, "token: it is missing or empty"),
    ({"token": "4242:{{ vault_secret }}"}, "token: malformed: "),
    ({"secret_token": None}, "secret_token: it is missing or empty"),
    ({"secret_token": "{{ vault_secret }}\n"}, "secret_token: malformed: character 24 of 24"),
    ({"url": "http://bot.example.org/hook"}, "url: it does not begin with https"),
    ({"url": "ftp://bot.example.org/hook"}, "url: it does not begin with https"),
    ({"url": "file:///etc/passwd"}, "url: it does not begin with https"),
    ({"url": "https://u:{{ vault_secret }}@bot.example.org/"}, "url: it holds a user"),
    ({"url": "https://bot.example.org:8080/"}, "url: its port is 8080"),
    ({"url": "https://localhost/hook"}, "url: it is an address that only its own network"),
    ({"validate_certs": False}, "validate_certs: got false; allowed is true"),
    ({"max_connections": 101}, "max_connections: "),
    ({"allowed_updates": ["mesage"]}, "did you mean message?"),
    ({"ip_address": "bot"}, "ip_address: it is no IP address"),
    ({"certificate": "/etc/hostname"}, "certificate: it is no certificate in PEM"),
    ({"ca_file": "/etc/hostname"}, "ca_file: it cannot be read as that"),
    ({"timeout": 0}, "timeout: got 0"),
    ({"base_url": "http://bot.example.org"}, "base_url: the token would travel"),
    ({"local_mode": True, "base_url": "https://api.telegram.org"}, "local_mode: Telegram's own"),
]


def test_bad_input_is_refused_in_one_line_and_nothing_is_contacted(
    telegram: Server, token: str, secret: str, tmp_path: Path
) -> None:
    """BI46, BI47, BI49 and BI50."""
    vault(tmp_path, token, secret)
    done = run(tmp_path, [webhook(telegram, **given) for given, _said in BAD], "-vvv")
    for (given, said), result in zip(BAD, done.results, strict=True):
        assert result["failed"] and said in result["msg"], (given, result["msg"])
        assert result["msg"].startswith("error: ") and "for example" in result["msg"]
        assert "\n" not in result["msg"] and result["untouched"]
    assert telegram.calls == []
    for canary in (token, secret):
        assert canary not in done.text + done.log


def test_a_private_server_has_its_ca_in_a_file(token: str, secret: str, tmp_path: Path) -> None:
    made = certificates.own(tmp_path, "lab")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(made.certificate, made.key)
    server = Server([token], tls=tls)
    vault(tmp_path, token, secret)
    try:
        done = run(tmp_path, [webhook(server), webhook(server, ca_file=str(made.certificate))])
    finally:
        server.end()
    assert done.results[0]["reason"] == "tls_failed" and "ca_file" in done.results[0]["msg"]
    assert done.results[1]["changed"] and server.bots[token].secret == secret

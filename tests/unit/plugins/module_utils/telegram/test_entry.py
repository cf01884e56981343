# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A bot's entry of the catalog, the question to it, and its log: nothing repeats a token or a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import endpoint, entry, log

PATH = "runbooks_services.bot.telegram"
TOKEN = "4242:AAHcanary_canary-canary_canary-canary1"
SECRET = "canary-secret"
FILES = {"/token": f"{TOKEN}\n", "/secret": f"{SECRET}\n", "/spaced": f"{TOKEN} \n"}
GOOD: dict[str, Any] = {
    "token_file": "/token",
    "secret_file": "/secret",
    "url": "https://bot.example.org/hook",
}


def read(path: str) -> str:
    return FILES[path]


def of(**changed: Any) -> entry.Bot:
    given = {key: value for key, value in {**GOOD, **changed}.items() if value is not None}
    return entry.of(PATH, given, {"BOT_TOKEN": TOKEN, "EMPTY": ""}, read)


def test_a_bot() -> None:
    found = of()
    assert (found.token, found.settings.secret) == (TOKEN, SECRET)
    assert found.base_url == "https://api.telegram.org"
    assert found.endpoint == entry.Endpoint("https://bot.example.org/hook", "controller", 5)
    assert "canary" not in repr(found)
    assert of(token_file=None, token_env="BOT_TOKEN").token == TOKEN
    assert of(secret_file=None, allow_no_secret=True).settings.secret is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"token_file": None}, "telegram.token: it is missing or empty"),
        ({"token_file": None, "token": TOKEN + "\n"}, "telegram.token: malformed: character 44 of 44 is a line break"),
        ({"token_file": None, "token": "canary"}, "telegram.token: malformed"),
        ({"token_file": None, "token": 4242}, "telegram.token: got something that is not text"),
        ({"token_file": None, "token_env": "EMPTY"}, "telegram.token_env: the environment variable EMPTY is empty"),
        ({"token_file": None, "token_env": "UNSET"}, "telegram.token_env: the environment variable UNSET is not set"),
        ({"token_file": "/spaced"}, "telegram.token_file: malformed: character 44 of 44 is a space"),
        ({"token": TOKEN}, "telegram: got token_file and token"),
        ({"secret_file": None}, "telegram.secret: it is missing or empty"),
        ({"url": None}, "telegram.url: it is missing"),
        ({"url": "http://bot.example.org/"}, "telegram.url: it does not begin with https"),
        ({"url": "https://u:canary@bot.example.org/"}, "telegram.url: it holds a user"),
        ({"url": "https://bot.example.org:8080/"}, "telegram.url: its port is 8080"),
        ({"validate_certs": False}, "telegram.validate_certs: got false"),
        ({"local_mode": True}, "telegram.local_mode: got 'True'; allowed is true only with base_url"),
        ({"allow_no_secret": "yes"}, "telegram.allow_no_secret: got (hidden); allowed is true or false"),
        ({"drop_pending_updates": True}, "telegram.drop_pending_updates: unknown key"),
        ({"endpoint": {"url": "http://x/canary", "from": "moon"}}, "telegram.endpoint.from: got 'moon'"),
        ({"endpoint": {"seconds": 0}}, "telegram.endpoint.seconds: got '0'"),
        ({"polling_env": {"BOT_TOKEN": "canary"}}, "telegram.polling_env.BOT_TOKEN: got (hidden)"),
        ({"polling_env": {"BOT_MODE": "a b"}}, "telegram.polling_env.BOT_MODE: got 'a b'"),
        ({"polling_env": {"BOT_MODE": True}}, "telegram.polling_env.BOT_MODE: got 'True'"),
    ],
)  # fmt: skip
def test_refused_entries(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        of(**changed)
    text = str(caught.value)
    assert text.startswith("runbooks_services.bot.") and said in text and "\n" not in text
    assert "canary" not in text.replace("http://x/canary", "")


def test_the_question_brings_the_secret_on_standard_input_only() -> None:
    """From its host: python3 first, then curl; neither has the secret among its arguments."""
    asked: list[tuple[str, str]] = []

    def shell(command: str, stdin: str) -> Done:
        asked.append((command, stdin))
        if command.startswith("python3"):
            return Done(127, "", "python3: not found")
        return Done(0, "\noncall-health:200 0.01", "")

    local = {"url": "http://127.0.0.1:3002/hook", "from": "host"}
    found = endpoint.asked(of(endpoint=local), shell)
    assert (found["reason"], found["status"], found["from"]) == ("ok", 200, "host")
    assert [SECRET in command for command, _stdin in asked] == [False, False]
    assert [SECRET in stdin for _command, stdin in asked] == [True, True]
    assert 'noproxy = "*"' in asked[1][1] and "canary" not in json.dumps(found)


def test_a_host_with_nothing_to_ask_with() -> None:
    local = {"url": "http://127.0.0.1:3002/hook", "from": "host"}
    found = endpoint.asked(of(endpoint=local), lambda _command, _stdin: Done(127, "", ""))
    assert found["reason"] == "client_missing"


@pytest.mark.parametrize(
    ("text", "conflict"),
    [
        ("", None),
        ("bot starts\nhello", None),
        ("x\nError 409: Conflict: terminated by other getUpdates request; …\ny", "two_consumers"),
        ("Conflict: can't use getUpdates method while webhook is active", "polls_beside_webhook"),
        ("Conflict: terminated by other getUpdates\n" + "fine\n" * 100, None),
    ],
)
def test_the_log(text: str, conflict: str | None) -> None:
    assert log.reading(text, [])["conflict"] == conflict


def test_a_line_of_the_log_holds_no_token() -> None:
    line = f"POST /bot{TOKEN}/getUpdates Conflict: terminated by other getUpdates request"
    assert "canary" not in log.reading(line, [TOKEN])["line"]

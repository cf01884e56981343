# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is judged before anything is sent; and no text repeats a token, a secret or an address (BI46 to BI50)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import rules

TOKEN = "4242:AAHcanary_canary-canary_canary-canary1"
HIDDEN = "canary"


@pytest.mark.parametrize("good", [TOKEN, "1:" + "a" * 30, "9" * 17 + ":" + "-" * 64])
def test_tokens(good: str) -> None:
    assert rules.token("token", good, "token: …") == good


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (None, "missing or empty"),
        ("", "missing or empty"),
        (4242, "no text"),
        (TOKEN + "\n", "character 44 of 44 is a line break"),
        (" " + TOKEN, "character 1 of 44 is a space"),
        (TOKEN + "\t", "character 44 of 44 is a space"),
        (TOKEN + "é", "character 44 of 44 is one that is never"),
        (TOKEN.replace(":", ""), "42 characters that are not the form"),
        ("0" + TOKEN, "44 characters that are not the form"),
        ("bot" + TOKEN, "46 characters that are not the form"),
        ("4242:canary", "11 characters that are not the form"),
        (f"https://api.telegram.org/bot{TOKEN}/getMe", "one that is never"),
    ],
)
def test_refused_tokens(bad: object, said: str) -> None:
    with pytest.raises(rules.Invalid) as caught:
        rules.token("token", bad, 'token: "{{ vault_bot_token }}"')
    text = str(caught.value)
    assert text.startswith("token: ") and said in text and "for example token: " in text
    assert HIDDEN not in text and "\n" not in text


@pytest.mark.parametrize("bad", ["", None, "canary canary", "canary\n", "a" * 257, 7])
def test_refused_secrets(bad: object) -> None:
    with pytest.raises(rules.Invalid, match=r"^secret_token: .*allowed is 1 to 256") as caught:
        rules.secret("secret_token", bad, "…")
    assert HIDDEN not in str(caught.value)


@pytest.mark.parametrize(
    "good",
    [
        "https://bot.example.org/telegram/webhook",
        "https://bot.example.org:443/",
        "https://bot.example.org:8443/a?b=c",
        "https://8.8.8.8:88/hook",
        "https://[2606:4700:4700::1111]/hook",
    ],
)
def test_addresses(good: str) -> None:
    assert rules.webhook_url("url", good) == good


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (None, "missing or empty"),
        ("", "missing or empty"),
        ("http://bot.example.org/canary", "does not begin with https"),
        ("ftp://bot.example.org/canary", "does not begin with https"),
        ("file:///etc/canary", "does not begin with https"),
        ("bot.example.org/canary", "does not begin with https"),
        ("https://user:canary@bot.example.org/", "user or a password"),
        ("https://canary@bot.example.org/", "user or a password"),
        ("https://bot.example.org:8080/canary", "port is 8080"),
        ("https://bot.example.org:99999/canary", "no address"),
        ("https:///canary", "no address of a server"),
        ("https://bot.example.org/#canary", "fragment"),
        ("https://bot.example.org/ canary", "space"),
        ("https://bot.example.org/canary\n", "space"),
        *(
            (f"https://{host}/canary", "its own network")
            for host in (
                "localhost", "bot", "a.localhost", "bot.local", "127.0.0.1", "127.1", "0x7f.0.0.1", "0.0.0.0",
                "10.1.2.3", "192.168.1.1", "169.254.169.254", "[::1]", "[fd00::1]", "2130706433",
            )
        ),
    ],
)  # fmt: skip
def test_refused_addresses(bad: Any, said: str) -> None:
    with pytest.raises(rules.Invalid) as caught:
        rules.webhook_url("url", bad)
    assert said in str(caught.value) and HIDDEN not in str(caught.value)


def test_a_server_of_ones_own_takes_more() -> None:
    assert rules.webhook_url("url", "http://10.0.0.7:3000/hook", local=True)
    for bad in ("ftp://10.0.0.7/", "http://user:canary@10.0.0.7/"):
        with pytest.raises(rules.Invalid):
            rules.webhook_url("url", bad, local=True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://api.telegram.org", "https://api.telegram.org"),
        ("https://api.telegram.org/", "https://api.telegram.org"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("http://telegram:8081/api", "http://telegram:8081/api"),
    ],
)
def test_servers(given: str, expected: str) -> None:
    assert rules.base_url("base_url", given) == expected


@pytest.mark.parametrize(
    "bad",
    [
        "http://api.example.org",  # the token in clear
        "https://u:canary@api.telegram.org",
        "https://api.telegram.org/?canary=1",
        "ftp://canary",
        "https://api.telegram.org:0",
        "",
        None,
        f"https://api.telegram.org/bot{TOKEN}#canary",
    ],
)
def test_refused_servers(bad: object) -> None:
    with pytest.raises(rules.Invalid, match=r"^base_url: ") as caught:
        rules.base_url("base_url", bad)
    assert HIDDEN not in str(caught.value)


@pytest.mark.parametrize("bad", [0, 101, -1, True, "many", None, 1.5, 10**30])
def test_refused_numbers_of_connections(bad: object) -> None:
    with pytest.raises(rules.Invalid, match="from 1 to 100;"):
        rules.connections("max_connections", bad)
    assert rules.connections("max_connections", "100000", local=True) == 100_000


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (["mesage"], "did you mean message"),
        ("message", "no list"),
        ([7], "no name"),
        (["Message"], "no name"),
    ],
)
def test_refused_updates(bad: object, said: str) -> None:
    with pytest.raises(rules.Invalid, match=said):
        rules.updates("allowed_updates", bad)


def test_a_kind_of_updates_that_is_newer_than_we_are() -> None:
    assert rules.updates("allowed_updates", ["message", "teleportation", "message"]) == (
        "message",
        "teleportation",
    )


def test_a_private_key_goes_nowhere() -> None:
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    assert rules.certificate("certificate", pem) == pem
    for bad in (pem + "-----BEGIN PRIVATE KEY-----\ncanary\n", "canary", "", None, pem * 5000):
        with pytest.raises(rules.Invalid, match=r"^certificate: ") as caught:
            rules.certificate("certificate", bad)
        assert HIDDEN not in str(caught.value)


@pytest.mark.parametrize("bad", [False, "no", 0])
def test_certificates_are_always_verified(bad: object) -> None:
    rules.verified("validate_certs", True)
    with pytest.raises(rules.Invalid, match="ca_file: /etc/ssl"):
        rules.verified("validate_certs", bad)

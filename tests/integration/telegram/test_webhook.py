# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The webhook against a Bot API that has Telegram's rules: what a call changes, and what a failure leaves."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import change
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.client import Api, Budget
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.webhook import Settings
from ansible_collections.oncall.runbooks.tests.lab import telegram_server
from ansible_collections.oncall.runbooks.tests.lab.telegram_server import Server

URL = "https://bot.example.org/hook"
ERROR = "Wrong response from the webhook: 502 Bad Gateway"


def api(server: Server, token: str, seconds: float = 20) -> Api:
    return Api(token, Budget(seconds), server.url)


def act(
    server: Server, token: str, state: str = "present", *, check: bool = False, seconds: float = 20,
    url: str = URL, secret: str | None = "s3cret", wish: dict[str, Any] | None = None, **settings: Any,
) -> dict[str, Any]:  # fmt: skip
    wanted = None if state == "absent" else Settings(url, secret=secret, **settings)
    chosen = change.Wish(state, wanted, **(wish or {}))
    return change.carry_out(api(server, token, seconds), chosen, check, time.time, [token])


def bot(server: Server, token: str) -> Any:
    return server.bots[token]


def somebody_sets(server: Server, token: str, **webhook: str) -> None:
    bot(server, token).set_webhook({"url": URL, **webhook})
    bot(server, token).next_set = 0.0


def failing(server: Server, token: str) -> None:
    """Set as it should be, and Telegram cannot deliver."""
    somebody_sets(server, token, secret_token="s3cret")
    with bot(server, token).lock:
        bot(server, token).updates = [{"update_id": n, "message": {}} for n in range(5)]
        bot(server, token).failures = 9
        bot(server, token).error_at, bot(server, token).error = int(time.time()), ERROR


def test_present_twice_is_one_change(telegram: Server, token: str) -> None:
    first = act(telegram, token, max_connections=7, allowed_updates=("message",), check=True)
    assert first["changed"] and first["after"] is None and bot(telegram, token).sets == []
    for changed in (True, False):
        done = act(telegram, token, max_connections=7, allowed_updates=("message",))
        assert done["changed"] is changed
        assert done["after"]["url"] == URL
    told = bot(telegram, token).told()
    assert (told["secret"], told["max_connections"]) == ("s3cret", 7)
    assert told["allowed"] == ["message"] and len(told["sets"]) == 1


def test_whatever_differs_the_secret_is_sent_again(telegram: Server, token: str) -> None:
    somebody_sets(telegram, token, secret_token="s3cret", ip_address="203.0.113.7")
    done = act(telegram, token, max_connections=9, ip_address="203.0.113.7")
    assert done["because"] == ["max_connections"]
    told = bot(telegram, token).told()
    assert (told["secret"], told["ip_address"]) == ("s3cret", "203.0.113.7")
    # A secret that differs is not to be seen; it is rotated on request only.
    assert not act(telegram, token, secret="another", max_connections=9, ip_address="203.0.113.7")[
        "changed"
    ]
    rotated = act(telegram, token, secret="another", wish={"update_secret": True})
    assert rotated["changed"] and bot(telegram, token).secret == "another"


def test_a_certificate_is_sent_as_a_file(telegram: Server, token: str) -> None:
    pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    assert act(telegram, token, certificate=pem)["changed"]
    assert bot(telegram, token).certificate.strip() == pem.strip()
    assert not act(telegram, token, certificate=pem)["changed"]


def test_absent(telegram: Server, token: str) -> None:
    failing(telegram, token)
    done = act(telegram, token, "absent")
    assert done["changed"] and bot(telegram, token).url == ""
    assert len(bot(telegram, token).updates) == 5, "updates are kept"
    assert not act(telegram, token, "absent")["changed"]
    dropping = act(telegram, token, "absent", wish={"drop_pending_updates": True})
    assert dropping["changed"] and bot(telegram, token).dropped == 5
    assert not act(telegram, token, "absent", wish={"drop_pending_updates": True})["changed"]


def test_only_a_reset_clears_the_last_error_and_no_update_is_dropped(
    telegram: Server, token: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    # Telegram's own next attempt would tell of another error: it takes as long as this test.
    over = threading.Event()
    request.addfinalizer(over.set)
    monkeypatch.setattr(telegram_server, "post", lambda *_given: str(over.wait()))
    failing(telegram, token)
    assert not act(telegram, token)["changed"]
    assert bot(telegram, token).error
    checked = act(telegram, token, "reset", check=True)
    assert checked["changed"] and bot(telegram, token).error
    done = act(telegram, token, "reset", wish={"only_if_unhealthy": True})
    assert done["because"] == ["last_error"] and done["before"]["last_error"]["cause"] == "upstream"
    assert done["after"]["last_error"] is None
    told = bot(telegram, token).told()
    assert (told["secret"], told["url"], told["dropped"]) == ("s3cret", URL, 0)
    assert len(told["pending"]) == 5
    assert not act(telegram, token, "reset", wish={"only_if_unhealthy": True})["changed"]


def test_a_second_set_within_a_second_waits(telegram: Server, token: str) -> None:
    act(telegram, token)
    began = time.monotonic()
    assert act(telegram, token, max_connections=3)["changed"]
    assert 0.5 < time.monotonic() - began < 5
    assert bot(telegram, token).max_connections == 3


@pytest.mark.parametrize(
    ("faults", "message", "untouched", "url"),
    [
        # Telegram judges after it has closed the old one.
        (
            [{"method": "setWebhook", "answer": 400, "says": "Bad Request: PATH"}],
            "a webhook is set that is not the one asked for",
            False,
            URL,
        ),
        (
            [{"method": "setWebhook", "answer": 429, "retry_after": 600}],
            "nothing was changed",
            True,
            URL,
        ),
        ([{"method": "setWebhook", "answer": 401}], "nothing was changed", True, URL),
        (
            [{"method": "setWebhook", "after": {"answer": "cut"}}],
            "the webhook looks as it should",
            False,
            URL,
        ),
        (
            [
                {"method": "setWebhook", "after": {"answer": "cut"}},
                {"method": "getWebhookInfo", "answer": 500, "skip": 1},
            ],
            "nobody can read what is left",
            False,
            URL,
        ),
        ([{"method": "getWebhookInfo", "answer": 502}], "nothing was changed", True, URL),
        (
            [{"method": "getWebhookInfo", "answer": 502, "skip": 1}],
            "could not be read back",
            False,
            URL,
        ),
        (
            [{"method": "getWebhookInfo", "answer": "html"}],
            "nothing was changed",
            True,
            URL,
        ),
    ],
)
def test_a_call_that_fails_says_what_is_left(
    telegram: Server, token: str, faults: Any, message: str, untouched: bool, url: str
) -> None:
    somebody_sets(telegram, token, secret_token="s3cret")
    telegram.faults = faults
    with pytest.raises(change.Failed, match=message) as caught:
        act(telegram, token, max_connections=5, seconds=5)
    assert caught.value.untouched is untouched
    assert token not in str(caught.value) and token.partition(":")[2] not in str(caught.value)
    assert bot(telegram, token).url == url


def test_what_telegram_refuses_is_seen_in_what_is_left(telegram: Server, token: str) -> None:
    """As if our own judgement had been too mild: the old webhook is gone by then."""
    somebody_sets(telegram, token, secret_token="s3cret")
    with pytest.raises(change.Failed, match=r"HTTPS URL must be provided.*no webhook is set now"):
        act(telegram, token, url="http://bot.example.org/")
    assert bot(telegram, token).url == ""


def test_a_reset_whose_set_fails_is_tried_again_while_there_is_time(
    telegram: Server, token: str
) -> None:
    failing(telegram, token)
    telegram.faults = [{"method": "setWebhook", "answer": 502, "times": 2}]
    assert act(telegram, token, "reset")["after"]["url"] == URL
    bot(telegram, token).next_set = 0.0
    telegram.faults = [{"method": "setWebhook", "answer": 502, "times": 99}]
    with pytest.raises(change.Failed, match="no webhook is set now: updates wait at Telegram"):
        act(telegram, token, "reset", seconds=4)
    assert bot(telegram, token).url == "" and len(bot(telegram, token).updates) == 5


def test_two_sets_at_once(telegram: Server, token: str) -> None:
    """The first is answered with a conflict, and must not call its own what the other set."""
    telegram.faults = [{"method": "setWebhook", "slow_s": 2}]
    said: list[str] = []

    def first() -> None:
        try:
            act(telegram, token, url="https://one.example.org/")
        except change.Failed as error:
            said.append(str(error))

    thread = threading.Thread(target=first)
    thread.start()
    time.sleep(0.3)
    bot(telegram, token).next_set = 0.0
    act(telegram, token, url="https://two.example.org/")
    thread.join()
    assert said and "another call for the same bot" in said[0]
    assert "not the one asked for" in said[0]
    assert bot(telegram, token).url == "https://two.example.org/"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"answer": 401}, "bad_token"),
        ({"answer": 404}, "not_found"),
        ({"answer": 409}, "conflict"),
        ({"answer": 429, "retry_after": 30}, "rate_limited"),
        ({"answer": "hang", "seconds": 3}, "timeout"),
        ({"answer": "cut"}, "reset"),
        ({"answer": "html"}, "server_error"),
        ({"answer": "garbage"}, "bad_answer"),
        ({"answer": "redirect"}, "redirected"),
    ],
)
def test_refusals_over_the_wire(
    telegram: Server, token: str, fault: dict[str, Any], reason: str
) -> None:
    telegram.faults = [{"method": "*", **fault}]
    with pytest.raises(Refused) as caught:
        api(telegram, token, 2).call("getMe")
    assert caught.value.refusal.reason == reason
    assert token not in str(caught.value)


def test_tokens_that_nobody_has(telegram: Server) -> None:
    with pytest.raises(Refused) as caught:
        api(telegram, f"7:{'x' * 35}").call("getMe")
    assert caught.value.refusal.reason == "bad_token"


def test_nobody_listens(telegram: Server, token: str) -> None:
    telegram.end()
    with pytest.raises(Refused) as caught:
        api(telegram, token).call("getMe")
    assert caught.value.refusal.reason == "connection_refused"

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What differs, what is read, and what is decided from it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import change, webhook
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.last_error import explained
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.webhook import Settings

URL = "https://bot.example.org/hook"
NOW = 1_795_000_000
INFO: dict[str, Any] = {
    "url": URL,
    "has_custom_certificate": False,
    "pending_update_count": 0,
    "max_connections": 40,
    "ip_address": "203.0.113.7",
}
NONE: dict[str, Any] = {"url": "", "has_custom_certificate": False, "pending_update_count": 0}
FAILING = {**INFO, "pending_update_count": 5, "last_error_date": NOW - 10}


@pytest.mark.parametrize(
    ("info", "wanted", "expected"),
    [
        (INFO, {}, []),
        (NONE, {}, ["url"]),
        ({**INFO, "url": "https://other.example/"}, {}, ["url"]),
        (INFO, {"max_connections": 7}, ["max_connections"]),
        (INFO, {"secret": "another"}, []),
        (INFO, {"ip_address": "203.0.113.7"}, []),
        (INFO, {"ip_address": "203.0.113.8"}, ["ip_address"]),
        ({**INFO, "ip_address": "<unknown>"}, {"ip_address": "203.0.113.8"}, []),
        (INFO, {"certificate": "PEM"}, ["certificate"]),
        ({**INFO, "has_custom_certificate": True}, {}, ["certificate"]),
        (INFO, {"allowed_updates": ()}, []),
        (INFO, {"allowed_updates": ("message",)}, ["allowed_updates"]),
        (INFO, {"allowed_updates": tuple(webhook.DEFAULT_UPDATES)}, []),
        ({**INFO, "allowed_updates": ["message", "poll"]}, {"allowed_updates": ("poll", "message")}, []),
        ({**INFO, "allowed_updates": ["message"]}, {"allowed_updates": ("message", "teleportation")}, []),
        ({**INFO, "allowed_updates": ["message"]}, {"allowed_updates": ()}, ["allowed_updates"]),
        ({**INFO, "allowed_updates": ["message"]}, {}, []),
    ],
)  # fmt: skip
def test_differences(info: dict[str, Any], wanted: dict[str, Any], expected: list[str]) -> None:
    assert webhook.differences(info, Settings(URL, **{"secret": "s", **wanted})) == expected


@pytest.mark.parametrize(
    ("state", "info", "more", "steps", "because"),
    [
        ("present", INFO, {}, (), ()),
        ("present", NONE, {}, ("set",), ("url",)),
        ("present", FAILING, {}, (), ()),
        ("present", INFO, {"update_secret": True}, ("set",), ("update_secret",)),
        ("present", INFO, {"drop_pending_updates": True}, (), ()),
        (
            "present",
            FAILING,
            {"drop_pending_updates": True},
            ("set",),
            ("drop_pending_updates",),
        ),
        ("absent", INFO, {}, ("delete",), ("url",)),
        ("absent", NONE, {}, (), ()),
        ("absent", {**NONE, "pending_update_count": 3}, {}, (), ()),
        (
            "absent",
            {**NONE, "pending_update_count": 3},
            {"drop_pending_updates": True},
            ("delete",),
            ("drop_pending_updates",),
        ),
        ("reset", INFO, {}, ("delete", "set"), ("reset",)),
        ("reset", INFO, {"only_if_unhealthy": True}, (), ()),
        ("reset", FAILING, {"only_if_unhealthy": True}, ("delete", "set"), ("last_error",)),
        ("reset", {**FAILING, "pending_update_count": 0}, {"only_if_unhealthy": True}, (), ()),
        ("reset", {**FAILING, "last_error_date": NOW - 601}, {"only_if_unhealthy": True}, (), ()),
        ("reset", {**INFO, "max_connections": 7}, {"only_if_unhealthy": True}, (), ()),
        ("reset", NONE, {"only_if_unhealthy": True}, ("delete", "set"), ("url",)),
    ],
)
def test_decisions(
    state: str, info: dict[str, Any], more: dict[str, Any], steps: Any, because: Any
) -> None:
    settings = None if state == "absent" else Settings(URL, secret="s")
    wish = change.Wish(state, settings, **more)
    assert change.decide(wish, info, NOW) == change.Decision(steps, because)


def test_all_settings_are_sent_and_the_secret_first_of_all() -> None:
    wanted = Settings(URL, 7, ("message",), "203.0.113.7", "PEM", "canary")
    assert webhook.fields(wanted) == (
        {
            "url": URL,
            "max_connections": "7",
            "allowed_updates": '["message"]',
            "ip_address": "203.0.113.7",
            "secret_token": "canary",
        },
        {"certificate": "PEM"},
    )
    assert "canary" not in repr(wanted)
    assert "canary" not in str(webhook.visible(wanted, ["canary"]))


def test_a_reset_keeps_the_kinds_of_updates_that_nobody_names() -> None:
    info = {**INFO, "allowed_updates": ["poll"]}
    completed = change.completed(change.Wish("reset", Settings(URL)), info)
    assert completed.settings and completed.settings.allowed_updates == ("poll",)


def test_a_reading_holds_no_secret() -> None:
    token = "4242:AAHcanary_canary-canary_canary-canary1"
    info = {
        **INFO,
        "url": f"https://bot.example.org/{token}",
        "last_error_date": NOW - 5,
        "last_error_message": f"Wrong response from the webhook: 502 at /{token.replace(':', '%3A')} canary-s",
    }
    read = webhook.reading(info, NOW, [token, "canary-s"])
    assert "canary" not in str(read)
    assert read["url"] == "https://bot.example.org/***"
    assert read["last_error"]["age_seconds"] == 5 and read["last_error"]["cause"] == "upstream"


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("SSL error {error:0A000086:SSL routines::certificate verify failed}", "certificate"),
        ("Wrong response from the webhook: 502 Bad Gateway", "upstream"),
        ("Wrong response from the webhook: 503 Service Unavailable", "upstream"),
        ("Wrong response from the webhook: 500 Internal Server Error", "upstream"),
        ("Wrong response from the webhook: 404 Not Found", "path"),
        ("Wrong response from the webhook: 401 Unauthorized", "refused_by_bot"),
        ("Wrong response from the webhook: 403 Forbidden", "refused_by_bot"),
        ("Wrong response from the webhook: 302 Found", "redirect"),
        ("Connection refused", "connection"),
        ("Connection timed out", "connection"),
        ("Read timeout expired", "slow"),
        ("Failed to resolve host: Name or service not known", "name"),
        ("Something that is new", "unknown"),
        ("", "unknown"),
    ],
)
def test_last_errors(message: str, cause: str) -> None:
    assert explained(message)[0] == cause
    assert explained(message)[1]


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"url": None, "pending_update_count": "many", "max_connections": True},
        {"allowed_updates": "message", "last_error_date": "yesterday"},
    ],
)
def test_an_answer_of_another_form_is_read_all_the_same(info: dict[str, Any]) -> None:
    read = webhook.reading(info, NOW)
    assert (read["url"], read["pending_update_count"], read["max_connections"]) == ("", 0, 40)
    assert read["last_error"] is None and read["allowed_updates"] == []

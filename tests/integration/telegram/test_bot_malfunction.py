# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real bot that fails, behind a Bot API with Telegram's rules, in four passes; and nobody's updates are lost."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.telegram.conftest import wait_for
from ansible_collections.oncall.runbooks.tests.integration.telegram.watcher import Watcher

pytestmark = pytest.mark.slow


def changes(done: Any) -> list[str]:
    return [one["action"] for one in done.report["changes"] if one["status"] == "made"]


def ids(shop_bot: Any) -> list[int]:
    return sorted({one["update_id"] for one in shop_bot.received()})


def test_a_bot_that_fails_is_restarted_and_its_webhook_is_left_alone(shop_bot: Any) -> None:
    """TG01."""
    shop_bot.begin()
    shop_bot.well()
    healthy = shop_bot.unchanged()
    assert (healthy.outcome, healthy.rc) == ("healthy", 0), healthy.stdout + healthy.stderr
    shop_bot.sick()
    checked = shop_bot.unchanged("--check", "-vvv", "--diff")
    assert checked.outcome == "planned", checked.stdout + checked.stderr
    assert checked.finding("bot_endpoint")["reason"] == "server_error"
    assert checked.finding("bot_webhook")["reason"] == "delivery_failing"
    sets = len(shop_bot.bot.sets)
    done = shop_bot.run()
    assert (done.outcome, changes(done)) == ("recovered", ["restart_service"]), (
        done.stdout + done.stderr
    )
    assert len(shop_bot.bot.sets) == sets and shop_bot.bot.secret == shop_bot.secret
    wait_for(lambda: ids(shop_bot) == [1000, 1001, 1002, 1003, 1004])
    again = shop_bot.unchanged()
    assert again.outcome == "healthy", again.stdout + again.stderr


def test_a_webhook_that_lost_its_secret_is_set_again_with_all_its_settings(shop_bot: Any) -> None:
    """As after the bare setWebhook of a hand: the bot refuses what comes without its secret."""
    there = {"from": "host", "seconds": 2}
    shop_bot.begin(max_connections=7, allowed_updates=["message"], endpoint=there)
    shop_bot.somebody_sets(url=shop_bot.url, max_connections="7", allowed_updates='["message"]')
    shop_bot.bot.receive(3)
    wait_for(lambda: "401" in shop_bot.bot.error)
    checked = shop_bot.unchanged("--check")
    assert checked.finding("bot_endpoint")["severity"] == "ok"
    assert "set the webhook again" in checked.finding("bot_webhook")["summary"]
    with Watcher(shop_bot.token, shop_bot.secret) as watcher:
        done = shop_bot.run("-vvv", "--diff")
    assert watcher.rounds > 5 and watcher.shown == set()
    assert (done.outcome, changes(done)) == ("recovered", ["reset_webhook"]), (
        done.stdout + done.stderr
    )
    told = shop_bot.bot.told()
    assert (told["secret"], told["max_connections"], told["error"]) == (shop_bot.secret, 7, "")
    wait_for(lambda: ids(shop_bot) == [1000, 1001, 1002])
    assert shop_bot.unchanged().outcome == "healthy"
    # Somebody else sets it again: that is not fought over.
    shop_bot.somebody_sets(url="http://127.0.0.1:9/other")
    fought = shop_bot.unchanged()
    assert fought.outcome == "refused" and "two_consumers" in fought.report["next_step"]


def test_the_bot_first_then_its_webhook(shop_bot: Any) -> None:
    shop_bot.begin()
    shop_bot.well()
    shop_bot.somebody_sets(url="")
    (shop_bot.folder / "bot" / "sick-now").touch()
    wait_for(lambda: shop_bot.answers("/health") == 502)
    shop_bot.bot.receive(2)
    done = shop_bot.run()
    assert (done.outcome, changes(done)) == (
        "recovered",
        ["restart_service", "reset_webhook"],
    ), done.stdout + done.stderr
    wait_for(lambda: ids(shop_bot) == [1000, 1001])


def test_where_telegram_cannot_get_through_it_polls_for_a_time(shop_bot: Any) -> None:
    """What lies before the bot is broken: approved, it fetches its updates; and goes back."""
    shop_bot.begin(url="http://127.0.0.1:9/telegram/webhook")
    entry = shop_bot.site.inventory.read_text()
    health = f"      health: {{url: 'http://127.0.0.1:{shop_bot.port}/health'}}\n"
    marker = "        kind: bot\n"
    assert marker in entry
    shop_bot.site.inventory.write_text(entry.replace(marker, f"{marker}  {health}"))
    shop_bot.somebody_sets(url="http://127.0.0.1:9/telegram/webhook", secret_token=shop_bot.secret)
    shop_bot.bot.receive(4)
    wait_for(lambda: shop_bot.bot.error)
    asked = shop_bot.unchanged()
    assert asked.outcome == "refused", asked.stdout + asked.stderr
    assert asked.planned("fall_back_to_polling")["status"] == "needs_approval"
    assert "what lies before it" in asked.planned("restart_service")["why"]
    checked = shop_bot.unchanged("--check", approve="fall_back_to_polling")
    assert checked.planned("fall_back_to_polling")["status"] == "planned"
    done = shop_bot.run(approve="fall_back_to_polling")
    assert changes(done) == ["fall_back_to_polling"], done.stdout + done.stderr
    assert done.report["verification"]["status"] == "verified"
    assert shop_bot.bot.url == "" and ids(shop_bot) == [1000, 1001, 1002, 1003]
    assert {one["by"] for one in shop_bot.received()} == {"polling"}
    again = shop_bot.unchanged()
    assert again.finding("history")["reason"] == "own_mitigation_active"
    incident = done.report["incident"]
    back = shop_bot.run(playbook="revert", incident=incident)
    assert (back.outcome, changes(back)) == ("done", ["return_to_webhook"]), (
        back.stdout + back.stderr
    )
    assert shop_bot.snapshot()["polling"] == "webhook"
    assert shop_bot.bot.secret == shop_bot.secret and shop_bot.bot.url


def test_a_bot_that_cannot_be_switched_keeps_its_webhook(shop_bot: Any) -> None:
    """Updates that nobody fetches any more would be the worse end."""
    shop_bot.polling_on = ["false"]
    lost = "http://127.0.0.1:9/telegram/webhook"
    shop_bot.begin(url=lost, endpoint={"url": f"{shop_bot.server.url}/nowhere"})
    shop_bot.somebody_sets(url=lost, secret_token=shop_bot.secret)
    shop_bot.bot.receive(2)
    done = shop_bot.run(approve="fall_back_to_polling", timeout_seconds=1)
    assert done.outcome == "unrecovered", done.stdout + done.stderr
    assert "its webhook is set again" in done.stdout + done.stderr
    assert (shop_bot.bot.url, shop_bot.bot.secret) == (lost, shop_bot.secret)
    assert len(shop_bot.bot.updates) == 2


@pytest.mark.parametrize(
    ("fault", "reason", "outcome"),
    [
        ({"answer": 401, "says": "Unauthorized PATH"}, "bad_token", "refused"),
        ({"answer": 429, "retry_after": 30}, "rate_limited", None),
    ],
)
def test_what_telegram_refuses_is_no_reason_to_restart(
    shop_bot: Any, fault: dict[str, Any], reason: str, outcome: str | None
) -> None:
    """TG03 and TG04."""
    shop_bot.begin()
    shop_bot.well()
    shop_bot.server.faults = [{"method": "*", "times": 99, **fault}]
    done = shop_bot.unchanged("-vvv", "--diff")
    assert done.finding("bot_api")["reason"] == reason
    if outcome:
        assert done.outcome == outcome and done.rc != 0, done.stdout + done.stderr
    else:
        assert done.outcome not in ("healthy", "recovered") and not done.report["plan"]
        assert done.report["duration_s"] < 25


GIVEN = '{"runbooks_services": {"bot": {"telegram": {"token": "canary"}}}}'
BAD: list[tuple[dict[str, Any], tuple[str, ...], str]] = [
    ({"token_file": None, "token_env": "NO_SUCH"}, (), "token_env: the environment variable NO_SUCH is not set"),
    ({"url": "https://user:canary@bot.example.org/"}, (), "url: it holds a user or a password"),
    ({"validate_certs": False}, (), "validate_certs: got false; allowed is true"),
    ({}, ("-e", GIVEN), "visible in the process list"),
]  # fmt: skip


@pytest.mark.parametrize(("telegram", "options", "said"), BAD)
def test_bad_input_is_told_in_one_line_and_nothing_is_contacted(
    shop_bot: Any, telegram: dict[str, Any], options: tuple[str, ...], said: str
) -> None:
    """BI47 to BI50, where the catalog says so."""
    shop_bot.begin(**telegram)
    done = shop_bot.site.run("bot_malfunction", "-e", "service=bot", *options)
    lines = [line for line in done.stderr.splitlines() if said in line]
    assert done.rc != 0 and done.report is None and lines, done.stdout + done.stderr
    assert "for example" in lines[0] and "canary" not in done.stdout + done.stderr
    assert shop_bot.server.calls == []


def test_two_that_take_the_same_updates_are_only_told_of(shop_bot: Any) -> None:
    """TG05. The bot polls, as somebody decided; another one with its token does, too."""
    shop_bot.begin()
    shop_bot.set("polling", "polling")
    log = shop_bot.folder / "bot" / "log"

    def other() -> bool:
        shop_bot.bot.get_updates({"timeout": "0"})
        return "Conflict: terminated by other" in log.read_text()

    wait_for(other)
    done = shop_bot.unchanged()
    assert done.finding("bot_consumers")["reason"] == "two_consumers"
    assert done.outcome == "refused" and "stop that one" in done.report["next_step"]
    assert shop_bot.server.calls.count("deleteWebhook") == 0

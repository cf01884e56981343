# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the bot takes an update that brings its secret: asked as Telegram asks, with an update of nothing."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.health import (
    http,
    on_host,
    reading,
    several,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.health.entry import Health
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.client import cleaned
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.entry import Bot

HEADER = "X-Telegram-Bot-Api-Secret-Token"
# Older than any that Telegram sends, and of no kind: a bot acknowledges it and does nothing.
UPDATE = json.dumps({"update_id": 1})
NAME = "endpoint"
CURL = f"curl -q -sS -g -K - -w '\\n{on_host.MARK}%{{http_code}} %{{time_total}}'"


def question(bot: Bot) -> dict[str, Any]:
    """For http.fetch(). A redirect is an answer: Telegram follows none."""
    secret = bot.settings.secret
    return {
        "url": bot.endpoint.url,
        "statuses": list(http.REDIRECTS),
        "seconds": bot.endpoint.seconds,
        "method": "POST",
        "data": UPDATE,
        "headers": {
            "Content-Type": "application/json",
            **({HEADER: secret} if secret else {}),
        },
    }


def asked(bot: Bot, shell: Callable[[str, str], Done]) -> dict[str, Any]:
    """The reading; `shell` runs a command on the bot's host with a standard input, where the secret is."""
    if bot.endpoint.place == "controller":
        answer: Mapping[str, Any] = http.fetch(**question(bot), cafile=bot.endpoint_ca)
    else:
        answer = on_its_host(bot, shell)
    health = Health(bot.endpoint.place, bot.endpoint.url, (), (), "", bot.endpoint.seconds)
    found = reading.of_answer(health, answer)
    told = {key: cleaned(str(found[key]), bot.secrets) for key in ("target", "message")}
    return {**found, **told}


def on_its_host(bot: Bot, shell: Callable[[str, str], Done]) -> Mapping[str, Any]:
    found = several.answers(shell(several.COMMAND, several.of({NAME: question(bot)})))
    if found and NAME in found:
        return dict(found[NAME])
    done = shell(CURL, curl_file(bot))
    if done.rc in reading.NOT_FOUND:
        message = "its host has no python3 or curl to ask it with"
        return on_host.failed("client_missing", message)
    return on_host.from_curl(done.stdout, done.stderr, done.rc)


def curl_file(bot: Bot) -> str:
    """What curl is told on its standard input: nothing of it is in the process list."""
    asks = question(bot)
    host = urllib.parse.urlsplit(asks["url"]).hostname or ""
    lines = [("url", asks["url"]), ("request", "POST"), ("data", asks["data"])]
    lines += [("header", f"{name}: {value}") for name, value in asks["headers"].items()]
    lines += [("max-time", str(asks["seconds"]))]
    lines += [("noproxy", "*")] if http.is_near(host) else []
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines)

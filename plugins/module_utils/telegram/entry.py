# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A bot of the catalog: its `telegram` section, judged and completed, with the secrets that it names."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.entries import (
    known_keys,
    mapping,
    one_of,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.health import entry as health
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import (
    SECRET_NAME,
    Input,
    refusal,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.private_file import read_private
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import common, rules
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.client import Api, Budget
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.webhook import Settings
from ansible_collections.oncall.runbooks.plugins.module_utils.way_keys import (
    Keys,
    Kind,
    WayError,
    as_input,
    secret_of,
)

TOKEN = Kind("token", "/etc/oncall/bot.token", "ONCALL_BOT_TOKEN", "vault_bot_token")
SECRET = Kind("secret", "/etc/oncall/bot.secret", "ONCALL_BOT_SECRET", "vault_bot_secret")
KEYS = (
    *TOKEN.keys,
    *SECRET.keys,
    "allow_no_secret",
    "url",
    "max_connections",
    "allowed_updates",
    "ip_address",
    "certificate",
    "base_url",
    "ca_file",
    "local_mode",
    "endpoint",
    "polling_env",
    "validate_certs",
)
EXAMPLE = (
    "telegram: {token_file: /etc/oncall/bot.token, secret_file: /etc/oncall/bot.secret, "
    f"url: {rules.URL_EXAMPLE}}}"
)
ENDPOINT = "endpoint: {url: http://127.0.0.1:3002/telegram/webhook, from: host}"
SECONDS = Input("seconds", 5, 1, 60, "seconds", "")


@dataclass(frozen=True)
class Endpoint:
    """Where the bot is sent an update to see whether it takes it: as Telegram does, unless said otherwise."""

    url: str
    place: str
    seconds: int


@dataclass(frozen=True)
class Bot:
    """Its repr holds no secret."""

    settings: Settings
    base_url: str
    ca_file: str
    # Who signed the certificate of the webhook's address, where it is not one of the system's.
    endpoint_ca: str
    endpoint: Endpoint
    polling_env: Mapping[str, str]
    allow_no_secret: bool
    token: str = field(repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(one for one in (self.token, self.settings.secret) if one)

    def api(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> Api:
        return Api(self.token, Budget(seconds, clock), self.base_url, self.ca_file, self.secrets)


def of(
    path: str,
    given: object,
    env: Mapping[str, str],
    read_file: Callable[[str], str] = read_private,
) -> Bot:
    entry = mapping(path, given, EXAMPLE)
    known_keys(path, entry, KEYS, EXAMPLE)
    try:
        return _of(path, entry, env, read_file)
    except (WayError, rules.Invalid) as error:
        raise as_input(error, str(error)) from None


def _of(
    path: str,
    entry: Mapping[str, Any],
    env: Mapping[str, str],
    read_file: Callable[[str], str],
) -> Bot:
    rules.verified(f"{path}.validate_certs", entry.get("validate_certs"))
    flags = {name: flag(path, entry, name) for name in ("allow_no_secret", "local_mode")}
    local = flags["local_mode"]
    if local and "base_url" not in entry:
        example = "base_url: http://127.0.0.1:8081"
        raise refusal(f"{path}.local_mode", True, "true only with base_url", example)
    keys = Keys(path, entry)
    key, token = secret_of(keys, env, read_file, TOKEN)
    token = rules.token(f"{path}.{key}", token, TOKEN.example)
    certificate = keys.text("certificate", "/etc/ssl/bot.pem")
    ca_file = common.ca_file(keys.text("ca_file", "/etc/ssl/private-ca.pem"), f"{path}.ca_file")
    settings = Settings(
        url=rules.webhook_url(f"{path}.url", entry.get("url"), local),
        max_connections=rules.connections(
            f"{path}.max_connections",
            entry.get("max_connections", rules.CONNECTIONS_DEFAULT),
            local,
        ),
        allowed_updates=rules.updates(f"{path}.allowed_updates", entry["allowed_updates"])
        if "allowed_updates" in entry
        else None,
        ip_address=rules.ip(f"{path}.ip_address", entry["ip_address"])
        if "ip_address" in entry
        else None,
        certificate=common.certificate(certificate, f"{path}.certificate"),
        secret=secret(path, keys, env, read_file, flags["allow_no_secret"]),
    )
    return Bot(
        settings=settings,
        base_url=rules.base_url(f"{path}.base_url", entry.get("base_url", rules.API)),
        ca_file=ca_file,
        endpoint_ca=certificate or ca_file,
        endpoint=endpoint(f"{path}.endpoint", entry.get("endpoint", {}), settings.url),
        polling_env=variables(f"{path}.polling_env", entry.get("polling_env", {})),
        allow_no_secret=flags["allow_no_secret"],
        token=token,
    )


def secret(
    path: str,
    keys: Keys,
    env: Mapping[str, str],
    read_file: Callable[[str], str],
    without: bool,
) -> str | None:
    key, found = secret_of(keys, env, read_file, SECRET)
    if found is None and without:
        return None
    return rules.secret(f"{path}.{key}", found, f"{SECRET.example}, or allow_no_secret: true")


def endpoint(path: str, given: object, url: str) -> Endpoint:
    entry = mapping(path, given, ENDPOINT)
    known_keys(path, entry, ("url", "from", "seconds"), ENDPOINT)
    place = entry.get("from", "controller")
    one_of(f"{path}.from", place, health.PLACES)
    seconds = SECONDS.parse(entry.get("seconds", SECONDS.default), f"{path}.seconds")
    chosen = health.checked_url(f"{path}.url", entry["url"], False) if "url" in entry else url
    return Endpoint(chosen, str(place), seconds)


def variables(path: str, given: object) -> dict[str, str]:
    """What makes the bot poll. It goes into the record, so it is nothing that is secret."""
    found = mapping(path, given, "polling_env: {BOT_MODE: polling}")
    for name, value in found.items():
        fits = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", str(name))
        fits = fits and re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", str(value))
        if not fits or SECRET_NAME.search(str(name)) or isinstance(value, bool):
            raise refusal(
                f"{path}.{name}",
                value,
                "the name of a variable that is no secret, and a word, in quotes when it looks like a number",
                "polling_env: {BOT_MODE: polling}",
            )
    return {str(name): str(value) for name, value in found.items()}


def flag(path: str, entry: Mapping[str, Any], name: str) -> bool:
    value = entry.get(name, False)
    if not isinstance(value, bool):
        raise refusal(f"{path}.{name}", value, "true or false", f"{name}: true")
    return value

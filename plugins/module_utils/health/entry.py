# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalog's health entry: what is asked, from where, and what counts as healthy."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.entries import (
    known_keys,
    mapping,
    one_of,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import (
    SECRET_VALUE,
    Input,
    refusal,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.kinds import is_loopback

KEYS = ("url", "command", "status", "body", "from", "seconds")
PLACES = ("controller", "host")
EXAMPLE = "health: {url: http://127.0.0.1:3001/health, status: 200, from: host}"
SECONDS = Input("seconds", 5, 1, 60, "seconds", "how long a whole answer may take")
STATUS = Input("status", 200, 100, 599, "an HTTP status", "")


@dataclass(frozen=True)
class Health:
    """url or argv; place is controller, host, or inside (where the service itself lives)."""

    place: str
    url: str
    argv: tuple[str, ...]
    statuses: tuple[int, ...]  # none given: any of 200 to 299
    body: str
    seconds: int

    @property
    def target(self) -> str:
        """As it may be shown: what follows a question mark is nobody's business."""
        if self.argv:
            return " ".join(self.argv)[:120]
        return self.url.partition("?")[0]


def of(path: str, given: object, local: bool = True) -> Health | None:
    """None without an entry; an InputError for one that cannot be asked safely."""
    if given is None:
        return None
    entry = mapping(path, given, EXAMPLE)
    known_keys(path, entry, KEYS)
    if ("url" in entry) == ("command" in entry):
        raise refusal(path, sorted(entry), "one of url and command", EXAMPLE)
    seconds = SECONDS.parse(entry.get("seconds", SECONDS.default), f"{path}.seconds")
    body = entry.get("body", "")
    if not isinstance(body, str):
        raise refusal(f"{path}.body", body, "a text that the answer holds", "body: ok")
    if "command" in entry:
        return Health("inside", "", command(path, entry), (), body, seconds)
    place = entry.get("from", "controller")
    one_of(f"{path}.from", place, PLACES)
    url = checked_url(f"{path}.url", entry["url"], place == "controller" and not local)
    return Health(place, url, (), statuses(path, entry), body, seconds)


def command(path: str, entry: Mapping[str, Any]) -> tuple[str, ...]:
    for key, fine in (("status", None), ("from", "host")):
        if entry.get(key) != fine and key in entry:
            allowed = "none beside a command: it runs where the service lives, and 0 is healthy"
            raise refusal(
                f"{path}.{key}", entry[key], allowed, "health: {command: [redis-cli, ping]}"
            )
    argv = entry["command"]
    if (
        not isinstance(argv, (list, tuple))
        or not argv
        or not all(isinstance(a, str) and a for a in argv)
    ):
        allowed = "a list of arguments, which no shell reads"
        raise refusal(f"{path}.command", argv, allowed, "command: [redis-cli, ping]")
    return tuple(argv)


def statuses(path: str, entry: Mapping[str, Any]) -> tuple[int, ...]:
    given = entry.get("status", [])
    many = given if isinstance(given, (list, tuple)) else [given]
    return tuple(STATUS.parse(one, f"{path}.status") for one in many)


def checked_url(path: str, url: object, far: bool) -> str:
    allowed = "an address that begins with http:// or https://, without a password or a token"
    if (
        not isinstance(url, str)
        or not re.fullmatch(r"https?://[!-~]+", url)
        or SECRET_VALUE.search(url)
    ):
        raise refusal(path, url, allowed, "url: http://127.0.0.1:3001/health")
    try:
        parts = urllib.parse.urlsplit(url)
        if not parts.hostname or parts.port == 0:
            raise ValueError
    except ValueError:
        raise refusal(path, url, allowed, "url: http://127.0.0.1:3001/health") from None
    if far and is_loopback(parts.hostname):
        raise refusal(
            path,
            url,
            "an address that the controller reaches; a loopback one is the controller's own, and "
            "this service's connection is not local",
            "health: {url: http://127.0.0.1:3001/health, from: host}",
        )
    return url

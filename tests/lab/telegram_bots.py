# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of a Telegram Bot API server about one bot: its webhook, its queue, its refusals.

As the open source of the server has them: a setWebhook that changes anything first closes the old
webhook and then judges the new one; what it leaves out is cleared; an error stays until then.
"""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.parse
from typing import Any

PORTS = (443, 80, 88, 8443)
KINDS = (
    "message", "edited_message", "channel_post", "edited_channel_post", "inline_query",
    "chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query", "poll",
    "poll_answer", "my_chat_member", "chat_member", "chat_join_request", "message_reaction",
    "message_reaction_count",
)  # fmt: skip
DEFAULT = frozenset(KINDS) - {"chat_member", "message_reaction", "message_reaction_count"}
SET_EVERY_S = 1.0
ALREADY = "terminated by other getUpdates request; make sure that only one bot instance is running"
ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


class Answer(Exception):
    """An error as the Bot API answers it."""

    def __init__(self, code: int, description: str, retry_after: int = 0) -> None:
        super().__init__(description)
        self.code = code
        self.retry_after = retry_after


def conflict(text: str) -> Answer:
    return Answer(409, f"Conflict: {text}")


class Bot:
    """What the server keeps of a bot. All of it is changed under `lock`."""

    def __init__(self, token: str, local: bool) -> None:
        self.token = token
        self.local = local
        self.lock = threading.Condition()
        self.updates: list[dict[str, Any]] = []
        self.next_id = 1000
        self.allowed = DEFAULT
        self.next_set = 0.0
        self.sets: list[dict[str, str]] = []  # every setWebhook and deleteWebhook that took effect
        self.dropped = 0
        self.poller = 0
        self.setting = 0
        self.generation = (
            0  # of the webhook: a delivery that is under way when it changes is forgotten
        )
        self.close()

    def close(self) -> None:
        self.url, self.secret, self.ip, self.certificate = "", "", "", ""
        self.max_connections = 40
        self.error_at: int | None = None
        self.error = ""
        self.failures = 0
        self.generation += 1

    # ---------------------------------------------------------------- methods

    def get_me(self, _given: dict[str, str]) -> Any:
        number = int(self.token.partition(":")[0])
        return {"id": number, "is_bot": True, "first_name": "Shop", "username": "shop_bot"}

    def get_webhook_info(self, _given: dict[str, str]) -> Any:
        with self.lock:
            info: dict[str, Any] = {
                "url": self.url,
                "has_custom_certificate": bool(self.certificate),
                "pending_update_count": len(self.updates),
            }
            if self.url:
                info["max_connections"] = self.max_connections
                info["ip_address"] = self.ip or "<unknown>"
            if self.error_at is not None:
                info.update(last_error_date=self.error_at, last_error_message=self.error)
            if self.allowed != DEFAULT:
                info["allowed_updates"] = sorted(self.allowed)
            return info

    def delete_webhook(self, given: dict[str, str]) -> Any:
        return self.set_webhook({**_only(given, "drop_pending_updates"), "url": ""})

    def set_webhook(self, given: dict[str, str], slow_s: float = 0.0) -> Any:
        with self.lock:
            self._allow(given)
            url, drop = given.get("url", ""), truth(given.get("drop_pending_updates"))
            if self._same(given, url):
                if drop:
                    self._drop()
                return True
            now = time.monotonic()
            if now < self.next_set:
                raise Answer(429, "Too Many Requests: retry after 1", 1)
            self.next_set = now + SET_EVERY_S
            self.setting += 1
            mine = self.setting
            self.close()
            self.lock.wait(slow_s) if slow_s else None
            if mine != self.setting:
                raise conflict("terminated by other setWebhook")
            self.sets.append(dict(given))
            if drop:
                self._drop()
            if url:
                self._judge(given, url)
                self.url, self.secret = url, given.get("secret_token", "")
                self.ip, self.certificate = (
                    given.get("ip_address", ""),
                    given.get("certificate", ""),
                )
                self.max_connections = int(given.get("max_connections") or 40)
            self.lock.notify_all()
            return True

    def _same(self, given: dict[str, str], url: str) -> bool:
        if not url:
            return not self.url
        return (
            self.url == url
            and not self.certificate
            and not given.get("certificate")
            and self.secret == given.get("secret_token", "")
            and self.ip == given.get("ip_address", "")
            and self.max_connections == int(given.get("max_connections") or 40)
            and not truth(given.get("drop_pending_updates"))
        )

    def _allow(self, given: dict[str, str]) -> None:
        if "allowed_updates" in given:
            names = json.loads(given["allowed_updates"] or "[]")
            # What is unknown is ignored, and nothing means the default.
            self.allowed = frozenset(name for name in names if name in KINDS) or DEFAULT

    def _judge(self, given: dict[str, str], url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", given.get("secret_token", "")):
            raise Answer(400, "Bad Request: secret token contains unallowed characters")
        if not 1 <= int(given.get("max_connections") or 40) <= (100_000 if self.local else 100):
            raise Answer(400, "Bad Request: max_connections must be between 1 and 100")
        if self.local:
            return
        if parts.scheme != "https":
            raise Answer(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if (parts.port or 443) not in PORTS:
            text = "Webhook can be set up only on ports 80, 88, 443 or 8443"
            raise Answer(400, f"Bad Request: bad webhook: {text}")

    def _drop(self) -> None:
        self.dropped += len(self.updates)
        self.updates.clear()

    def get_updates(self, given: dict[str, str]) -> Any:
        with self.lock:
            if self.url:
                raise conflict(ACTIVE)
            self.poller += 1
            mine = self.poller
            self.lock.notify_all()
            offset = int(given.get("offset") or 0)
            self.updates = [one for one in self.updates if one["update_id"] >= offset]
            ends = time.monotonic() + min(float(given.get("timeout") or 0), 50)
            while not self.updates and time.monotonic() < ends:
                self.lock.wait(0.2)
                if mine != self.poller:
                    raise conflict(ALREADY)
                if self.url:
                    raise conflict(ACTIVE)
            return self.updates[: int(given.get("limit") or 100)]

    # ---------------------------------------------------------------- the world

    def receive(self, count: int, kind: str = "message") -> None:
        """Users write to the bot."""
        with self.lock:
            for _each in range(count if kind in self.allowed else 0):
                body = {"text": "hello"}
                self.updates.append({"update_id": self.next_id, kind: body})
                self.next_id += 1
            self.lock.notify_all()

    def delivered(self, update_id: int, generation: int) -> None:
        with self.lock:
            self.failures = 0
            if generation == self.generation:
                self.updates = [one for one in self.updates if one["update_id"] != update_id]

    def failed(self, message: str, generation: int) -> None:
        with self.lock:
            if generation == self.generation:
                self.error_at, self.error = int(time.time()), message
                self.failures += 1

    def told(self) -> dict[str, Any]:
        with self.lock:
            return {
                "url": self.url,
                "secret": self.secret,
                "ip_address": self.ip,
                "max_connections": self.max_connections,
                "certificate": self.certificate,
                "allowed": sorted(self.allowed),
                "pending": [one["update_id"] for one in self.updates],
                "error": self.error,
                "sets": self.sets,
                "dropped": self.dropped,
            }


def truth(text: str | None) -> bool:
    return (text or "").lower() in ("true", "1", "yes")


def _only(given: dict[str, str], *names: str) -> dict[str, str]:
    return {name: given[name] for name in names if name in given}

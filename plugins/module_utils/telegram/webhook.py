# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A webhook as it is and as it should be. What setWebhook leaves out is cleared, so all of it is always sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.client import cleaned
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.last_error import explained
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.rules import (
    CONNECTIONS_DEFAULT,
    KNOWN,
    UNASKED,
)

# An error of longer ago says nothing of now: it stays until the webhook is closed or set anew.
RECENT_S = 600
DEFAULT_UPDATES = frozenset(KNOWN) - frozenset(UNASKED)
NOT_TOLD = ("", "<unknown>")
# No time of a webhook's is later.
LATEST = 10**11


@dataclass(frozen=True)
class Settings:
    """All that a webhook is set with. The secret is left out of its repr."""

    url: str
    max_connections: int = CONNECTIONS_DEFAULT
    allowed_updates: tuple[str, ...] | None = None  # None: what Telegram has is kept
    ip_address: str | None = None
    certificate: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)


def reading(info: Mapping[str, Any], now: float, secrets: Sequence[str] = ()) -> dict[str, Any]:
    """What getWebhookInfo says, complete and in bounds. Telegram does not tell the secret, a pinned
    address or the certificate."""

    def clean(value: object) -> str:
        return cleaned(str(value), secrets)

    updates = info.get("allowed_updates")
    return {
        "url": clean(info.get("url") or ""),
        "has_custom_certificate": bool(info.get("has_custom_certificate")),
        "pending_update_count": whole(info.get("pending_update_count")) or 0,
        "ip_address": clean(info.get("ip_address") or "") or None,
        "max_connections": whole(info.get("max_connections")) or CONNECTIONS_DEFAULT,
        "allowed_updates": sorted(map(clean, updates)) if isinstance(updates, list) else [],
        "last_error": last_error(info, now, secrets),
        "last_synchronization_error_at": whole(info.get("last_synchronization_error_date")),
    }


def last_error(
    info: Mapping[str, Any], now: float, secrets: Sequence[str]
) -> dict[str, Any] | None:
    at = whole(info.get("last_error_date"))
    if at is None or not 0 < at < LATEST:
        return None
    message = cleaned(str(info.get("last_error_message") or ""), secrets)
    cause, remedy = explained(message)
    # Telegram's clock may be ahead of ours.
    age = max(0, int(now) - at)
    return {"at": at, "age_seconds": age, "message": message, "cause": cause, "remedy": remedy}


def whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def differences(info: Mapping[str, Any], wanted: Settings) -> list[str]:
    """What of it is visibly otherwise, `info` being Telegram's own answer."""
    found = []
    if (info.get("url") or "") != wanted.url:
        found.append("url")
    if (whole(info.get("max_connections")) or CONNECTIONS_DEFAULT) != wanted.max_connections:
        found.append("max_connections")
    if wanted.allowed_updates is not None and not same_updates(
        info.get("allowed_updates"), wanted.allowed_updates
    ):
        found.append("allowed_updates")
    address = str(info.get("ip_address") or "")
    if wanted.ip_address and address not in (*NOT_TOLD, wanted.ip_address):
        found.append("ip_address")
    if bool(info.get("has_custom_certificate")) != bool(wanted.certificate):
        found.append("certificate")
    return found


def same_updates(now: object, wanted: Sequence[str]) -> bool:
    """As sets. None of them means the default; what neither Telegram nor we know is ignored."""
    current = frozenset(map(str, now)) if isinstance(now, list) and now else DEFAULT_UPDATES
    chosen = frozenset(one for one in wanted if one in KNOWN or one in current)
    return current == (chosen or DEFAULT_UPDATES)


def fields(wanted: Settings) -> tuple[dict[str, str], dict[str, str]]:
    """The form of setWebhook, and its files."""
    form = {"url": wanted.url, "max_connections": str(wanted.max_connections)}
    if wanted.allowed_updates is not None:
        form["allowed_updates"] = json.dumps(list(wanted.allowed_updates))
    if wanted.ip_address:
        form["ip_address"] = wanted.ip_address
    if wanted.secret:
        form["secret_token"] = wanted.secret
    return form, {"certificate": wanted.certificate} if wanted.certificate else {}


def visible(wanted: Settings | None, secrets: Sequence[str]) -> dict[str, Any]:
    """What a diff shows of it; nothing that is a secret."""
    if wanted is None:
        return {"url": ""}
    return {
        "url": cleaned(wanted.url, secrets),
        "max_connections": wanted.max_connections,
        "has_custom_certificate": bool(wanted.certificate),
        **(
            {}
            if wanted.allowed_updates is None
            else {"allowed_updates": sorted(wanted.allowed_updates)}
        ),
        **({"ip_address": wanted.ip_address} if wanted.ip_address else {}),
    }

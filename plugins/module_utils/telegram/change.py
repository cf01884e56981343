# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The webhook is set, removed, or set anew; decided from what Telegram says of it, and read back.

A setWebhook that changes anything first closes the old webhook. So when a call fails on its way,
the last word is what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refusal, Refused
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import webhook
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.client import (
    IN_DOUBT,
    PASSING,
    Api,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.webhook import Settings

STATES = ("present", "absent", "reset")
# Telegram takes one setWebhook a second of a bot, and counts it by a clock of its own.
BETWEEN_SETS_S = 1.1
NO_WEBHOOK = "no webhook is set now: updates wait at Telegram, for a day at most; set it again with state=present"


@dataclass(frozen=True)
class Wish:
    state: str
    settings: Settings | None = None  # None with state absent
    drop_pending_updates: bool = False
    update_secret: bool = False
    only_if_unhealthy: bool = False
    recent_seconds: int = webhook.RECENT_S


@dataclass(frozen=True)
class Decision:
    steps: tuple[str, ...]  # delete, set
    because: tuple[str, ...]


class Failed(Exception):
    """One line that may be shown to anybody: why, and what is left. `untouched`: nothing was changed."""

    def __init__(self, refusal: Refusal, message: str, untouched: bool) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.untouched = untouched


def decide(wish: Wish, info: Mapping[str, Any], now: float) -> Decision:
    """What is to be called, and why; nothing when all is as it should be."""
    pending = bool(info.get("pending_update_count"))
    dropping = ("drop_pending_updates",) if wish.drop_pending_updates and pending else ()
    if wish.settings is None:
        url = ("url",) if info.get("url") else ()
        because = (*url, *dropping)
        return Decision(("delete",) if because else (), because)
    differing = tuple(webhook.differences(info, wish.settings))
    if wish.state == "present":
        rotating = ("update_secret",) if wish.update_secret else ()
        because = (*differing, *dropping, *rotating)
        return Decision(("set",) if because else (), because)
    because = ("reset",)
    if wish.only_if_unhealthy:
        because = (*unhealthy(wish, info, now), *(one for one in differing if one == "url"))
    return Decision(("delete", "set") if because else (), because)


def unhealthy(wish: Wish, info: Mapping[str, Any], now: float) -> tuple[str, ...]:
    at = webhook.whole(info.get("last_error_date"))
    recent = at is not None and now - at <= wish.recent_seconds
    return ("last_error",) if recent and info.get("pending_update_count") else ()


def carry_out(
    api: Api,
    wish: Wish,
    check_mode: bool,
    clock: Callable[[], float],
    secrets: Sequence[str],
    before_change: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """`clock` is the wall's. `before_change` is called as late as can be."""
    try:
        info = api.call("getWebhookInfo")
    except Refused as error:
        raise failed(error.refusal, "nothing was changed", True) from None
    if not isinstance(info, dict):
        raise failed(Refusal("bad_answer", "what answers is no Bot API"), "nothing was changed", True)  # fmt: skip
    decision = decide(wish, info, clock())
    result = {
        "changed": bool(decision.steps),
        "because": list(decision.because),
        "before": webhook.reading(info, clock(), secrets),
        "after": None,
    }
    if decision.steps and not check_mode:
        before_change()
        info = _changed(api, completed(wish, info), decision)
    if not check_mode or not decision.steps:
        result["after"] = webhook.reading(info, clock(), secrets)
    return result


def completed(wish: Wish, info: Mapping[str, Any]) -> Wish:
    """A reset sends the kinds of updates that Telegram had, too, where nobody says which."""
    known = info.get("allowed_updates")
    if wish.settings is None or wish.settings.allowed_updates is not None or not known:
        return wish
    kept = tuple(map(str, known)) if isinstance(known, list) else ()
    return replace(wish, settings=replace(wish.settings, allowed_updates=kept))


def _changed(api: Api, wish: Wish, decision: Decision) -> Mapping[str, Any]:
    """The steps, then what Telegram says of it."""
    done: list[str] = []
    drop = {"drop_pending_updates": "true"} if wish.drop_pending_updates else {}
    for step in decision.steps:
        first = not done
        try:
            if step == "delete":
                api.call("deleteWebhook", drop)
            else:
                if done:
                    api.budget.sleep(BETWEEN_SETS_S)
                _set(api, wish, drop if first else {}, again=bool(done))
        except Refused as error:
            raise _what_is_left(api, wish, error.refusal, done) from None
        done.append(step)
    return _read_back(api, wish, done)


def _set(api: Api, wish: Wish, more: Mapping[str, str], again: bool) -> None:
    """After a delete there is no webhook, so what may pass is tried again while there is time."""
    if wish.settings is None:
        raise ValueError("a webhook is set with settings")
    form, files = webhook.fields(wish.settings)
    while True:
        try:
            api.call("setWebhook", {**form, **more}, files)
            return
        except Refused as error:
            wait = again and error.refusal.reason in PASSING and api.budget.left > BETWEEN_SETS_S
            if not wait:
                raise
        api.budget.sleep(BETWEEN_SETS_S)


def _read_back(api: Api, wish: Wish, done: Sequence[str]) -> Mapping[str, Any]:
    try:
        info = api.call("getWebhookInfo")
    except Refused as error:
        raise failed(
            error.refusal, "Telegram took the change, but it could not be read back", False
        ) from None
    wrong = _still_wrong(wish, info)
    if wrong:
        refusal = Refusal(
            "not_in_effect", f"Telegram took the call, and tells otherwise: {', '.join(wrong)}"
        )
        raise failed(refusal, left(wish, info), False)
    return dict(info)


def _still_wrong(wish: Wish, info: object) -> list[str]:
    if not isinstance(info, dict):
        return ["no answer"]
    if wish.settings is None:
        return ["url"] if info.get("url") else []
    # An address that was just pinned may not be told yet; all else is there at once.
    return [one for one in webhook.differences(info, wish.settings) if one != "ip_address"]


def _what_is_left(api: Api, wish: Wish, refusal: Refusal, done: Sequence[str]) -> Failed:
    """After a call that failed, Telegram is asked: the old webhook may be gone, or the new one there."""
    try:
        info = api.call("getWebhookInfo")
    except Refused:
        if not done and refusal.reason not in IN_DOUBT and refusal.reason != "bad_request":
            return failed(refusal, "nothing was changed", True)
        text = (
            "and nobody can read what is left; look with telegram_webhook_info before anything else"
        )
        return failed(refusal, text, False)
    if not isinstance(info, dict):
        return failed(refusal, "and nobody can read what is left", False)
    if _same_as_before(refusal, done):
        return failed(refusal, "nothing was changed", True)
    return failed(refusal, left(wish, info), False)


def _same_as_before(refusal: Refusal, done: Sequence[str]) -> bool:
    """Of these Telegram says by itself that the call had no effect."""
    return not done and refusal.reason in ("rate_limited", "bad_token", "not_found")


def left(wish: Wish, info: Mapping[str, Any]) -> str:
    url = info.get("url") or ""
    if not url:
        return NO_WEBHOOK if wish.settings is not None else "no webhook is set now"
    if wish.settings is not None and not webhook.differences(info, wish.settings):
        return (
            "the webhook looks as it should; whether it has the secret nobody can read: update_secret=always "
            "sends it"
        )
    return "a webhook is set that is not the one asked for; whether it has a secret nobody can read"


def failed(refusal: Refusal, what: str, untouched: bool) -> Failed:
    return Failed(refusal, f"{refusal.message}; {what}", untouched)


def diff(result: Mapping[str, Any], wish: Wish, secrets: Sequence[str]) -> dict[str, Any]:
    """What a person sees of it; without what cannot be read, and the secret."""
    shown = webhook.visible(wish.settings, secrets)
    before = {key: result["before"][key] for key in shown}
    after = shown if result["changed"] else before
    if wish.settings is not None and result["because"]:
        # Why it is set though nothing of it looks otherwise.
        after = {**after, "because": result["because"]}
    return {"before": before, "after": after}

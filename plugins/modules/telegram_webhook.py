#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: telegram_webhook
short_description: Set, remove or reset the webhook of a Telegram bot
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    What a C(setWebhook) leaves out is cleared, the secret first of all. So whenever this module calls it, it sends all
    the settings.
  - >-
    A C(setWebhook) that Telegram refuses leaves no webhook at all. So everything is judged before it is called, and
    read back afterwards; a failure says what is left.
  - >-
    Telegram does not tell the secret, a pinned address or the content of the certificate. What cannot be read is not
    compared; see O(update_secret).
  - Updates that wait at Telegram are never dropped unless O(drop_pending_updates=true).
options:
  state:
    description:
      - V(present) compares what Telegram tells with what is wanted, and sets the webhook when something differs.
      - V(absent) removes it. A bot does not begin to poll by that; switch it, too.
      - V(reset) removes it and sets it again, which clears the last error and lets Telegram deliver at once.
    type: str
    choices: [present, absent, reset]
    default: present
  url:
    description:
      - Where updates are sent to, needed unless O(state=absent).
      - It begins with C(https://), is on port 443, 80, 88 or 8443, and holds no user or password. See O(local_mode).
    type: str
  secret_token:
    description:
      - >-
        What Telegram sends along in the header C(X-Telegram-Bot-Api-Secret-Token), 1 to 256 letters, digits, C(-) or
        C(_).
      - Needed unless O(state=absent) or O(allow_no_secret=true).
    type: str
  allow_no_secret:
    description: Set a webhook without a secret. Then anybody who knows the address can send the bot what they like.
    type: bool
    default: false
  update_secret:
    description:
      - V(on_change) sends the secret only when something else differs, because nobody can read which one is set.
      - V(always) sends it in any case, and so always changes something. It is how a secret is rotated.
    type: str
    choices: [on_change, always]
    default: on_change
  max_connections:
    description: How many updates Telegram may send at once, from 1 to 100; to 100000 with O(local_mode=true).
    type: int
    default: 40
  allowed_updates:
    description:
      - Which kinds of updates are wanted. An empty list means Telegram's default; without it they stay as they are.
    type: list
    elements: str
  ip_address:
    description: Send to this address instead of what the name resolves to.
    type: str
  certificate:
    description:
      - >-
        A file on the target with the public part of a self-signed certificate. Whether one is set is compared,
        its content is not; O(state=reset) sends it in any case.
    type: path
  drop_pending_updates:
    description: Throw away the updates that wait at Telegram. They are users' messages.
    type: bool
    default: false
  only_if_unhealthy:
    description:
      - >-
        With O(state=reset), only when the last error is of the last O(recent_seconds) and updates wait, or the
        address differs.
    type: bool
    default: false
  recent_seconds:
    description: How young the last error must be to count, in seconds.
    type: int
    default: 600
  local_mode:
    description:
      - >-
        The server of O(base_url) runs with C(--local), and takes addresses with C(http://), of any port and of its
        own network.
    type: bool
    default: false
extends_documentation_fragment: [oncall.runbooks.telegram]
attributes:
  diff_mode:
    description: Shows what differs, without the secret.
    support: full
seealso:
  - module: oncall.runbooks.telegram_webhook_info
"""

EXAMPLES = r"""
- name: The bot is sent its updates
  oncall.runbooks.telegram_webhook:
    token: "{{ vault_bot_token }}"
    url: https://bot.example.org/telegram/webhook
    secret_token: "{{ vault_bot_secret }}"
    allowed_updates: [message, callback_query]

- name: Rotate the secret
  oncall.runbooks.telegram_webhook:
    token: "{{ vault_bot_token }}"
    url: https://bot.example.org/telegram/webhook
    secret_token: "{{ vault_bot_secret }}"
    update_secret: always

- name: After the bot was mended, deliver at once what waits
  oncall.runbooks.telegram_webhook:
    token: "{{ vault_bot_token }}"
    state: reset
    url: https://bot.example.org/telegram/webhook
    secret_token: "{{ vault_bot_secret }}"
    only_if_unhealthy: true
"""

RETURN = r"""
because:
  description: Why something was called; empty when nothing was.
  returned: success
  type: list
  elements: str
  sample: [url, max_connections]
before:
  description: The webhook as it was, as RV(oncall.runbooks.telegram_webhook_info#module:webhook) has it.
  returned: success
  type: dict
  sample: {url: "", pending_update_count: 3}
after:
  description: The same as it is now; null in check mode when something would change.
  returned: success
  type: dict
  sample: {url: "https://bot.example.org/telegram/webhook", pending_update_count: 0}
reason:
  description: Why it failed, one word, as V(bad_token), V(rate_limited), V(bad_request), V(timeout) or V(invalid).
  returned: failure
  type: str
  sample: rate_limited
untouched:
  description: Whether it is known that nothing was changed. Otherwise RV(ignore:msg) says what is left.
  returned: failure
  type: bool
  sample: true
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import (
    change,
    common,
    rules,
    webhook,
)

SPEC = {
    **common.COMMON,
    "state": {"type": "str", "choices": list(change.STATES), "default": "present"},
    "url": {"type": "str"},
    "secret_token": {"type": "str", "no_log": True},
    "allow_no_secret": {"type": "bool", "default": False},
    "update_secret": {"type": "str", "choices": ["on_change", "always"], "default": "on_change", "no_log": False},
    "max_connections": {"type": "int", "default": rules.CONNECTIONS_DEFAULT},
    "allowed_updates": {"type": "list", "elements": "str"},
    "ip_address": {"type": "str"},
    "certificate": {"type": "path"},
    "drop_pending_updates": {"type": "bool", "default": False},
    "only_if_unhealthy": {"type": "bool", "default": False},
    "recent_seconds": {"type": "int", "default": webhook.RECENT_S},
    "local_mode": {"type": "bool", "default": False},
}  # fmt: skip


def settings(given: dict[str, Any]) -> webhook.Settings | None:
    if given["state"] == "absent":
        return None
    local = given["local_mode"]
    secret = given["secret_token"]
    if secret is not None or not given["allow_no_secret"]:
        example = 'secret_token: "{{ vault_bot_secret }}", or allow_no_secret: true'
        secret = rules.secret("secret_token", secret, example)
    updates = given["allowed_updates"]
    return webhook.Settings(
        url=rules.webhook_url("url", given["url"], local),
        max_connections=rules.connections("max_connections", given["max_connections"], local),
        allowed_updates=None if updates is None else rules.updates("allowed_updates", updates),
        ip_address=rules.ip("ip_address", given["ip_address"]) if given["ip_address"] else None,
        certificate=common.certificate(given["certificate"]),
        secret=secret,
    )


def work(module: AnsibleModule) -> dict[str, Any]:
    given = module.params
    if given["local_mode"] and given["base_url"] == rules.API:
        raise rules.invalid(
            "local_mode",
            "Telegram's own server has no such mode",
            "true only with base_url",
            "base_url: http://127.0.0.1:8081",
        )
    wanted = settings(given)
    secrets = [given["token"] or "", given["secret_token"] or ""]
    wish = change.Wish(
        state=given["state"],
        settings=wanted,
        drop_pending_updates=given["drop_pending_updates"],
        update_secret=given["update_secret"] == "always",
        only_if_unhealthy=given["only_if_unhealthy"],
        recent_seconds=given["recent_seconds"],
    )
    api = common.api(given, secrets)
    result = change.carry_out(api, wish, module.check_mode, time.time, secrets)
    result["diff"] = change.diff(result, wish, secrets)
    return result


def main() -> None:
    module = AnsibleModule(
        argument_spec=SPEC,
        supports_check_mode=True,
        required_if=[("state", "present", ["url"]), ("state", "reset", ["url"])],
    )
    common.ended(module, lambda: work(module))


if __name__ == "__main__":
    main()

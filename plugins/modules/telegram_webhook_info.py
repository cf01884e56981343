#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: telegram_webhook_info
short_description: Tell how a Telegram bot and its webhook are
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - Asks C(getMe) and C(getWebhookInfo), and explains the last error. Changes nothing.
extends_documentation_fragment: [oncall.runbooks.telegram]
seealso:
  - module: oncall.runbooks.telegram_webhook
"""

EXAMPLES = r"""
- name: Look at the bot
  oncall.runbooks.telegram_webhook_info:
    token: "{{ vault_bot_token }}"
  register: bot

- name: Say what to do about it
  ansible.builtin.debug:
    msg: "{{ bot.webhook.last_error.remedy | default('nothing is wrong') }}"
"""

RETURN = r"""
bot:
  description: Who the token is for.
  returned: success
  type: dict
  sample: {id: 4242, username: shop_bot, first_name: Shop}
webhook:
  description:
    - >-
      What Telegram tells of it. C(url) is empty without a webhook. C(last_error) is null, or C(at) (seconds since the
      epoch), C(age_seconds), C(message), C(cause) (one word) and C(remedy). It stays until the webhook is closed or set
      anew, also when all is well again.
    - The secret, a pinned address and the content of the certificate are not told.
  returned: success
  type: dict
  sample:
    url: https://bot.example.org/telegram/webhook
    has_custom_certificate: false
    pending_update_count: 500
    ip_address: 203.0.113.7
    max_connections: 40
    allowed_updates: []
    last_error:
      at: 1795000000
      age_seconds: 12
      message: "Wrong response from the webhook: 502 Bad Gateway"
      cause: upstream
      remedy: "the proxy has no bot behind it, or the bot fails: start or restart the bot"
    last_synchronization_error_at: null
reason:
  description: Why it failed, one word, as V(bad_token), V(rate_limited), V(timeout) or V(invalid).
  returned: failure
  type: str
  sample: bad_token
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import (
    common,
    look,
)


def work(module: AnsibleModule) -> dict[str, Any]:
    return {
        "changed": False,
        **look.at(common.api(module.params), time.time(), [module.params["token"]]),
    }


def main() -> None:
    module = AnsibleModule(argument_spec=dict(common.COMMON), supports_check_mode=True)
    common.ended(module, lambda: work(module))


if __name__ == "__main__":
    main()

#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/bot_webhook.py

from __future__ import annotations

DOCUMENTATION = r"""
module: bot_webhook
short_description: Set, remove or reset the webhook of a bot of the catalog
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    What M(oncall.runbooks.telegram_webhook) does, from the controller and under the service's lock, with the
    settings and the secrets of the catalog. Updates that wait at Telegram are never dropped.
  - Confirms the lock right before the first call that changes something, and reads back what came of it.
options:
  state:
    description: As of M(oncall.runbooks.telegram_webhook).
    type: str
    choices: [present, absent, reset]
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Set the webhook again with all its settings
  oncall.runbooks.bot_webhook:
    run: "{{ incident_run }}"
    state: reset
    fence: "{{ incident_fence }}"
  register: recovery_changed
"""

RETURN = r"""
after:
  description: What Telegram tells of it afterwards.
  returned: success
  type: dict
  sample: {url: "https://bot.example.org/telegram/webhook", pending_update_count: 12, last_error: null}
"""

#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/bot_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: bot_info
short_description: Ask Telegram about a bot of the catalog
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    C(getMe) and C(getWebhookInfo) with the token of the catalog, from the controller, within 10 seconds. A refusal is a
    reading, too: the task succeeds and C(refused) says why.
  - The token and the secret are never an argument, an environment variable or part of a result.
options:
  history:
    description: The reading of the probe C(history), which tells whether a runbook made the bot poll.
    type: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
seealso:
  - module: oncall.runbooks.telegram_webhook_info
    description: The same in any playbook.
"""

EXAMPLES = r"""
- name: Ask Telegram
  oncall.runbooks.bot_info:
    run: "{{ incident_run }}"
    history: "{{ diagnostics_diagnosis.readings.history }}"
"""

RETURN = r"""
reading:
  description: >-
    C(refused) (null, or C(reason) and C(message)), C(bot), C(webhook) as
    RV(oncall.runbooks.telegram_webhook_info#module:webhook), C(differences) from the catalog, C(url) of the catalog,
    C(expected) (C(webhook) or C(polling)), and C(earlier), how many updates waited when this run last asked.
  returned: success
  type: dict
  sample: {refused: null, bot: {username: shop_bot}, differences: [], expected: webhook, earlier: {pending: 7}}
"""

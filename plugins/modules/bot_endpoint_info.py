#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/bot_endpoint_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: bot_endpoint_info
short_description: See whether a bot takes an update that brings its secret
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Sends the bot what Telegram sends, with the secret's header C(X-Telegram-Bot-Api-Secret-Token) and an update that
    holds nothing, to the address of the webhook or to C(telegram.endpoint) of the catalog.
  - >-
    From the controller, or from the bot's host by python3, else curl. The secret travels on standard input
    there, so that no process shows it.
  - A failure is a reading, too. One that polls is not asked.
options:
  history:
    description: The reading of the probe C(history), which tells whether a runbook made the bot poll.
    type: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Send the bot an update that holds nothing
  oncall.runbooks.bot_endpoint_info:
    run: "{{ incident_run }}"
    history: "{{ diagnostics_diagnosis.readings.history }}"
"""

RETURN = r"""
reading:
  description: As M(oncall.runbooks.health_info) answers it.
  returned: success
  type: dict
  sample: {target: "https://bot.example.org/telegram/webhook", from: controller, reason: ok, status: 200, seconds: 0.03}
"""

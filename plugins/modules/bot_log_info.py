#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/bot_log_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: bot_log_info
short_description: Look into a bot's log for another program that takes its updates
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Telegram tells only the program that loses (409 Conflict), and asking for updates would take them from the
    bot. So the newest 100 lines of the bot's own log are read, under Compose, systemd and Kubernetes those of the
    last 10 minutes.
  - Of a log that cannot be read nothing is known and nothing is said.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Look for a second consumer
  oncall.runbooks.bot_log_info:
    run: "{{ incident_run }}"
"""

RETURN = r"""
reading:
  description: C(conflict) is null, V(two_consumers) or V(polls_beside_webhook); C(line) is the line that says so.
  returned: success
  type: dict
  sample: {conflict: null, line: ""}
"""

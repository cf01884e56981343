#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_setting.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_setting
short_description: Write a setting of a PostgreSQL server
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    ALTER SYSTEM through the catalog's C(admin) connection, which is journalled. The setting
    takes effect when the server is restarted; this action does not restart it.
  - >-
    Does nothing when the setting has the value already. In check mode it answers what it
    would write.
options:
  name:
    description: The setting.
    type: str
    choices: [max_connections]
    required: true
  value:
    description: Its new value.
    type: int
    required: true
  reset:
    description:
      - Take the line that ALTER SYSTEM wrote out again, because the value stands, or is the default, without it.
    type: bool
    default: false
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Write the new value
  oncall.runbooks.postgresql_setting:
    run: "{{ incident_run }}"
    name: max_connections
    value: 40
    fence: "{{ incident_fence }}"
  register: scaling_changed
"""

RETURN = r"""
before:
  description: The value that the server runs with.
  returned: success
  type: dict
  sample: {max_connections: 20}
after:
  description: The value that it has after its next start.
  returned: success
  type: dict
  sample: {max_connections: 40}
file:
  description: The file of the server where the value was written.
  returned: success
  type: str
  sample: /var/lib/postgresql/15/main/postgresql.auto.conf
line_before:
  description: The setting's line in that file before, or null when it had none.
  returned: success
  type: str
  sample: max_connections = '20'
"""

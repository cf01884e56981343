#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_auto_conf.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_auto_conf
short_description: Put back what ALTER SYSTEM wrote, while the server is down
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    A server that does not start with a new value cannot take it back by itself. Puts the setting's
    line in C(postgresql.auto.conf) back as it was, or takes it out, where the server's files are, also
    when they lie in a volume of a container that does not run.
  - Changes nothing else in that file. Does not start the server.
options:
  name:
    description: The setting.
    type: str
    choices: [max_connections]
    required: true
  file:
    description: The file, as M(oncall.runbooks.postgresql_setting) answered it.
    type: str
    required: true
  line:
    description: The setting's line as it was, from M(oncall.runbooks.postgresql_setting). Without it the file had none.
    type: str
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Put the old line back
  oncall.runbooks.postgresql_auto_conf:
    run: "{{ incident_run }}"
    name: max_connections
    file: "{{ scaling_changed.file }}"
    line: "{{ scaling_changed.line_before }}"
"""

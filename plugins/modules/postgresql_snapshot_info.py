#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_snapshot_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_snapshot_info
short_description: Read everything about a PostgreSQL server in one connection
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Sends one SQL text that answers one JSON document: slots used and reserved, sessions by
    state, role, client and application, their ages, the blocking tree, settings with their
    source, replication, sessions that keep others waiting or work for too long, tables with stale
    statistics, invalid and bloated indexes, and C(pg_stat_statements) where it is installed.
    PostgreSQL 13 to 18.
  - >-
    Over C(via: tcp) with psycopg 3 on the controller, or C(via: exec) with C(psql) where the
    server lives. When a full server refuses the normal role, the catalog's C(admin) connection
    is used and journalled.
  - >-
    A refusal is a reading, too: the task succeeds and RV(reading) says by whom and why.
    Passwords come from the catalog's C(password_file), C(password_env) or C(password) and are
    never an argument, an environment variable or part of a result. Texts of statements are kept
    without their literals.
  - >-
    With the catalog's C(pooler) it also asks PgBouncer's C(SHOW POOLS).
options:
  sections:
    description: Which parts of the document to read.
    type: list
    elements: str
    choices:
      [server, slots, sessions, blocking, offenders, waits, relations, settings, replication, transactions, statements]
    default: [server, slots, sessions, settings, replication]
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read PostgreSQL
  oncall.runbooks.postgresql_snapshot_info:
    run: "{{ incident_run }}"
  register: diagnostics_postgresql
"""

RETURN = r"""
reading:
  description:
    - >-
      C(user), C(way) (C(normal), C(admin) or null), C(version), C(refused) (by way; C(reason)
      and C(message)), C(document), C(pooler), C(configuration).
  returned: success
  type: dict
  sample: {user: oncall, way: normal, version: PostgreSQL 15, refused: {}, document: {slots: {used: 9}}}
"""

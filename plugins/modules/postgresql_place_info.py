#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/postgresql_place_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_place_info
short_description: Look at a PostgreSQL server that is silent, where it lives
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Asks C(pg_isready) on the server's own host, or in its container or pod; looks for its process and
    how it is; reads its configuration as a start would; and what room the disks have. Nothing is asked
    of a server that answers, be it that it turns us away.
  - >-
    The catalog's C(commands.migrations) tells of the migrations of a server that answers, and
    C(commands.config_check) of the configuration of one that does not run. Both only read, also in check mode.
  - >-
    A refusal is a reading, too.
options:
  postgresql:
    description: The reading of M(oncall.runbooks.postgresql_snapshot_info).
    type: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Look where the server lives
  oncall.runbooks.postgresql_place_info:
    run: "{{ incident_run }}"
    postgresql: "{{ diagnostics_postgresql.reading }}"
  register: diagnostics_place
"""

RETURN = r"""
reading:
  description:
    - >-
      C(speaks), C(refused), C(ready) (C(accepting), C(rejecting), C(no_answer) or null), C(process),
      C(configuration) (C(error), or null), C(filesystems), C(migrations).
  returned: success
  type: dict
  sample: {speaks: false, refused: null, ready: no_answer, process: null, configuration: null, filesystems: []}
"""

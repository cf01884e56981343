#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/disk_files.py

from __future__ import annotations

DOCUMENTATION = r"""
module: disk_files
short_description: Delete old files that the catalog allows to go, and no others
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Looks again at the folder of one rule of C(disk.clean), keeps a list of what goes as evidence, and deletes the
    oldest files until enough is free. The newest valid ones always stay, and so does whatever is open, was
    changed meanwhile, or is called like a part of PostgreSQL's write-ahead log.
  - >-
    The folder is entered component by component and stays open, so a symlink, before or during the run, leads
    nowhere. A folder that is a mount point or belongs to the data of a server is refused.
  - >-
    Never more than C(max_delete) and C(max_delete_mib). In check mode it answers how many files would go.
options:
  state:
    description: What is to become of the folder.
    type: str
    choices: [cleaned]
    required: true
  rule:
    description: The number of the rule in the catalog, from 0.
    type: int
    required: true
  dir:
    description: The folder of that rule; when the catalog has another one by now, nothing is deleted.
    type: path
    required: true
  free_bytes:
    description: So many bytes are enough.
    type: int
    required: true
  free_inodes:
    description: So many inodes are enough.
    type: int
    required: true
  at_most:
    description: So many files are enough.
    type: int
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Delete old files that the catalog allows to go
  oncall.runbooks.disk_files:
    run: "{{ incident_run }}"
    state: cleaned
    rule: 0
    dir: /var/log/shop
    free_bytes: 1073741824
    free_inodes: 0
    at_most: 200
    fence: "{{ incident_fence }}"
  register: containment_changed
"""

RETURN = r"""
after:
  description:
    - How many were C(deleted), C(freed_bytes), what of them was C(left) and why, C(free_bytes) and C(free_inodes)
      afterwards, and where the C(listing) lies among the evidence.
  returned: success
  type: dict
  sample: {deleted: 31, freed_bytes: 1090519040, left: [], free_bytes: 5368709120, listing: evidence/RUN/api-9-x.txt}
"""

#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/disk_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: disk_info
short_description: Read how full the disks of a service are, and of full ones by what
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    How many bytes and inodes of each file system are used, and whether it can be written to: of the places that
    C(disk) of the catalog names, else of all that hold data. Of a Kubernetes service, those of its pod.
  - >-
    Of a machine with a full one also: files that were deleted and are still open, with their process, unit or
    container; the largest folders of the declared places; the journal; what Docker takes, and which of its
    images have neither a name nor a container; and of each rule of C(disk.clean) what stays and what may go.
  - >-
    A shell is enough for all but the last, which takes python3 (3.7 or later) on the host; without it the rule is
    refused, and says so. A refusal is a reading, too: the task succeeds.
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read the disks
  oncall.runbooks.disk_info:
    run: "{{ incident_run }}"
  register: diagnostics_disk
"""

RETURN = r"""
reading:
  description:
    - C(filesystems) with C(mount), C(used_bytes), C(free_bytes), C(used_percent), C(inodes_used), C(inodes_free),
      C(inodes_percent), C(read_only); C(held), C(largest), C(journal), C(docker), C(rules), C(refused).
    - C(first) says whether this service speaks for what all services of its machine share.
  returned: success
  type: dict
  sample: {filesystems: [{mount: /srv, used_percent: 96, inodes_percent: 4, read_only: false}], held: [], rules: []}
"""

#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/release_target_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: release_target_info
short_description: Look for a release that is asked for by its name
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Looks for the release that the scenario's input C(release) names where the service runs: an image on
    the host of a Compose project, a folder of releases, an image for the container of a pod.
  - Nothing is fetched, and a name that may mean something else tomorrow is no release.
options:
  workload:
    description: The reading of M(oncall.runbooks.workload_info).
    type: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Look for the release that is asked for
  oncall.runbooks.release_target_info:
    run: "{{ incident_run }}"
    workload: "{{ diagnostics_workload.reading }}"
  register: diagnostics_target
"""

RETURN = r"""
reading:
  description: >-
    C(name) pins the release, C(title) is what a person calls it, C(in_use) says whether all of the
    service is of it. C(refused) holds C(reason) and C(message) when there is no such release. Empty when the
    service itself cannot be read.
  returned: success
  type: dict
  sample: {name: "sha256:4f1c", title: "shop:v2", in_use: false, refused: null}
"""

#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/disk_images.py

from __future__ import annotations

DOCUMENTATION = r"""
module: disk_images
short_description: Remove images that have neither a name nor a container
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Of the images of the plan, those that are still without a name, without a container, running or not, and
    older than C(image_days). Not the releases that the service may go back to, and of what Compose built not the
    newest without a name, which is the release before the current one.
  - >-
    One by one and without force, so that Docker refuses what somebody has begun to use. Volumes, containers and
    the build cache are never touched. In check mode it answers whether there are any.
options:
  state:
    description: What is to become of the images.
    type: str
    choices: [removed]
    required: true
  images:
    description: Ids of images.
    type: list
    elements: str
    required: true
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Remove images that have no name and no container
  oncall.runbooks.disk_images:
    run: "{{ incident_run }}"
    state: removed
    images: ["sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1"]
    fence: "{{ incident_fence }}"
  register: containment_changed
"""

RETURN = r"""
after:
  description: The ids that were C(removed), C(freed_bytes) (with layers that others share), and the C(listing).
  returned: success
  type: dict
  sample: {removed: ["sha256:4bcf"], freed_bytes: 104857600, listing: evidence/RUN/api-9-images.json}
"""

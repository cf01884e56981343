#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/compose_service.py

from __future__ import annotations

DOCUMENTATION = r"""
module: compose_service
short_description: Change the release, number, variables or limits of a Compose service
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Makes the containers of one service anew from the project's compose files and an override, which
    Compose reads from standard input, with C(up --no-deps --no-build --pull never). Nothing is written to
    the host; what was set is kept in labels of the new containers. When it is taken back, the
    containers are as the compose files alone make them, and whoever deploys anew overrules it.
  - >-
    Refuses before anything is stopped when the compose files say something else by now than what runs,
    when the release is not on the host, when a container is paused, or when somebody deploys at this moment.
  - >-
    Only what is asked changes. The image that runs is pinned by its id unless the compose files
    name it, so that a tag that moved is not deployed by a change of a limit.
  - In check mode it asks Compose for the configuration only, and answers whether anything would change.
options:
  service:
    description: Name of the service in the catalog.
    type: str
    required: true
  release:
    description: The C(name) of one of the reading's C(releases), which is the id of an image on the host.
    type: str
  aside:
    description:
      - >-
        With O(release), one more container of that release is made beside those that are there; nothing is
        started or stopped.
    type: bool
    default: false
  replicas:
    description: How many containers there are to be; those that are there and stay are not touched.
    type: int
  environment:
    description:
      - Variables by name, as text. Null takes back what was set here, so that the deployed value counts again.
      - Values travel on standard input and are in no output.
    type: dict
  limits:
    description: What each container may use. Null takes back what was set here; what is not named stays.
    type: dict
    suboptions:
      memory_bytes:
        description: Memory, in bytes.
        type: int
      cpus:
        description: Processors, as 0.5.
        type: float
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Go back to the release that ran before
  oncall.runbooks.compose_service:
    run: "{{ incident_run }}"
    service: api
    release: sha256:4f1c2a9be07c0d5e4f3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0f9e8d7c
"""

RETURN = r"""
number:
  description: How many containers of the service there are to be.
  returned: success
  type: int
  sample: 1
created:
  description: The keys of the containers that O(aside) made.
  returned: success
  type: list
  elements: str
  sample: []
"""

#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/redis_keys.py

from __future__ import annotations

DOCUMENTATION = r"""
module: redis_keys
short_description: Unlink keys of a cache, or counters of a rate limit, and no others
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Lists the keys that begin with the prefixes, keeps the list as evidence, and unlinks
    them in batches of 200, until enough memory is free where it is about that. Only prefixes of the catalog
    (C(cache_prefixes), C(rate_limit_prefixes)) are accepted; a character of a pattern in a
    prefix means itself.
  - >-
    Never more than C(max_unlink). Never on a replica. In check mode it answers how many
    would be unlinked.
options:
  state:
    description: What is to become of the keys.
    type: str
    choices: [unlinked]
    required: true
  prefixes:
    description: Beginnings of keys, as the catalog has them.
    type: list
    elements: str
    required: true
  free_bytes:
    description: So much memory is enough; without it all of the listed keys go.
    type: int
  at_most:
    description: So many keys are enough.
    type: int
    required: true
  kept_in:
    description: The service in which they lie, when it is not the run's own.
    type: str
  client:
    description: Only the keys that hold this, between the prefix, their separators (C(:), C(|), C(/)) and their end.
    type: str
extends_documentation_fragment: [oncall.runbooks.run, oncall.runbooks.fence]
"""

EXAMPLES = r"""
- name: Unlink keys of the cache
  oncall.runbooks.redis_keys:
    run: "{{ incident_run }}"
    state: unlinked
    prefixes: "{{ incident_entry.parameters.prefixes }}"
    free_bytes: "{{ incident_entry.parameters.free_bytes }}"
    at_most: "{{ incident_entry.parameters.at_most }}"
    fence: "{{ incident_fence }}"
  register: containment_changed
"""

RETURN = r"""
after:
  description: How many were C(unlinked), C(freed_bytes), and where the C(listing) lies among the evidence.
  returned: success
  type: dict
  sample: {unlinked: 1200, freed_bytes: 7340032, listing: evidence/RUN/cache-3-unlinked_keys.txt}
"""

#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/indexer_info.py

from __future__ import annotations

DOCUMENTATION = r"""
module: indexer_info
short_description: Read how far an index is, and how fast it grows
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Reads the height as the C(indexer) entry of the catalog says, again and again for C(interval_seconds) of the
    scenario, and the head of the chain before and after.
options:
  chain:
    description: The reading of M(oncall.runbooks.chain_info).
    type: dict
    required: true
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Read how far it is
  oncall.runbooks.indexer_info:
    run: "{{ incident_run }}"
    chain: "{{ diagnostics_chain.reading }}"
  register: diagnostics_indexer
"""

RETURN = r"""
reading:
  description: Heights in blocks, and what is added to them in a second; C(message) when the height could not be read.
  returned: success
  type: dict
  sample: {message: "", indexed: 1040, head: 1042, rate: 1.0, head_rate: 1.0}
"""

#!/usr/bin/python
# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ton_network_info
short_description: Read how old the newest block of a TON node is, and of which network it is
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Asks each endpoint for its newest masterchain block. Its age, and the network that the block itself names, say
    whether what the node answers is worth anything: a stale node answers everything with status 200.
  - Also tells whether the API key was accepted, and how often the rate was limited.
  - Changes nothing.
options:
  warn_seconds:
    description: A block older than this, in seconds, is V(ageing).
    type: int
    default: 30
  fail_seconds:
    description: A block older than this, in seconds, is V(stale).
    type: int
    default: 60
extends_documentation_fragment: [oncall.runbooks.ton]
"""

EXAMPLES = r"""
- name: Is the node fresh, and of the right network?
  oncall.runbooks.ton_network_info:
    network: mainnet
    endpoints: [https://toncenter.com]
  register: network
  failed_when: network.reason != 'ok'
"""

RETURN = r"""
reason:
  description: >-
    Of the best endpoint; V(ok), V(ageing), V(stale), V(network_mismatch), or why there is no answer, as
    V(rate_limited), V(key_unknown), V(timeout), V(tls_failed).
  returned: success
  type: str
  sample: ok
message:
  description: The same as a sentence.
  returned: success
  type: str
  sample: the newest block of toncenter.com, 41234567, is 4 s old
nodes:
  description: Each endpoint, in the order they were given.
  returned: success
  type: list
  elements: dict
  sample:
    - {endpoint: toncenter.com, reason: ok, height: 41234567, age_s: 4.0, chain: -239, right_chain: true, key: none}
"""

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.ton import network, options, verdicts
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.client import Client

OPTIONS: dict[str, dict[str, Any]] = {
    "warn_seconds": {"type": "int", "default": verdicts.WARN_S},
    "fail_seconds": {"type": "int", "default": verdicts.FAIL_S},
}
ORDER = ("ok", "warn", "crit")


def work(client: Client, given: Mapping[str, Any]) -> dict[str, Any]:
    warn, fail = given["warn_seconds"], given["fail_seconds"]
    if not 0 < warn < fail:
        raise options.OptionError("warn_seconds: allowed is less than fail_seconds; for example 30")
    told = [
        network.node(client, one, given["network"], given["api"], options.clock())
        for one in client.endpoints
    ]
    found = [verdicts.node(one, warn, fail) for one in told]
    best = min(found, key=lambda one: ORDER.index(one.severity))
    nodes = [{**one, "reason": said.reason} for one, said in zip(told, found)]  # noqa: B905 (Python 3.8)
    return {"reason": best.reason, "message": best.summary, "nodes": nodes}


def main() -> None:
    options.run(OPTIONS, work)


if __name__ == "__main__":
    main()

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements: [nothing beyond Python's standard library]
options:
  network:
    description: The network that is meant. An endpoint or an address of the other one is refused.
    type: str
    choices: [mainnet, testnet]
    default: mainnet
  endpoints:
    description:
      - Where a toncenter API is, the first choice first; the next is asked when one fails.
      - Without C(/api/v2) or C(/api/v3).
      - The default is toncenter's own for the network.
    type: list
    elements: str
    default: []
  api:
    description: The version of the API. The older one needs many more requests, and knows no jetton of an owner.
    type: str
    choices: [v3, v2]
    default: v3
  api_key:
    description:
      - The key, if there is one; also from the environment variable E(TONCENTER_API_KEY).
      - Only the first endpoint's host gets it, in a header, and never unencrypted. It is in no address and no message.
    type: str
  requests_per_second:
    description: How many requests a second the endpoint allows. The default is 10 with a key, and 1 without.
    type: float
  timeout_seconds:
    description: How long all of it may take, with all waits for a rate limit, in seconds.
    type: int
    default: 60
attributes:
  check_mode:
    description: Changes nothing, and so does the same in check mode.
    support: full
"""

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules about TON share: their options, the client that these make, and one way to fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule, env_fallback
from ansible_collections.oncall.runbooks.plugins.module_utils.ton import address, endpoints
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.client import Client, Problem
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.transactions import HashError

COMMON: Mapping[str, Mapping[str, Any]] = {
    "network": {"type": "str", "choices": list(address.NETWORKS), "default": "mainnet"},
    "endpoints": {"type": "list", "elements": "str", "default": []},
    "api": {"type": "str", "choices": ["v3", "v2"], "default": "v3"},
    "api_key": {"type": "str", "no_log": True, "fallback": (env_fallback, ["TONCENTER_API_KEY"])},
    "requests_per_second": {"type": "float"},
    "timeout_seconds": {"type": "int", "default": 60},
}


class OptionError(ValueError):
    """One line: which option, and what is allowed."""


def run(
    own: Mapping[str, Mapping[str, Any]], work: Callable[..., dict[str, Any]], **more: Any
) -> None:
    """Whatever goes wrong ends in one fixed line: a text of somebody else may hold the key."""
    module = AnsibleModule({**COMMON, **own}, supports_check_mode=True, **more)
    try:
        client = client_of(module.params)
        result = work(client, module.params)
    except (address.AddressError, endpoints.EndpointError, OptionError, HashError) as error:
        module.fail_json(msg=str(error), reason="bad_option")
    except Problem as failed:
        module.fail_json(
            msg=f"{failed.reason}: {failed.message}", **counted(client), **reason(failed)
        )
    except Exception as error:
        # Not even its text: it may hold an address with a key.
        module.fail_json(msg=f"internal error: {type(error).__name__}", reason="internal_error")
    else:
        module.exit_json(changed=False, **counted(client), **result)


def reason(failed: Problem) -> dict[str, str]:
    return {"reason": failed.reason, "endpoint": failed.endpoint}


def client_of(given: Mapping[str, Any]) -> Client:
    seconds, rate = given["timeout_seconds"], given["requests_per_second"]
    if not 1 <= seconds <= 3600:
        raise OptionError("timeout_seconds: allowed is 1 to 3600 (seconds); for example 60")
    if rate is not None and not 0.01 <= rate <= 1000:
        raise OptionError("requests_per_second: allowed is 0.01 to 1000; for example 10")
    key = given["api_key"] or ""
    chosen = endpoints.judged(given["endpoints"], given["network"], key)
    return Client(chosen, key, float(seconds), rate)


def counted(client: Client) -> dict[str, Any]:
    """How the rate limit was kept, and which endpoints failed."""
    told = client.counted
    return {
        "requests": told.requests,
        "rate_limited": told.limited,
        "waited_s": round(told.waited_s, 3),
        "problems": told.problems,
    }


def accounts(given: list[str], network: str, option: str) -> list[address.Address]:
    """Each once. What was given is repeated: an address is no secret."""
    found: dict[str, address.Address] = {}
    for text in given:
        try:
            one = address.parse(text, network)
        except address.AddressError as error:
            raise OptionError(f"{option}: got {ascii(text)[:80]}: {error}") from None
        found.setdefault(one.raw, one)
    return list(found.values())


def clock() -> float:
    return time.time()

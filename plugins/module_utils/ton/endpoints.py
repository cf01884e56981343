# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a toncenter API is, judged before anything is asked: its form, its network, and who may see the key."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Sequence

from ansible_collections.oncall.runbooks.plugins.module_utils.health.http import is_near

DEFAULTS = {"mainnet": "https://toncenter.com", "testnet": "https://testnet.toncenter.com"}
# Of the block header. Whatever the address of an endpoint says, this is what it is.
GLOBAL_IDS = {"mainnet": -239, "testnet": -3}
EXAMPLE = "https://toncenter.com"
KEY = re.compile(r"[!-~]{1,256}")


class EndpointError(ValueError):
    """One line. The address itself is not repeated: it may hold a key."""


def judged(given: Sequence[object], network: str, key: str) -> list[str]:
    """The endpoints without /api/v2 or /api/v3 behind them; the network's own when none is given."""
    if key and not KEY.fullmatch(key):
        raise EndpointError("the API key is not one line of printable characters")
    found = [_judged(one, network) for one in given] or [DEFAULTS[network]]
    if len(set(found)) != len(found):
        raise EndpointError("an endpoint is given twice; allowed is each once")
    if key and not _private(found[0]):
        raise EndpointError(
            "an API key does not travel unencrypted: the first endpoint gets it, and must be https"
        )
    return found


def _judged(given: object, network: str) -> str:
    allowed = (
        f"allowed is https://HOST, without a key, a password or a query; for example {EXAMPLE}"
    )
    if not isinstance(given, str) or not re.fullmatch(r"https?://[!-~]+", given):
        raise EndpointError(f"an endpoint is no address; {allowed}")
    try:
        parts = urllib.parse.urlsplit(given)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise EndpointError(f"an endpoint is no address; {allowed}") from None
    if not host or port == 0 or parts.query or parts.fragment or "@" in parts.netloc:
        raise EndpointError(f"an endpoint is no such address; {allowed}")
    is_testnet = bool(re.search(r"(^|[.-])testnet([.-]|$)", host))
    if is_testnet != (network == "testnet") and (is_testnet or _is_public(host)):
        raise EndpointError(
            f"network/endpoint mismatch: the network is {network}, and {host} serves the other one"
        )
    return re.sub(r"(/api(/v[23])?)?/*$", "", given)


def _is_public(host: str) -> bool:
    return f"https://{host}" == DEFAULTS["mainnet"]


def _private(endpoint: str) -> bool:
    parts = urllib.parse.urlsplit(endpoint)
    return parts.scheme == "https" or is_near(parts.hostname or "")

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where an API may be, and of which network."""

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.endpoints import (
    EndpointError,
    judged,
)

KEY = "hunter2"


@pytest.mark.parametrize(
    ("given", "network", "found"),
    [
        ([], "mainnet", ["https://toncenter.com"]),
        ([], "testnet", ["https://testnet.toncenter.com"]),
        (["https://toncenter.com/api/v2"], "mainnet", ["https://toncenter.com"]),
        (["https://toncenter.com/api/v3/"], "mainnet", ["https://toncenter.com"]),
        (["https://ton.example.org/proxy/api/"], "mainnet", ["https://ton.example.org/proxy"]),
        (["https://ton.example.org"], "testnet", ["https://ton.example.org"]),
        (["http://127.0.0.1:8081"], "mainnet", ["http://127.0.0.1:8081"]),
    ],
)
def test_endpoints(given: list[str], network: str, found: list[str]) -> None:
    assert judged(given, network, KEY) == found


@pytest.mark.parametrize(
    ("given", "network", "why"),
    [
        (["https://testnet.toncenter.com"], "mainnet", "network/endpoint mismatch"),
        (["https://toncenter.com/api/v2"], "testnet", "network/endpoint mismatch"),
        (["https://ton-testnet.example.org"], "mainnet", "network/endpoint mismatch"),
        (["toncenter.com"], "mainnet", "no address"),
        (["https://hunter2@toncenter.com"], "mainnet", "no such address"),
        (["https://toncenter.com?api_key=hunter2"], "mainnet", "no such address"),
        (["https://toncenter.com:0"], "mainnet", "no such address"),
        (["https://toncenter.com:99999"], "mainnet", "no address"),
        (["http://toncenter.com"], "mainnet", "unencrypted"),
        (["https://toncenter.com"] * 2, "mainnet", "twice"),
        ([7], "mainnet", "no address"),
    ],
)
def test_refused(given: list[object], network: str, why: str) -> None:
    with pytest.raises(EndpointError, match=why) as caught:
        judged(given, network, KEY)
    assert KEY not in str(caught.value)


def test_a_key_of_two_lines() -> None:
    with pytest.raises(EndpointError, match="one line"):
        judged([], "mainnet", "one\ntwo")

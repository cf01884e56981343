# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What two looks at the same wallets tell of what they sent."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.ton import wallets


def told(**seqnos: Any) -> list[dict[str, Any]]:
    return [{"raw": raw, "seqno": seqno} for raw, seqno in seqnos.items()]


@pytest.mark.parametrize(
    ("before", "now", "sent"),
    [
        (told(a=4), told(a=4), 0),
        (told(a=4, b=0), told(a=6, b=1), 3),
        # Of a contract that is none of the known wallets there is none.
        (told(a=4, b=None), told(a=5, b=None), 1),
        (told(a=4), told(a=None), 0),
        (told(a=None), told(a=4), 0),
        # Another endpoint answers, which is a block behind.
        (told(a=4, b=7), told(a=3, b=8), 1),
        ([], told(a=4), 0),
    ],
)
def test_what_was_sent(before: list[dict[str, Any]], now: list[dict[str, Any]], sent: int) -> None:
    assert wallets.sent_since(wallets.seqnos(before), wallets.seqnos(now)) == sent

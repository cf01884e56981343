# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The address of an account on TON, read strictly: a typo must not become somebody else's wallet.

The server does not catch typos, so nothing is asked before this has said yes. Two spellings of one
account are equal when their raw forms are.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

NETWORKS = ("mainnet", "testnet")
WORKCHAINS = (0, -1)
TEST_ONLY = 0x80
TAGS = {0x11: True, 0x51: False}  # bounceable or not


class AddressError(ValueError):
    """One line that says what is wrong with it."""


@dataclass(frozen=True)
class Address:
    workchain: int
    account: str  # 64 hexadecimal digits, lower case
    bounceable: bool | None = None  # of the friendly form; the raw one does not say
    test_only: bool | None = None

    @property
    def raw(self) -> str:
        return f"{self.workchain}:{self.account}"

    @property
    def friendly(self) -> str:
        """As it is asked for: shorter than the raw form, and a typo on the way would be noticed."""
        body = bytes([0x11, self.workchain & 0xFF]) + bytes.fromhex(self.account)
        return base64.urlsafe_b64encode(body + checksum(body)).decode()


def checksum(body: bytes) -> bytes:
    return binascii.crc_hqx(body, 0).to_bytes(2, "big")


def parse(text: object, network: str = "mainnet") -> Address:
    """The account that a text names, or an AddressError."""
    if not isinstance(text, str):
        raise AddressError("invalid TON address format")
    found = raw_form(text) if ":" in text else friendly_form(text)
    if found.workchain not in WORKCHAINS:
        raise AddressError(f"unsupported workchain {found.workchain}; there are 0 and -1")
    if found.test_only and network == "mainnet":
        raise AddressError("testnet-only address on mainnet")
    return found


def raw_form(text: str) -> Address:
    found = re.fullmatch(r"(-?[0-9]{1,10}):([0-9a-fA-F]{64})", text, re.ASCII)
    if not found:
        raise AddressError("invalid TON address format")
    return Address(int(found[1]), found[2].lower())


def friendly_form(text: str) -> Address:
    if not re.fullmatch(r"[A-Za-z0-9+/_-]{48}", text):
        raise AddressError("invalid TON address format")
    data = base64.b64decode(text.replace("-", "+").replace("_", "/"))
    if checksum(data[:34]) != data[34:]:
        raise AddressError("invalid TON address: checksum")
    tag = data[0] & ~TEST_ONLY
    if tag not in TAGS:
        raise AddressError("invalid TON address format: it is something else with a checksum")
    workchain = int.from_bytes(data[1:2], "big", signed=True)
    return Address(workchain, data[2:34].hex(), TAGS[tag], bool(data[0] & TEST_ONLY))


def same(one: object, other: Address, network: str) -> bool:
    """Whether a text of an answer names this account; what is no address is not it."""
    try:
        return parse(one, network).raw == other.raw
    except AddressError:
        return False

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which texts are an address, of which account, and on which network."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.address import (
    Address,
    AddressError,
    checksum,
    parse,
    same,
)

ACCOUNT = "83dfd552e63729b472fcbcc8c45ebcc6691702558b68ec7527e1ba403a0f31a8"
RAW = f"0:{ACCOUNT}"
ORACLE = Path(os.environ.get("ONCALL_TON_CORE", "~/.cache/oncall-runbooks/ton-core")).expanduser()
GENERATED = 10_000


def spelled(tag: int, workchain: int = 0, account: str = ACCOUNT) -> str:
    body = bytes([tag, workchain & 0xFF]) + bytes.fromhex(account)
    return base64.urlsafe_b64encode(body + checksum(body)).decode()


VALID = [
    (RAW, RAW, None, None),
    (RAW.upper(), RAW, None, None),
    (f"-1:{ACCOUNT}", f"-1:{ACCOUNT}", None, None),
    ("EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N", RAW, True, False),
    (spelled(0x51), RAW, False, False),
    (spelled(0x11, -1), f"-1:{ACCOUNT}", True, False),
    (spelled(0x91), RAW, True, True),
    (spelled(0xD1), RAW, False, True),
    (spelled(0x51).replace("-", "+").replace("_", "/"), RAW, False, False),
]
INVALID = [
    ("", "format"),
    ("not_an_address", "format"),
    ("@username", "format"),
    ("0x52908400098527886E0F7030069857D2E4169EE7", "format"),
    (RAW[:-1], "format"),
    (RAW + "0", "format"),
    (RAW + "\n", "format"),
    (" " + RAW, "format"),
    ("0:" + "z" * 64, "format"),
    (f"ton://{spelled(0x11)}", "format"),
    (spelled(0x11)[:-1], "format"),
    (spelled(0x11) + "=", "format"),
    (spelled(0x11)[:-1] + ("A" if spelled(0x11)[-1] != "A" else "B"), "checksum"),
    ("U" + spelled(0x11)[1:], "checksum"),
    ("EQCxE6mUtQJKFnGfaROTKOt1lZbDiiX1kCixRv7Nw2Id_sDt", "checksum"),
    (spelled(0x3E, 0xE6), "something else"),
    (spelled(0x11, 5), "unsupported workchain 5"),
    (f"5:{ACCOUNT}", "unsupported workchain 5"),
    (f"-2:{ACCOUNT}", "unsupported workchain -2"),
    (None, "format"),
    (7, "format"),
]


@pytest.mark.parametrize(("text", "raw", "bounceable", "test_only"), VALID)
def test_valid(text: str, raw: str, bounceable: bool | None, test_only: bool | None) -> None:
    found = parse(text, "testnet")
    assert (found.raw, found.bounceable, found.test_only) == (raw, bounceable, test_only)


@pytest.mark.parametrize(("text", "why"), INVALID)
def test_invalid(text: object, why: str) -> None:
    with pytest.raises(AddressError, match=why):
        parse(text, "testnet")


def test_a_test_only_address_is_refused_on_mainnet_and_not_the_other_way_round() -> None:
    with pytest.raises(AddressError, match="testnet-only address on mainnet"):
        parse(spelled(0x91))
    assert parse(spelled(0x11), "testnet").raw == RAW


def test_two_spellings_are_one_account() -> None:
    account = Address(0, ACCOUNT)
    assert all(same(text, account, "testnet") for text, raw, *_more in VALID if raw == RAW)
    assert not same(f"-1:{ACCOUNT}", account, "mainnet")
    assert not same("nonsense", account, "mainnet")
    assert parse(account.friendly).raw == account.raw


def vectors() -> list[dict[str, Any]]:
    folder = os.environ.get("TONCENTER_SPEC_DIR")
    path = Path(folder or "") / "ton_address_vectors.json"
    return list(json.loads(path.read_text())) if folder and path.exists() else []


@pytest.mark.skipif(not vectors(), reason="TONCENTER_SPEC_DIR names no ton_address_vectors.json")
def test_published_vectors() -> None:
    for vector in vectors():
        try:
            found: Address | None = parse(vector["input"], "testnet")
        except AddressError:
            found = None
        assert (found is not None) == vector["valid"], vector
        if found:
            assert (found.raw, found.bounceable, found.test_only) == (
                vector["raw"], vector["bounceable"], vector["testnet"],
            )  # fmt: skip


def mutated(chance: random.Random, text: str) -> str:
    """What a slip of the hand, or of a program, makes of it."""
    place = chance.randrange(len(text))
    letters = "ABCXYZabcxyz0189+/-_=:. "
    return chance.choice([
        text,
        text[:place] + chance.choice(letters) + text[place + 1 :],
        text[:place] + text[place + 1 :],
        text[:place] + chance.choice(letters) + text[place:],
        text[:place] + text[place:][::-1],
        text.swapcase(),
        text.replace("-", "+").replace("_", "/"),
    ])  # fmt: skip


def generated() -> list[str]:
    chance = random.Random(20261128)
    tags = [0x11, 0x51, 0x91, 0xD1, 0x3E, 0x00, chance.randrange(256)]
    found = []
    for _each in range(GENERATED):
        account = chance.randbytes(32).hex()
        found.append(mutated(chance, spelled(chance.choice(tags), chance.choice([0, -1]), account)))
    return found


def oracle() -> str:
    """The folder with npm's @ton/core, installed once outside the checkout; or why there is none."""
    if (ORACLE / "node_modules/@ton/core").is_dir():
        return ""
    if not shutil.which("npm") or not shutil.which("node"):
        return "npm is not here to bring @ton/core"
    ORACLE.mkdir(parents=True, exist_ok=True)
    words = [
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        "--prefix",
        str(ORACLE),
        "@ton/core@0",
        "@ton/crypto@3",
    ]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    return "" if done.returncode == 0 else "npm cannot bring @ton/core here"


@pytest.mark.slow
def test_the_same_verdicts_as_ton_core() -> None:
    why = oracle()
    if why:
        pytest.skip(why)
    script = """
      const {Address} = require('@ton/core');
      const texts = JSON.parse(require('fs').readFileSync(0));
      console.log(JSON.stringify(texts.map(text => { try {
        const one = Address.parseFriendly(text);
        return [one.address.toRawString(), one.isBounceable, one.isTestOnly];
      } catch (error) { return null; } })));"""
    texts = generated()
    done = subprocess.run(
        ["node", "-e", script],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        cwd=ORACLE,
        check=True,
    )
    told = json.loads(done.stdout)
    different = []
    for text, verdict in zip(texts, told, strict=True):
        try:
            found = parse(text, "testnet") if ":" not in text else None
            ours = [found.raw, found.bounceable, found.test_only] if found else None
        except AddressError:
            ours = None
        # It takes any workchain; there are two.
        theirs = verdict if verdict and verdict[0].partition(":")[0] in ("0", "-1") else None
        if ours != theirs:
            different.append((text, ours, theirs))
    assert different == []
    assert 1000 < sum(verdict is not None for verdict in told) < GENERATED

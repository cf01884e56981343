# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The API of the tests is the published one: each of its answers is held against the OpenAPI description.

TONCENTER_SPEC_DIR names the folder with toncenter_v2_openapi.json and toncenter_v3_openapi.yaml.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.oncall.runbooks.plugins.module_utils.ton.address import Address

lab = sys.modules["oncall_lab_toncenter"]
FOLDER = Path(os.environ.get("TONCENTER_SPEC_DIR", "/nonexistent"))
FILES = {"v2": FOLDER / "toncenter_v2_openapi.json", "v3": FOLDER / "toncenter_v3_openapi.yaml"}
pytestmark = pytest.mark.skipif(
    not all(path.exists() for path in FILES.values()),
    reason="TONCENTER_SPEC_DIR names no folder with toncenter's OpenAPI descriptions",
)
STATES = ("active", "frozen", "uninitialized", "nonexist")
WALLETS = {state: Address(0, f"{number:064x}") for number, state in enumerate(STATES, start=1)}
# An error that is in no description has the form of all others of its version.
OTHERWISE = {"v2": "TonlibErrorResponse", "v3": "RequestError"}


def schema(version: str, document: Any, told: dict[str, Any]) -> dict[str, Any]:
    responses = document["paths"][told["path"]][told["verb"].lower()]["responses"]
    found = responses.get(str(told["status"]))
    if found is None:
        return {"$ref": f"#/components/schemas/{OTHERWISE[version]}"}
    if "$ref" in found:
        found = document["components"]["responses"][found["$ref"].rpartition("/")[2]]
    return dict(found["content"]["application/json"]["schema"])


def ask(url: str, data: Any = None) -> None:
    body = None if data is None else json.dumps(data).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=5) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        error.close()


def questions(base: str) -> None:
    """Every method, of every kind of account, rightly asked and wrongly."""
    pairs = [{"address": one.friendly} for one in WALLETS.values()]
    for method in lab.GET_V2:
        block = {"workchain": -1, "shard": lab.SHARD, "seqno": 1000}
        for given in [*pairs, block] if method != "getMasterchainInfo" else [{}]:
            ask(f"{base}/api/v2/{method}?{urllib.parse.urlencode(given)}")
    ask(f"{base}/api/v2/getAddressInformation?address=%21")
    ask(f"{base}/api/v2/getBlockHeader?workchain=x&shard=1&seqno=1")
    for method in lab.GET_V3:
        owner = method == "jetton/wallets"
        name = "owner_address" if owner else "account" if "ransaction" in method else "address"
        ask(
            f"{base}/api/v3/{method}?"
            + urllib.parse.urlencode([(name, one["address"]) for one in pairs])
        )
        ask(f"{base}/api/v3/{method}")
    ask(f"{base}/api/v3/walletStates?address=%21")
    for one in WALLETS.values():
        for version in ("v2", "v3"):
            for method in ("seqno", "nothing"):
                ask(
                    f"{base}/api/{version}/runGetMethod",
                    {"address": one.friendly, "method": method, "stack": []},
                )


def test_every_answer_is_as_published(api: Any) -> None:
    for state, address in WALLETS.items():
        known = state == "active"
        api.chain.accounts[address.raw] = lab.Account(
            state,
            2**60,
            lab.WALLET_TYPE if known else None,
            3 if known else None,
            suspended=known or None,
        )
    api.chain.jettons.append(
        lab.JettonWallet(f"0:{'d4' * 32}", WALLETS["active"].raw, f"0:{'ee' * 32}", 5)
    )
    api.chain.block_s = 0
    sent = {
        "source": WALLETS["active"].raw,
        "destination": WALLETS["frozen"].raw,
        "value": "5",
        "comment": "seven",
    }

    def boc() -> str:
        number = api.chain.accounts[WALLETS["active"].raw].seqno
        return base64.b64encode(
            json.dumps({**sent, "seqno": number, "valid_until": time.time() + 60}).encode()
        ).decode()

    ask(f"{api.url}/api/v2/sendBocReturnHash", {"boc": boc()})
    questions(api.url)
    ask(f"{api.url}/api/v2/sendBocReturnHash", {"boc": "!"})
    ask(f"{api.url}/api/v2/getTokenData?address={WALLETS['active'].friendly}")
    for fault in ("401", "403", "504"):
        api.faults = {"*": [fault]}
        questions(api.url)
    documents = {
        "v2": json.loads(FILES["v2"].read_text()), "v3": yaml.safe_load(FILES["v3"].read_text()),
    }  # fmt: skip
    seen = set()
    for told in api.answers:
        version = told["path"].split("/")[2]
        wanted = schema(version, documents[version], told)
        validator = jsonschema.Draft202012Validator(
            {**wanted, "components": documents[version]["components"]}
        )
        problems = [error.message for error in validator.iter_errors(told["content"])]
        assert problems == [], (told["path"], told["status"])
        seen.add((version, told["path"].split("/", 3)[3], told["status"]))
    # All that the modules ask for was seen to succeed.
    for version, verbs in lab.METHODS.items():
        for method in [*verbs["GET"], "runGetMethod"]:
            assert (version, method, 200 if method != "getTokenData" else 409) in seen, method

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A toncenter API over HTTP, versions 2 and 3, as the real ones answer, with the ways in which they fail.

    python tests/lab/toncenter.py --port PORT [--state FILE]     POST /lab changes what it is

What the chain holds is an object of accounts. A message that is sent is a JSON text where the
real one has a cell: signing is no part of what is tried here, but a wallet takes a number once.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import socket
import struct
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GLOBAL_IDS = {"mainnet": -239, "testnet": -3}
SHARD = "-9223372036854775808"
WALLET_TYPE = "wallet v4 r2"
STATES_V3 = {
    "active": "active",
    "frozen": "frozen",
    "uninitialized": "uninit",
    "nonexist": "nonexist",
}
NOTHING = base64.b64encode(bytes(32)).decode()
HTML = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
Pairs = dict[str, list[str]]


def digest(*words: object) -> bytes:
    return hashlib.sha256(json.dumps(words).encode()).digest()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


class Refusal(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass
class Account:
    state: str = "active"
    balance: int = 0
    wallet_type: str | None = WALLET_TYPE
    seqno: int | None = 0
    suspended: bool | None = None
    signature_allowed: bool | None = None
    code: str = "te6ccgEBAQEAAgAAAA=="


@dataclass
class JettonWallet:
    address: str
    owner: str
    jetton: str
    balance: int


@dataclass
class Chain:
    """What the servers of one network tell of; several servers may serve one chain."""

    network: str = "mainnet"
    global_id: int | None = None
    accounts: dict[str, Account] = field(default_factory=dict)
    jettons: list[JettonWallet] = field(default_factory=list)
    transactions: list[dict[str, Any]] = field(default_factory=list)  # the newest last
    waiting: list[dict[str, Any]] = field(default_factory=list)
    block_s: float = 0.3
    lock: Any = field(default_factory=threading.RLock)

    def account(self, raw: str) -> Account:
        return self.accounts.get(raw, Account("nonexist", 0, None, None, code=""))

    def take(self, boc: str) -> bytes:
        """An external message: a wallet takes only its own next number, and only in time."""
        try:
            sent = json.loads(base64.b64decode(boc, validate=True))
            wallet = self.account(sent["source"])
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise Refusal(422, "empty boc") from None
        with self.lock:
            self.settle()
            taken = {one["seqno"] for one in self.waiting if one["source"] == sent["source"]}
            if sent["seqno"] != wallet.seqno or sent["seqno"] in taken or wallet.state != "active":
                raise Refusal(500, "Exit code 33 != 0")
            if sent["valid_until"] <= time.time():
                raise Refusal(500, "Exit code 35 != 0")
            self.waiting.append({**sent, "due": time.time() + self.block_s})
        return digest("message", sent)

    def settle(self) -> None:
        """What is due is in a block now."""
        with self.lock:
            for one in [one for one in self.waiting if one["due"] <= time.time()]:
                self.waiting.remove(one)
                wallet = self.accounts[one["source"]]
                wallet.seqno = (wallet.seqno or 0) + 1
                wallet.balance -= int(one["value"])
                self.transactions.append(
                    {**one, "at": int(time.time()), "lt": 1000 + len(self.transactions)}
                )

    def paid(self, comment: str) -> int:
        """How often something arrived with this comment: the ledger that counts."""
        with self.lock:
            self.settle()
            return sum(one["comment"] == comment for one in self.transactions)


@dataclass
class Server:
    """One endpoint: what it says of the chain, and how it fails."""

    chain: Chain
    keys: dict[str, str] = field(default_factory=dict)  # key -> the network it is for
    limited: bool = True
    rates: dict[bool, int] = field(default_factory=lambda: {False: 1, True: 10})
    retry_after: int | None = None
    stale_s: float = 0.0
    # By method, or * for all: what becomes of its next answers; the last one stays.
    faults: dict[str, list[str]] = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    recent: dict[str, list[float]] = field(default_factory=dict)
    refused: int = 0

    def now(self) -> float:
        return time.time() - self.stale_s

    def too_fast(self, key: str) -> bool:
        if not self.limited:
            return False
        now = time.monotonic()
        kept = [at for at in self.recent.get(key, []) if now - at < 1.0]
        full = len(kept) >= self.rates[bool(key)]
        self.recent[key] = kept if full else [*kept, now]
        self.refused += full
        return full

    def fault(self, method: str) -> str:
        for name in (method, "*"):
            left = self.faults.get(name)
            if left:
                return left[0] if len(left) == 1 else left.pop(0)
        return ""


# ---------------------------------------------------------------- addresses


def raw_of(text: str) -> str:
    """As the server reads one: checksums are its own affair, and some nonsense passes."""
    if ":" in text:
        workchain, _colon, account = text.partition(":")
        if len(account) == 64 and account.isalnum():
            return f"{workchain}:{account.lower()}"
        raise Refusal(422, "failed to parse address")
    if len(text) == 48:
        data = base64.b64decode(text.replace("-", "+").replace("_", "/"))
        if binascii.crc_hqx(data[:34], 0).to_bytes(2, "big") == data[34:]:
            return f"{int.from_bytes(data[1:2], 'big', signed=True)}:{data[2:34].hex()}"
    if 0 < len(text) < 10 and text.isalnum():
        return f"0:{digest(text).hex()}"
    raise Refusal(422, "failed to parse address" if text else "empty address")


def one(given: Pairs, name: str, default: str = "") -> str:
    return given.get(name, [default])[0]


def address(given: Pairs) -> str:
    return raw_of(one(given, "address"))


# ---------------------------------------------------------------- version 2


def block_id(server: Server, seqno: int | None = None) -> dict[str, Any]:
    number = int(server.now()) - 1_700_000_000 if seqno is None else seqno
    hashes = {"root_hash": b64(digest("root", number)), "file_hash": b64(digest("file", number))}
    return {"@type": "ton.blockIdExt", "workchain": -1, "shard": SHARD, "seqno": number, **hashes}


def last_id(server: Server, raw: str) -> dict[str, Any]:
    own = [one for one in server.chain.transactions if one["source"] == raw]
    lt, hashed = (str(own[-1]["lt"]), b64(digest("tx", own[-1]["lt"]))) if own else ("0", NOTHING)
    return {"@type": "internal.transactionId", "lt": lt, "hash": hashed}


def global_id(server: Server) -> int:
    chain = server.chain
    return GLOBAL_IDS[chain.network] if chain.global_id is None else chain.global_id


def masterchain_info(server: Server, _given: Pairs) -> Any:
    init = {**block_id(server, 0), "workchain": -1, "shard": "0"}
    return {
        "@type": "blocks.masterchainInfo", "last": block_id(server), "init": init,
        "state_root_hash": b64(digest("state")),
    }  # fmt: skip


def block_header(server: Server, given: Pairs) -> Any:
    try:
        number = int(one(given, "seqno"))
        int(one(given, "workchain")), int(one(given, "shard"))
    except ValueError:
        raise Refusal(422, "failed to parse seqno") from None
    return {
        "@type": "blocks.header", "id": block_id(server, number), "global_id": global_id(server), "version": 0,
        "after_merge": False, "after_split": False, "before_split": False, "want_merge": True,
        "want_split": False, "validator_list_hash_short": 1, "catchain_seqno": 2,
        "min_ref_mc_seqno": number - 3, "is_key_block": False, "prev_key_block_seqno": 1,
        "start_lt": "1", "end_lt": "2", "gen_utime": number + 1_700_000_000,
        "prev_blocks": [block_id(server, number - 1)],
    }  # fmt: skip


def consensus_block(server: Server, _given: Pairs) -> Any:
    """Its timestamp is the server's own clock: fresh, however old the block is."""
    number = block_id(server)["seqno"]
    return {
        "@type": "ext.blocks.consensusBlock", "consensus_block": number, "timestamp": int(time.time()),
    }  # fmt: skip


def state_v2(account: Account) -> str:
    return "uninitialized" if account.state == "nonexist" else account.state


def address_information(server: Server, given: Pairs) -> Any:
    raw = address(given)
    account = server.chain.account(raw)
    active = account.state == "active"
    return {
        "@type": "raw.fullAccountState", "balance": str(account.balance), "extra_currencies": [],
        "code": account.code if active else "", "data": account.code if active else "",
        "last_transaction_id": last_id(server, raw), "block_id": block_id(server),
        "frozen_hash": b64(digest(raw)) if account.state == "frozen" else "",
        "sync_utime": int(server.now()), "state": state_v2(account),
        **({} if account.suspended is None else {"suspended": account.suspended}),
    }  # fmt: skip


def wallet_information(server: Server, given: Pairs) -> Any:
    """What nobody knows is left out, and not null."""
    raw = address(given)
    account = server.chain.account(raw)
    known = account.state == "active" and account.wallet_type is not None
    more: dict[str, Any] = {}
    if known:
        more = {"wallet_type": account.wallet_type, "seqno": account.seqno, "wallet_id": 698983191}
        if account.signature_allowed is not None:
            more["is_signature_allowed"] = account.signature_allowed
    return {
        "@type": "ext.accounts.walletInformation", "wallet": known, "balance": str(account.balance),
        "account_state": state_v2(account), "last_transaction_id": last_id(server, raw), **more,
    }  # fmt: skip


def transactions_v2(server: Server, given: Pairs) -> Any:
    raw = raw_of(one(given, "address") or "!")
    own = [one for one in server.chain.transactions if one["source"] == raw]
    return [transaction_v2(told) for told in own[::-1][: int(one(given, "limit", "10"))]]


def transaction_v2(told: dict[str, Any]) -> dict[str, Any]:
    lt = str(told["lt"])
    return {
        "@type": "ext.transaction", "address": {"@type": "accountAddress", "account_address": told["source"]},
        "account": told["source"], "utime": told["at"], "data": "", "fee": "1", "storage_fee": "0", "other_fee": "1",
        "transaction_id": {"@type": "internal.transactionId", "lt": lt, "hash": b64(digest("tx", told["lt"]))},
        "in_msg": message_v2("", told["source"], "0", "", digest("message", sent_of(told)), lt),
        "out_msgs": [
            message_v2(told["source"], told["destination"], told["value"], told["comment"], digest("out", lt), lt)
        ],
    }  # fmt: skip


def message_v2(
    source: str, to: str, value: str, comment: str, hashed: bytes, lt: str
) -> dict[str, Any]:
    text = {"@type": "msg.dataText", "text": b64(comment.encode())}
    data = text if comment else {"@type": "msg.dataRaw", "body": "", "init_state": ""}
    return {
        "@type": "ext.message", "hash": b64(hashed), "source": source, "destination": to, "value": str(value),
        "extra_currencies": [], "fwd_fee": "0", "ihr_fee": "0", "created_lt": lt,
        "body_hash": b64(digest(comment)), "msg_data": data, **({"message": comment} if comment else {}),
    }  # fmt: skip


def queue_size(server: Server, _given: Pairs) -> Any:
    shard = {
        "@type": "blocks.outMsgQueueSize",
        "id": block_id(server),
        "size": len(server.chain.waiting),
    }
    return {"@type": "blocks.outMsgQueueSizes", "shards": [shard], "ext_msg_queue_size_limit": 8000}


def run_method_v2(server: Server, body: dict[str, Any]) -> Any:
    raw = raw_of(str(body.get("address", "")))
    code, stack = run(server, raw, body)
    return {
        "@type": "smc.runResult", "gas_used": 549, "stack": stack, "exit_code": code,
        "block_id": block_id(server), "last_transaction_id": last_id(server, raw),
    }  # fmt: skip


def run(server: Server, raw: str, body: dict[str, Any]) -> tuple[int, list[Any]]:
    account = server.chain.account(raw)
    if account.state != "active":
        return -13, []
    if body.get("method") == "seqno" and account.seqno is not None:
        return 0, [["num", hex(account.seqno)]]
    return 11, []


def send_v2(server: Server, body: dict[str, Any]) -> Any:
    hashed = b64(server.chain.take(str(body.get("boc", ""))))
    return {"@type": "raw.extMessageInfo", "hash": hashed, "hash_norm": hashed}


GET_V2: dict[str, Callable[[Server, Any], Any]] = {
    "getMasterchainInfo": masterchain_info, "getBlockHeader": block_header, "getConsensusBlock": consensus_block,
    "getAddressInformation": address_information, "getWalletInformation": wallet_information,
    "getAddressBalance": lambda server, given: str(server.chain.account(address(given)).balance),
    "getAddressState": lambda server, given: state_v2(server.chain.account(address(given))),
    "getTransactions": transactions_v2, "getOutMsgQueueSize": queue_size,
    "getTokenData": lambda _server, _given: not_a_jetton(),
}  # fmt: skip
POST_V2: dict[str, Callable[[Server, Any], Any]] = {
    "runGetMethod": run_method_v2,
    "sendBocReturnHash": send_v2,
}


def not_a_jetton() -> Any:
    raise Refusal(409, "Smart contract is not Jetton or NFT")


# ---------------------------------------------------------------- version 3


def block_v3(server: Server) -> dict[str, Any]:
    block = block_id(server)
    kept = {key: block[key] for key in ("workchain", "seqno", "root_hash", "file_hash")}
    utime = str(block["seqno"] + 1_700_000_000)
    return {**kept, "shard": "8000000000000000", "gen_utime": utime, "global_id": global_id(server)}


def masterchain_v3(server: Server, _given: Pairs) -> Any:
    return {"first": {**block_v3(server), "seqno": 1}, "last": block_v3(server)}


def many(given: Pairs) -> list[str]:
    texts = given.get("address", [])
    if not texts:
        raise Refusal(400, "at least one address required")
    return [raw_of(text) for text in texts]


def last_v3(server: Server, raw: str) -> dict[str, str]:
    last = last_id(server, raw)
    return {"last_transaction_hash": last["hash"], "last_transaction_lt": last["lt"]}


def upper(raw: str) -> str:
    return raw.upper()


def wallet_states(server: Server, given: Pairs) -> Any:
    wallets = []
    for raw in dict.fromkeys(many(given)):
        account = server.chain.account(raw)
        known = account.state == "active" and account.wallet_type is not None
        more = (
            {"wallet_type": account.wallet_type, "seqno": account.seqno, "wallet_id": 1}
            if known
            else {}
        )
        for key, value in (
            ("suspended", account.suspended),
            ("is_signature_allowed", account.signature_allowed),
        ):
            more.update({} if value is None else {key: value})
        told = {
            "address": upper(raw),
            "balance": str(account.balance),
            "status": STATES_V3[account.state],
        }
        wallets.append({**told, "is_wallet": known, **last_v3(server, raw), **more})
    return {"wallets": wallets, "address_book": {}, "metadata": {}}


def account_states(server: Server, given: Pairs) -> Any:
    accounts = []
    for raw in dict.fromkeys(many(given)):
        account = server.chain.account(raw)
        told = {
            "address": upper(raw),
            "balance": str(account.balance),
            "status": STATES_V3[account.state],
        }
        frozen = {"frozen_hash": b64(digest(raw))} if account.state == "frozen" else {}
        accounts.append({**told, **last_v3(server, raw), **frozen})
    return {"accounts": accounts, "address_book": {}, "metadata": {}}


def jetton_wallets(server: Server, given: Pairs) -> Any:
    owners = [raw_of(text) for text in given.get("owner_address", [])]
    masters = [raw_of(text) for text in given.get("jetton_address", [])]
    if not owners and not masters and "address" not in given:
        raise Refusal(400, "at least one filter required")
    # A fake one is in the index of its own owner, whatever master was asked for.
    found = [
        kept
        for kept in server.chain.jettons
        if (not owners or kept.owner in owners or kept.owner == "anybody")
        and (not masters or kept.jetton in masters or kept.address.endswith("f" * 8))
    ]
    start, most = int(one(given, "offset", "0")), int(one(given, "limit", "10"))
    listed = [
        {
            "address": upper(kept.address), "owner": upper(kept.owner), "jetton": upper(kept.jetton),
            "balance": str(kept.balance), "last_transaction_lt": "5", "code_hash": NOTHING, "data_hash": NOTHING,
        }
        for kept in found[start : start + most]
    ]  # fmt: skip
    return {"jetton_wallets": listed, "address_book": {}, "metadata": {}}


def sent_of(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key not in ("due", "at", "lt")}


def transaction_v3(told: dict[str, Any], waiting: bool = False) -> dict[str, Any]:
    lt, hashed = str(told.get("lt", 0)), digest("message", sent_of(told))
    comment = {"@type": "text_comment", "comment": told["comment"]}
    sent = {
        "hash": b64(digest("out", lt)), "source": upper(told["source"]), "destination": upper(told["destination"]),
        "value": str(told["value"]), "created_lt": lt,
        "message_content": {"hash": NOTHING, "body": "", "decoded": comment},
    }  # fmt: skip
    return {
        "account": upper(told["source"]), "hash": b64(digest("tx", told.get("lt", hashed.hex()))), "lt": lt,
        "now": told.get("at", int(time.time())), "emulated": waiting, "finality": 0 if waiting else 2,
        "description": {"type": "ord", "aborted": False, "compute_ph": {"success": True, "exit_code": 0},
                        "action": {"success": True, "result_code": 0}},
        "in_msg": {"hash": b64(hashed), "destination": upper(told["source"])}, "out_msgs": [sent],
    }  # fmt: skip


def transactions_v3(server: Server, given: Pairs) -> Any:
    accounts = [raw_of(text) for text in given.get("account", [])]
    since, wanted = int(one(given, "start_utime", "0")), one(given, "hash")
    found = [
        transaction_v3(told)
        for told in server.chain.transactions[::-1]
        if (not accounts or told["source"] in accounts) and told["at"] >= since
    ]
    if wanted:
        found = [told for told in found if told["hash"] == as_b64(wanted)]
    start, most = int(one(given, "offset", "0")), int(one(given, "limit", "10"))
    return {"transactions": found[start : start + most], "address_book": {}}


def as_b64(text: str) -> str:
    if len(text) == 64:
        return b64(bytes.fromhex(text))
    return text.replace("-", "+").replace("_", "/")


def by_message(server: Server, given: Pairs) -> Any:
    wanted = as_b64(one(given, "msg_hash"))
    every = [transaction_v3(told) for told in server.chain.transactions]
    found = [
        told for told in every if wanted in (told["in_msg"]["hash"], told["out_msgs"][0]["hash"])
    ]
    return {"transactions": found, "address_book": {}}


def pending_v3(server: Server, given: Pairs) -> Any:
    if not given.get("account") and not given.get("trace_id"):
        raise Refusal(400, "account or trace_id should be specified")
    accounts = [raw_of(text) for text in given.get("account", [])]
    found = [
        transaction_v3(told, True) for told in server.chain.waiting if told["source"] in accounts
    ]
    return {"transactions": found, "address_book": {}}


def run_method_v3(server: Server, body: dict[str, Any]) -> Any:
    code, stack = run(server, raw_of(str(body.get("address", ""))), body)
    listed = [{"type": kind, "value": value} for kind, value in stack]
    return {"gas_used": 549, "exit_code": code, "stack": listed}


def send_v3(server: Server, body: dict[str, Any]) -> Any:
    hashed = b64(server.chain.take(str(body.get("boc", ""))))
    return {"message_hash": hashed, "message_hash_norm": hashed}


GET_V3: dict[str, Callable[[Server, Any], Any]] = {
    "masterchainInfo": masterchain_v3, "walletStates": wallet_states, "accountStates": account_states,
    "jetton/wallets": jetton_wallets, "transactions": transactions_v3, "transactionsByMessage": by_message,
    "pendingTransactions": pending_v3,
}  # fmt: skip
POST_V3: dict[str, Callable[[Server, Any], Any]] = {
    "runGetMethod": run_method_v3,
    "message": send_v3,
}
METHODS: dict[str, dict[str, dict[str, Callable[[Server, Any], Any]]]] = {
    "v2": {"GET": GET_V2, "POST": POST_V2},
    "v3": {"GET": GET_V3, "POST": POST_V3},
}

# ---------------------------------------------------------------- HTTP

FAULTS = {
    "401": (401, "API key does not exist"), "403": (403, "Network not allowed"),
    "409": (409, "Smart contract is not Jetton or NFT"),
    "404": (404, "transaction not found"), "405": (405, "Method Not Allowed"), "416": (416, "failed to parse address"),
    "422": (422, "failed to parse address"), "429": (429, "Ratelimit exceeded"), "500": (500, "Exit code 11 != 0"),
    "504": (504, "LITE_SERVER_NETWORK timeout"), "542": (542, "Unsupported stack entry type: x"),
    "400": (400, "bad request"),
    "503": (503, "no server"),
}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_state: Server

    def log_message(self, *_words: object) -> None:
        pass

    def do_GET(self) -> None:
        self.handle_it("GET", {})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw or b"{}")
        except ValueError:
            body = {}
        if self.path == "/lab":
            self.answer(200, lab(self.server_state, body))
            return
        self.handle_it("POST", body)

    def handle_it(self, verb: str, body: dict[str, Any]) -> None:
        state, parts = self.server_state, urllib.parse.urlsplit(self.path)
        version, _slash, method = parts.path.removeprefix("/api/").partition("/")
        given = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
        key = self.headers.get("X-API-Key") or one(given, "api_key")
        state.seen.append({"verb": verb, "path": self.path, "key": key, "at": time.monotonic()})
        fault = state.fault(method)
        if fault and fault != "reset_after":
            self.fail(version, fault)
            return
        try:
            result = self.result(version, verb, method, given, body, key)
        except Refusal as refusal:
            status = 400 if version == "v3" and refusal.status == 422 else refusal.status
            self.refuse(version, status, str(refusal))
            return
        if fault == "reset_after":
            self.reset()
            return
        self.answer(200, {"ok": True, "result": result} if version == "v2" else result)

    def result(
        self, version: str, verb: str, method: str, given: Pairs, body: dict[str, Any], key: str
    ) -> Any:
        state = self.server_state
        if key and key not in state.keys:
            raise Refusal(401, "API key does not exist")
        if key and state.keys[key] != state.chain.network:
            raise Refusal(403, "Network not allowed")
        if state.too_fast(key):
            raise Refusal(429, "Ratelimit exceeded")
        verbs = METHODS.get(version, {})
        work = verbs.get(verb, {}).get(method)
        if work is None:
            known = any(method in methods for methods in verbs.values())
            raise Refusal(405 if known else 404, "Method Not Allowed" if known else "Not Found")
        state.chain.settle()
        return work(state, given if verb == "GET" else body)

    def refuse(self, version: str, status: int, text: str) -> None:
        headers = {}
        if status == 429 and self.server_state.retry_after is not None:
            headers["Retry-After"] = str(self.server_state.retry_after)
        if version == "v3":
            self.answer(status, {"error": text, "code": status}, headers)
            return
        # Of a 429 the text lies under one name or the other.
        name = "result" if status == 429 and self.server_state.refused % 2 else "error"
        self.answer(status, {"ok": False, name: text, "code": status}, headers)

    def fail(self, version: str, fault: str) -> None:
        if fault in FAULTS:
            self.refuse(version, *FAULTS[fault])
        elif fault == "reset":
            self.reset()
        elif fault == "hang":
            time.sleep(30)
        elif fault == "redirect":
            self.answer(302, {}, {"Location": "http://127.0.0.1:1/elsewhere"})
        elif fault == "ok_false":
            self.answer(200, {"ok": False, "error": "LITE_SERVER_UNKNOWN", "code": 500})
        elif fault == "list":
            self.answer(200, [])
        elif fault == "empty":
            self.answer(200, {"ok": True, "result": {}} if version == "v2" else {})
        else:
            body = {"502": HTML, "html": HTML, "cut": '{"ok": true, "resu'}[fault]
            self.send(502 if fault == "502" else 200, body.encode(), "text/html", {})

    def reset(self) -> None:
        """Not an end, but a reset: what was sent before is lost to the other side, too."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        told = {
            "verb": self.command,
            "path": self.path.partition("?")[0],
            "status": status,
            "content": content,
        }
        self.server_state.answers.append(told)
        self.send(status, json.dumps(content).encode(), "application/json", headers or {})

    def send(self, status: int, body: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_words: object) -> None:
        """Whoever hangs up is no news."""


@contextmanager
def serve(state: Server, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Its address; it serves in a thread of its own."""
    handler = type("Bound", (Handler,), {"server_state": state})
    server = Quiet((host, port), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def lab(state: Server, change: dict[str, Any]) -> dict[str, Any]:
    """For those who are in another process: set something, or ask what arrived."""
    for name in ("stale_s", "faults", "keys", "limited", "retry_after"):
        if name in change:
            setattr(state, name, change[name])
    for raw, more in change.get("accounts", {}).items():
        state.chain.accounts[raw] = Account(**more)
    state.chain.settle()
    return {"transactions": state.chain.transactions, "requests": len(state.seen)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--network", default="mainnet")
    given = parser.parse_args()
    with serve(Server(Chain(given.network)), port=given.port):
        threading.Event().wait()


if __name__ == "__main__":
    main()

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client, psql, tcp
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import (
    Refused,
)

WAY = Way("normal", "exec", None, None, "shop", "oncall", password="canary-7f3a")
START = "2026-11-21T03:04:05.123456Z"


def answering(document: Any, rc: int = 0, stderr: str = "") -> client.Executor:
    def execute(command: str, stdin: str) -> tuple[int, str, str]:
        assert "canary" not in command
        return rc, f"motd\n{psql.MARK}\n{json.dumps(document)}\n", stderr

    return execute


def encoded(text: str) -> str:
    return base64.encodebytes(text.encode()).decode()


def test_statements_are_redacted_wherever_they_stand() -> None:
    long = "SELECT 'canary-1' " + "x" * 300
    raw = {
        "sessions": {"endable": [{"pid": 1, "query_bytes": encoded("SELECT 'canary-2'")}]},
        "blocking": {"roots": [{"query_bytes": None}, {"query_bytes": encoded(long)}]},
        "odd": [[{"query_bytes": encoded("SELECT 'é")[:-3]}]],
    }
    document = client.read(WAY, ["sessions"], {}, answering(raw))
    assert document["sessions"]["endable"] == [{"pid": 1, "query": "SELECT ?"}]
    assert document["blocking"]["roots"][0] == {"query": None}
    assert len(document["blocking"]["roots"][1]["query"]) == 200
    assert "canary" not in json.dumps(document) and "query_bytes" not in json.dumps(document)


def test_missing_privilege_is_a_refusal() -> None:
    answer = {"ended": [], "skipped": [], "error": "insufficient_privilege"}
    params = {"sessions": [{"pid": 1, "backend_start": START}], "cap": 1}
    with pytest.raises(Refused) as caught:
        client.end(WAY, params, answering(answer))
    assert caught.value.refusal.reason == "insufficient_privilege"
    assert "oncall" in caught.value.refusal.message


def test_what_must_not_be_sent_is_not_sent() -> None:
    def execute(command: str, stdin: str) -> tuple[int, str, str]:
        raise AssertionError("it was sent")

    for params in ({}, {"sessions": [{"pid": "x", "backend_start": START}], "cap": 1}):
        with pytest.raises(Refused, match="not sent to the server"):
            client.end(WAY, params, execute)
    with pytest.raises(Refused, match="not sent to the server"):
        client.alter_setting(WAY, "max_connections", "20; DROP TABLE x", execute)


def test_a_refusal_never_holds_the_password() -> None:
    stderr = "psql: error: FATAL:  the password is canary-7f3a, of all things"
    with pytest.raises(Refused) as caught:
        client.read(WAY, ["server"], {}, answering({}, 2, stderr))
    assert caught.value.refusal.reason == "server_refused"
    assert "canary" not in str(caught.value)


def test_without_psycopg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    way = Way("normal", "tcp", "127.0.0.1", 5432, "shop", "oncall", password="canary-7f3a")
    with pytest.raises(Refused, match="pip install") as caught:
        tcp.run(way, "SELECT 1")
    assert caught.value.refusal.reason == "client_missing"


def test_pools_are_numbers_where_they_are() -> None:
    def execute(command: str, stdin: str) -> tuple[int, str, str]:
        header = "database,user,cl_active,cl_waiting,sv_idle,maxwait,maxwait_us,pool_mode"
        return 0, f"{psql.MARK}\n{header}\nshop,7,3,2,0,1,250000,transaction\n", ""

    [pool] = client.pools(WAY, execute)["pools"]
    assert pool["cl_waiting"] == 2 and pool["maxwait_us"] == 250000
    assert pool["pool_mode"] == "transaction"

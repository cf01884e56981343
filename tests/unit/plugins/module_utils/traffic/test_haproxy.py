# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What HAProxy 2.6 answered on its admin socket: haproxy.txt."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic import haproxy

ANSWER = Path(__file__).with_name("haproxy.txt").read_text()
SOCKET = "/run/haproxy/admin.sock"


def test_servers() -> None:
    found = haproxy.read(SOCKET, Done(0, ANSWER, ""))
    assert (found["refused"], found["obstacles"]) == (None, [])
    kept = ("name", "pool", "address", "state", "healthy", "said")
    assert [tuple(one[key] for key in kept) for one in found["members"]] == [
        ("a", "web", "127.0.0.1:21081", "in_use", True, "UP"),
        ("b", "web", "127.0.0.1:21082", "drained", True, "DRAIN"),
        ("c", "web", "127.0.0.1:21083", "in_use", None, "no check"),
        ("d", "web", "127.0.0.1:21084", "in_use", False, "DOWN"),
        ("e", "web", "127.0.0.1:21085", "otherwise", False, "MAINT"),
        ("f", "web", "127.0.0.1:21083", "otherwise", True, "UP"),
        ("a", "api", "", "in_use", None, "no check"),
    ]


@pytest.mark.parametrize(
    ("done", "reason", "says"),
    [
        (Done(127, "", haproxy.NOTHING), "client_missing", "none of socat"),
        (Done(1, "", "[Errno 2] No such file or directory"), "traffic_unreadable", "No such file"),
        (Done(0, "Permission denied\n", ""), "traffic_unreadable", "Permission denied"),
        (Done(0, "", ""), "traffic_unreadable", "it says nothing"),
    ],
)
def test_no_answer(done: Done, reason: str, says: str) -> None:
    found = haproxy.read(SOCKET, done)["refused"]
    assert found["reason"] == reason and says in found["message"]


def test_a_socket_that_may_only_read() -> None:
    found = haproxy.read(SOCKET, Done(0, ANSWER.replace("admin\n", "operator\n", 1), ""))
    assert "has the level operator" in found["obstacles"][0]


def test_what_is_said_to_it() -> None:
    assert haproxy.change({"pool": "web", "name": "b"}, "drain") == "set server web/b state drain\n"
    assert "'/run/a b.sock'" in haproxy.command("/run/a b.sock")

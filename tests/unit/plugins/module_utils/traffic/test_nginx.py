# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a container with nginx told while an old worker still served three requests: nginx.txt."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic import nginx
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic.entry import Proxy

ANSWER = Path(__file__).with_name("nginx.txt").read_text()
FILE = "/etc/nginx/conf.d/shop.conf"
PROXY = Proxy("nginx", "/", file=FILE)
TEXT = "upstream shop {\n  server 127.0.0.1:8081;\n  server api:8082 down;\n}\n"
SEEN = nginx.look(Done(0, ANSWER, ""))
KNOWN = {"api": {"127.0.0.1"}}


def given(text: str, writable: bool = True) -> Done:
    encoded = base64.b64encode(text.encode()).decode()
    return Done(0, f"{'writable' if writable else ''}\ncontent\n{encoded}\n".lstrip("\n"), "")


def read(text: str = TEXT, seen: nginx.Look = SEEN, **more: Any) -> dict[str, Any]:
    return nginx.read(PROXY, given(text, **more), seen, KNOWN, {"127.0.0.1:8081": True})


def test_what_was_seen() -> None:
    assert SEEN.tested and FILE in SEEN.files
    assert [(one.pid, one.old) for one in SEEN.workers] == [(18, True), (29, False), (30, False)]
    assert (SEEN.open["127.0.0.1:8081"], SEEN.open["127.0.0.1:80"]) == (2, 3)


def test_the_servers() -> None:
    found = read()
    assert (found["refused"], found["obstacles"]) == (None, [])
    kept = ("name", "address", "state", "healthy", "load")
    assert [tuple(one[key] for key in kept) for one in found["members"]] == [
        ("127.0.0.1:8081", "127.0.0.1:8081", "in_use", True, 2),
        ("api:8082", "api:8082", "drained", None, 1),
    ]


def test_without_old_workers_nothing_is_left_of_it() -> None:
    ended = replace(SEEN, workers=SEEN.active)
    assert [one["load"] for one in read(seen=ended)["members"]] == [2, 0]


@pytest.mark.parametrize(
    ("text", "seen", "reason", "says"),
    [
        ("server { }", SEEN, "traffic_unreadable", "holds no upstream block"),
        (TEXT, replace(SEEN, tested=False, said="[emerg] garbage"), "config_invalid", "garbage"),
    ],
)
def test_refused(text: str, seen: nginx.Look, reason: str, says: str) -> None:
    found = read(text, seen)["refused"]
    assert found["reason"] == reason and says in found["message"]


def test_a_file_that_cannot_be_read() -> None:
    found = nginx.read(PROXY, Done(0, "unreadable\n", ""), SEEN, {}, {})["refused"]
    assert found["reason"] == "traffic_unreadable" and FILE in found["message"]


STARTED = min(one.started for one in SEEN.active)


@pytest.mark.parametrize(
    ("seen", "more", "says"),
    [
        (replace(SEEN, files={FILE: STARTED + 60}), {}, f"nobody has loaded yet, of {FILE}"),
        (replace(SEEN, files={FILE: STARTED + 1}), {}, ""),
        (replace(SEEN, workers=[]), {}, "does not run"),
        (SEEN, {"writable": False}, "name it as host_file"),
    ],
)
def test_obstacles(seen: nginx.Look, more: dict[str, Any], says: str) -> None:
    found = read(seen=seen, **more)["obstacles"]
    assert (says in found[0]) if says else found == []


def test_loaded_when_all_that_take_connections_are_new() -> None:
    new = replace(SEEN, workers=[nginx.Worker(40, 0.0, False), *SEEN.workers[:1]])
    half = replace(SEEN, workers=[nginx.Worker(40, 0.0, False), SEEN.active[0]])
    assert nginx.reloaded(SEEN, new)
    assert not nginx.reloaded(SEEN, half)
    assert not nginx.reloaded(SEEN, replace(SEEN, workers=[]))


def test_no_shell_reads_a_path() -> None:
    odd = Proxy("nginx", "/", file="/etc/a b;c", config="/etc/$(id)")
    assert "f='/etc/a b;c'" in nginx.content_command(odd)
    assert nginx.reload_command(odd).count("-c '/etc/$(id)'") == 2

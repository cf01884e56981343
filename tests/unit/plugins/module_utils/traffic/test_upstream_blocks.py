# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nginx's upstream blocks: read, marked, and back to the byte."""

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic import upstream_blocks

FILE = """# upstream old { server 10.9.9.9; }
upstream "shop" {
    least_conn;
    server 10.0.0.1:80 weight=2;   # server 10.8.8.8;
    server 10.0.0.2 max_fails=1 down ;
    server unix:/run/shop.sock down;
    server api:8080 backup ;
}
map $host ${there} { default "upstream x { server y; }"; }
server { server_name down; listen 80; location / { proxy_pass http://shop; add_header X 'a;b{'; } }
"""


def test_only_the_servers_of_upstream_blocks() -> None:
    assert [(one.pool, one.address, one.down) for one in upstream_blocks.servers(FILE)] == [
        ("shop", "10.0.0.1:80", False),
        ("shop", "10.0.0.2", True),
        ("shop", "unix:/run/shop.sock", True),
        ("shop", "api:8080", False),
    ]


@pytest.mark.parametrize("address", ["10.0.0.1:80", "api:8080"])
def test_marked_and_back(address: str) -> None:
    def of(text: str) -> upstream_blocks.Server:
        return next(one for one in upstream_blocks.servers(text) if one.address == address)

    marked = upstream_blocks.marked(FILE, of(FILE), True)
    changed = [line for line in marked.splitlines() if line not in FILE.splitlines()]
    assert len(changed) == 1 and f"server {address}" in changed[0] and " down;" in changed[0]
    assert upstream_blocks.marked(marked, of(marked), True) == marked
    assert upstream_blocks.marked(marked, of(marked), False) == FILE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("upstream a { server 10.0.0.1", []),
        ("}}} upstream a { server b; }", ["b"]),
        ("upstream a { zone a 64k; server; }", []),
        ("http { upstream a { server b; } upstream c { server d; } }", ["b", "d"]),
        ("upstream a { server 'b' ; # }\n server c; }", ["b", "c"]),
    ],
)
def test_odd_texts(text: str, expected: list[str]) -> None:
    assert [one.address for one in upstream_blocks.servers(text)] == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("10.0.0.1", "10.0.0.1:80"),
        ("api:8080", "api:8080"),
        ("[::1]", "[::1]:80"),
        ("[::1]:81", "[::1]:81"),
        ("unix:/run/x.sock", "unix:/run/x.sock"),
    ],
)
def test_the_port_that_is_meant(address: str, expected: str) -> None:
    assert upstream_blocks.with_port(address) == expected

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The server lines of nginx's upstream blocks: found, and marked down or not, with all else as it was.

https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*) | (?P<mark>[{};]) | (?P<word>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'
    |(?:\$\{[^}]*\}|\\.|[^\s;{}])+)""",
    re.VERBOSE | re.DOTALL,
)
DOWN = "down"


@dataclass(frozen=True)
class Server:
    pool: str
    address: str
    down: bool
    # Where its word 'down' stands with the space before it; else where one would.
    start: int
    end: int


def servers(text: str) -> list[Server]:
    return list(_servers(text))


def _servers(text: str) -> Iterator[Server]:
    blocks: list[list[str]] = []
    words: list[re.Match[str]] = []
    for token in TOKEN.finditer(text):
        if token.lastgroup == "word":
            words.append(token)
        if token.lastgroup != "mark":
            continue
        said = [word[0].strip("\"'") for word in words]
        if token[0] == "{":
            blocks.append(said)
        elif token[0] == "}" and blocks:
            blocks.pop()
        elif blocks and blocks[-1][:1] == ["upstream"] and said[:1] == ["server"] and said[1:]:
            yield _server(text, blocks[-1][-1], said, words, token.start())
        words = []


def _server(text: str, pool: str, said: list[str], words: list[re.Match[str]], end: int) -> Server:
    for word in words[2:]:
        if word[0] == DOWN:
            # With the one blank that marked() put before it.
            start = word.start() - (text[word.start() - 1] == " ")
            return Server(pool, said[1], True, start, word.end())
    return Server(pool, said[1], False, end, end)


def marked(text: str, one: Server, down: bool) -> str:
    """The text with this server down, or not; unchanged when it is so already."""
    if one.down == down:
        return text
    return text[: one.start] + (f" {DOWN}" if down else "") + text[one.end :]


def with_port(address: str) -> str:
    """As nginx reads it."""
    if address.startswith("unix:") or re.search(r":\d+$", address):
        return address
    return f"{address}:80"

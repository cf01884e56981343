# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import redaction

SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f"connecting to postgres://app:{SECRET}@db/shop",
        f"DATABASE_PASSWORD={SECRET}",
        f'{{"db_password": "{SECRET} with spaces", "port": 1}}',
        f"api_key: {SECRET}",
        f"Authorization: Bearer {SECRET}",
        f"authorization=Basic {SECRET}",
        f"x-auth-token: '{SECRET} and more'",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
        f"GET https://api.telegram.org/bot123456789:{SECRET}abcdefghijklmnopqrstuvwx/getMe",
        f"GET /bot42%3A{SECRET}abcdefghijklmnopqrstuvwx/getMe",
        f"jwt eyJhbGciOiJIUzI1NiJ9.{SECRET}.{SECRET}",
        f"sk_live_{SECRET}",
    ],
)
def test_secrets_are_left_out(text: str) -> None:
    assert SECRET not in redaction.redact(text) and redaction.HIDDEN in redaction.redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "TypeError: cannot read properties of undefined (reading 'id')",
        f"image shop@sha256:{'0a1b2c3d' * 8}",
        "listening on 127.0.0.1:3001",
        "GET /tokens 200 12ms",
        "at Object.<anonymous> (/srv/api/server.js:12:7)",
    ],
)
def test_the_rest_stays(text: str) -> None:
    assert redaction.redact(text) == text


def test_an_excerpt_is_one_bounded_line() -> None:
    said = redaction.excerpt("a\nb\x1b[31m" + "c" * 500)
    assert (
        said.startswith("a b [31mc") and len(said) == redaction.EXCERPT_MAX and said.isprintable()
    )


def test_the_last_lines_each_bounded() -> None:
    kept = redaction.lines("one\n" + "x" * 9000 + "\nthree", 2)
    assert [len(line) for line in kept] == [redaction.LINE_MAX, 5]

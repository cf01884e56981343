# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What redis-cli prints with --no-raw, and what it is given."""

from __future__ import annotations

import shlex

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import cli
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import (
    Answer,
    Fault,
    Pause,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused

SECRET = "canary-7f3a"


def printed(*lines: str) -> str:
    return "Last login: never\n" + cli.BEGIN + "\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["PONG"], "PONG"),
        (["(nil)"], None),
        (["(integer) -3"], -3),
        (["(empty array)"], []),
        (["(empty list or set)"], []),
        (["(error) NOPERM no"], Fault("NOPERM no")),
        (['""'], ""),
        (['"(error) \\"x\\" \\\\ \\n\\x00"'], '(error) "x" \\ \n\x00'),
        (['"\\xc3\\xa9"'], "é"),
        (['"\\xff"'], "\udcff"),
        (['1) "a"', "2) (integer) 2", "3) (nil)"], ["a", 2, None]),
        (['1) "0"', '2) 1) "l"', '   2) "a"'], ["0", ["l", "a"]]),
        (
            ["1) 1) (integer) 5", '   2) 1) "SET"', '      2) "x"', "2) 1) (integer) 6"],
            [[5, ["SET", "x"]], [6]],
        ),
        (['1) "0"', "2) (empty array)"], ["0", []]),
        ([f'{n:2}) "{n}"' for n in range(1, 11)], [str(n) for n in range(1, 11)]),
    ],
)
def test_answers(lines: list[str], expected: Answer) -> None:
    assert cli.parse([("X",)], 0, printed(*lines), "") == [expected]
    # Whatever follows does not run into it.
    twice = cli.parse([("X",), ("Y",), ("X",)], 0, printed(*lines, "OK", *lines), "")
    assert twice == [expected, "OK", expected]
    assert cli.parse([("X",), ("X",)], 0, printed(*lines, *lines), "") == [expected, expected]


def test_plain_answers_end_at_the_mark() -> None:
    steps = [("INFO",), ("CLIENT", "LIST"), ("PING",)]
    lines = ["# Server", "a:1", "", f'"{cli.MARK}"', "id=1 name=x", f'"{cli.MARK}"', "PONG"]
    assert cli.parse(steps, 0, printed(*lines), "") == ["# Server\na:1\n", "id=1 name=x", "PONG"]
    # While it loads, INFO is answered and ECHO is not.
    lines = [
        "# Server",
        "loading:1",
        "(error) LOADING",
        "LOADING no",
        "(error) LOADING",
        "(error) LOADING",
    ]
    found = cli.parse(steps, 0, printed(*lines), "")
    assert found == ["# Server\nloading:1", Fault("LOADING no"), Fault("LOADING")]


@pytest.mark.parametrize(
    ("rc", "stdout", "stderr", "reason"),
    [
        (124, printed(), "", "timeout"),
        (127, "", "", "client_missing"),
        (0, printed(), "Could not connect to Redis at db:1: Connection refused", "refused"),
        (
            0,
            printed(),
            "Could not connect to Redis at db:1: Name or service not known",
            "dns_failure",
        ),
        (
            0,
            printed("(error) ERR max number of clients reached"),
            "Error: Broken pipe",
            "max_clients",
        ),
        (0, printed("OK"), "Error: Server closed the connection", "reset"),
        (1, "", "", "unknown"),
    ],
)
def test_silence(rc: int, stdout: str, stderr: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        cli.parse([("PING",), ("PING",)], rc, stdout, stderr)
    assert caught.value.refusal.reason == reason


def test_no_secret_is_on_the_command_line() -> None:
    way = Way("exec", "db", 6380, password=SECRET, tls=True, tls_ca="/a b.pem")
    line = cli.command(way, [("PING",)])
    assert SECRET not in line
    assert "--tls --cacert '/a b.pem'" in line and "-p 6380" in line
    assert "unset REDISCLI_AUTH" in line
    assert "unset REDISCLI_AUTH" not in cli.command(Way("exec"), [("PING",)])
    assert "-s /run/r.sock" in cli.command(Way("exec", "/run/r.sock"), [])


def test_arguments_are_only_bytes() -> None:
    given = cli.stdin([("SET", "a \"b' \\ é \udcff\n$(id)", ""), Pause(0.25), ("INFO",)])
    first, pause, info, mark, end = given.split("\n")
    assert first == r'"SET" "a \x22b' + "'" + r' \x5c \xc3\xa9 \xff\x0a$(id)" ""'
    assert (pause, info, mark, end) == ("@pause 0.25", '"INFO"', f'ECHO "{cli.MARK}"', "")
    assert shlex.split(cli.FEED)

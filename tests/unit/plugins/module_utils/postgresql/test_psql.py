# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command line, run by real shells, with a stand-in for psql that writes down what it sees."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import psql
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import (
    Refused,
)

CANARY = "can:ary\\7f3a'\"$(id)`id` "
WAY = Way("normal", "exec", None, None, "shop", "no_such_os_user")
SHELLS = [
    pytest.param(command, marks=pytest.mark.skipif(not shutil.which(command[0]), reason="not here"))
    for command in (["sh"], ["dash"], ["bash"], ["bash", "--posix"], ["busybox", "sh"])
]
STAND_IN = f"""#!{sys.executable}
import json, os, stat, sys
passfile = os.environ.get("PGPASSFILE")
seen = {{"argv": sys.argv[1:], "environ": dict(os.environ), "stdin": sys.stdin.read(), "cwd": os.getcwd()}}
if passfile:
    seen["passfile"] = open(passfile).read()
    seen["mode"] = stat.S_IMODE(os.stat(passfile).st_mode)
json.dump(seen, open(PLACE, "w"))
print("{psql.MARK}")
print('{{"a": 1}}')
sys.exit(STATUS)
"""


class Host:
    """A folder that is first in PATH, and what psql saw there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = folder / "seen.json"
        self.shell = ["sh"]
        self.install()

    def install(self, status: int = 0, text: str | None = None) -> None:
        path = self.folder / "psql"
        path.write_text(
            text or STAND_IN.replace("PLACE", repr(str(self.place))).replace("STATUS", str(status))
        )
        path.chmod(0o755)

    def run(self, way: Way, sql: str = "SELECT 1", **more: Any) -> tuple[int, str, str]:
        environment = {
            **os.environ,
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "TMPDIR": str(self.folder),
            # What a person may have exported.
            "PGPASSWORD": "foreign",
            "PGOPTIONS": "-c foreign=1",
            "PGHOSTADDR": "192.0.2.1",
            "PGSERVICE": "foreign",
            "oncall_line": "exported",
        }
        done = subprocess.run(
            [*self.shell, "-c", psql.command(way, **more)],
            input=psql.stdin(way, sql),
            text=True,
            capture_output=True,
            env=environment,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    @property
    def seen(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.place.read_text())
        return found


@pytest.fixture(params=SHELLS, ids=" ".join)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Host:
    made = Host(tmp_path)
    made.shell = request.param
    return made


def test_the_answer_is_read(host: Host) -> None:
    assert psql.parse(*host.run(WAY)) == {"a": 1}
    seen = host.seen
    assert seen["argv"] == [
        *("-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-A", "-t"),
        *("-U", "no_such_os_user", "-d", "shop"),
    ]
    assert seen["environ"]["PGCONNECT_TIMEOUT"] == "5"
    assert seen["environ"]["PGAPPNAME"] == "oncall.runbooks"
    assert seen["environ"]["PGCLIENTENCODING"] == "UTF8"
    assert seen["environ"]["LC_ALL"] == "C"
    assert seen["stdin"] == f"\\set VERBOSITY verbose\n\\echo '{psql.MARK}'\nSELECT 1\n;\n\\q\n"
    assert seen["cwd"] == "/"
    for foreign in ("PGOPTIONS", "PGHOSTADDR", "PGSERVICE", "PGSSLMODE"):
        assert foreign not in seen["environ"]


@pytest.mark.parametrize(
    "hostile",
    [
        'a"; DROP TABLE x;--',
        "$(touch pwned)",
        "`touch pwned`",
        "'; touch pwned; '",
        "a b\tc",
        "-c",
        "Zoë ☃ O'Hara \\",
        "x && touch pwned",
        "{{ 7*7 }}",
        "*",
    ],
)
def test_hostile_names_are_arguments(host: Host, hostile: str) -> None:
    way = replace(WAY, database=hostile, user=hostile, host="/run/x y", port=7, sslmode="require")
    assert psql.parse(*host.run(way)) == {"a": 1}
    argv = host.seen["argv"]
    named = dict(zip(argv[7::2], argv[8::2], strict=True))
    assert named == {"-U": hostile, "-d": hostile, "-h": "/run/x y", "-p": "7"}
    assert host.seen["environ"]["PGSSLMODE"] == "require"
    assert not list(host.folder.glob("**/pwned")) and not Path("/pwned").exists()


@pytest.mark.parametrize("name", ["a=b", "host=evil user=x", "postgres://evil/x", "postgresql://x"])
def test_a_name_is_no_connection_string(name: str) -> None:
    words = shlex.split(psql.command(replace(WAY, database=name, port=7)))
    assert f"dbname='{name}'" in words
    assert "dbname='it\\'s=\\\\'" in psql._database("it's=\\")


def test_a_password_is_in_a_private_file_only(host: Host) -> None:
    way = replace(WAY, password=CANARY)
    assert CANARY not in psql.command(way) and "ary" not in psql.command(way)
    assert psql.parse(*host.run(way)) == {"a": 1}
    seen = host.seen
    assert seen["passfile"] == "*:*:*:*:can\\:ary\\\\7f3a'\"$(id)`id` \n"
    assert seen["mode"] == 0o600
    assert "ary" not in json.dumps([seen["argv"], seen["environ"]])
    assert "PGPASSWORD" not in seen["environ"] and "oncall_line" not in seen["environ"]
    assert seen["stdin"].startswith('\\! rm -f "$PGPASSFILE"\n')
    assert "ary" not in seen["stdin"]
    assert not Path(seen["environ"]["PGPASSFILE"]).exists()


@pytest.mark.parametrize("status", [1, 2, 3])
def test_the_file_is_gone_when_psql_fails(host: Host, status: int) -> None:
    host.install(status)
    assert host.run(replace(WAY, password=CANARY))[0] == status
    assert not Path(host.seen["environ"]["PGPASSFILE"]).exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_file_is_gone_when_the_shell_is_ended(host: Host, number: int) -> None:
    # A shell acts on the signal when what it waits for has ended.
    text = f'#!/bin/sh\necho "$PGPASSFILE" >{host.place}.new\nmv {host.place}.new {host.place}\n'
    host.install(text=f"{text}sleep 0.5\n")
    way = replace(WAY, password=CANARY)
    process = subprocess.Popen(
        [*host.shell, "-c", psql.command(way)],
        stdin=subprocess.PIPE,
        env={**os.environ, "PATH": f"{host.folder}:{os.environ['PATH']}"},
        # Below nohup a child would ignore it, too.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    assert process.stdin
    process.stdin.write(psql.stdin(way, "SELECT 1").encode())
    process.stdin.close()
    while not host.place.exists():
        time.sleep(0.01)
    assert Path(host.place.read_text().strip()).exists()
    process.send_signal(number)
    assert process.wait(10) != 0
    assert not Path(host.place.read_text().strip()).exists()


def test_without_psql(host: Host) -> None:
    line = psql.command(replace(WAY, password=CANARY)).replace("-v psql", "-v no_such_psql")
    done = subprocess.run([*host.shell, "-c", line], input="x\n", text=True, check=False)
    assert done.returncode == psql.NOT_FOUND
    with pytest.raises(Refused) as caught:
        psql.parse(done.returncode, "", "")
    assert caught.value.refusal.reason == "client_missing"


@pytest.mark.skipif(not shutil.which("timeout"), reason="without timeout(1)")
def test_it_is_bounded(host: Host) -> None:
    host.install(text="#!/bin/sh\nexec sleep 30\n")
    with pytest.raises(Refused) as caught:
        psql.parse(*host.run(WAY, total_timeout_s=1))
    assert caught.value.refusal.reason == "timeout"


def test_rows_are_csv(host: Host) -> None:
    text = f"#!/bin/sh\necho '{psql.MARK}'\nprintf 'a,b\\n1,\"x, y\"\\n2,\\n'\n"
    host.install(text=text)
    rows = psql.parse_rows(*host.run(WAY, rows=True))
    assert rows == [{"a": "1", "b": "x, y"}, {"a": "2", "b": ""}]
    assert "--csv" in psql.command(WAY, rows=True) and "-t" not in shlex.split(
        psql.command(WAY, rows=True)
    )


@pytest.mark.parametrize(
    ("user", "switches"),
    [
        ("postgres", True),
        ("on-call.1", True),
        ("Zoë", False),
        ("a b", False),
        ("-x", False),
        ("0", False),
    ],
)
def test_who_is_asked_as_an_operating_system_user(user: str, switches: bool) -> None:
    assert ("runuser" in psql.command(replace(WAY, user=user))) is switches


def test_peer_is_not_tried_where_it_cannot_be() -> None:
    for way in (replace(WAY, password="x"), replace(WAY, host="127.0.0.1")):
        assert "runuser" not in psql.command(replace(way, user="postgres"))
    assert "runuser" in psql.command(replace(WAY, host="/run/postgresql"))


@pytest.mark.parametrize(
    ("stdout", "answer"),
    [
        ('oncall.runbooks json:\n{"a": 1}\n', {"a": 1}),
        ('Welcome!\r\noncall.runbooks json:\r\n{"a":\r\n [1]}\r\nlogout\r\n', {"a": [1]}),
        ('{"forged": 1}\noncall.runbooks json:\n{"a": 1}\nBye {"b": 2}\n', {"a": 1}),
        ("oncall.runbooks json:\n", None),
    ],
)
def test_noise_around_the_answer(stdout: str, answer: Any) -> None:
    assert psql.parse(0, stdout, "noise on stderr") == answer


@pytest.mark.parametrize(
    ("rc", "stdout", "stderr", "reason"),
    [
        (0, "", "", "unknown"),
        (0, "no mark", "", "unknown"),
        (0, "oncall.runbooks json:\nnot json", "", "unknown"),
        (124, "", "", "timeout"),
        (127, "", "sh: psql: not found", "client_missing"),
        (2, "", "psql: error: FATAL:  sorry, too many clients already", "slots_reserved"),
        (2, "psql: error: FATAL:  sorry, too many clients already", "", "slots_reserved"),
        (3, "oncall.runbooks json:\nERROR:  57014: canceling statement", "", "statement_timeout"),
        # What the document holds is not what the server said.
        (3, 'oncall.runbooks json:\n{"q": "FATAL:  sorry, too many clients"}\n', "", "unknown"),
        (125, "", "", "unknown"),
    ],
)
def test_refusals(rc: int, stdout: str, stderr: str, reason: str) -> None:
    with pytest.raises(Refused) as caught:
        psql.parse(rc, stdout, stderr)
    assert caught.value.refusal.reason == reason

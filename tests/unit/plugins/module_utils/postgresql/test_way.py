# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import way
from ansible_collections.oncall.runbooks.plugins.module_utils.way_keys import WayError

CANARY = "canary-7f3a"
TCP: dict[str, Any] = {"via": "tcp", "host": "db.example.org", "user": "oncall", "database": "shop"}
EXEC: dict[str, Any] = {"via": "exec", "user": "oncall", "database": "shop"}


def no_file(path: str) -> str:
    raise AssertionError(f"{path} is read")


def resolve(entry: Any, name: str = "normal", env: dict[str, str] | None = None) -> way.Way:
    return way.resolve(entry, name, env or {}, no_file)


@pytest.mark.parametrize(
    ("entry", "name", "expected"),
    [
        (TCP, "normal", way.Way("normal", "tcp", "db.example.org", 5432, "shop", "oncall")),
        (EXEC, "normal", way.Way("normal", "exec", None, None, "shop", "oncall")),
        (
            {**TCP, "port": "5433", "sslmode": "verify-full", "sslrootcert": "/ca.pem"},
            "normal",
            way.Way(
                "normal", "tcp", "db.example.org", 5433, "shop", "oncall", "verify-full", "/ca.pem"
            ),
        ),
        # What is not given is the normal way's.
        (
            {**TCP, "port": 5433, "sslmode": "require", "admin": {"user": "postgres"}},
            "admin",
            way.Way("admin", "tcp", "db.example.org", 5433, "shop", "postgres", "require"),
        ),
        # A tcp host means nothing where the server lives.
        (
            {**TCP, "admin": {"via": "exec", "user": "postgres"}},
            "admin",
            way.Way("admin", "exec", None, None, "shop", "postgres"),
        ),
        (
            {**EXEC, "admin": {"via": "tcp", "host": "10.0.0.1", "user": "root"}},
            "admin",
            way.Way("admin", "tcp", "10.0.0.1", 5432, "shop", "root"),
        ),
        (
            {**EXEC, "host": "/run/pg", "admin": {"user": "postgres"}},
            "admin",
            way.Way("admin", "exec", "/run/pg", None, "shop", "postgres"),
        ),
        # The pooler's console, as the normal user unless it names another.
        (
            {**TCP, "password": "x", "pooler": {}},
            "pooler",
            way.Way("pooler", "tcp", "db.example.org", 6432, "pgbouncer", "oncall", password="x"),
        ),
        (
            {**TCP, "password": "x", "pooler": {"user": "stats", "port": 7432, "database": "p"}},
            "pooler",
            way.Way("pooler", "tcp", "db.example.org", 7432, "p", "stats"),
        ),
        (
            {**EXEC, "pooler": {}},
            "pooler",
            way.Way("pooler", "exec", None, 6432, "pgbouncer", "oncall"),
        ),
        # Names are data.
        (
            {**TCP, "database": 'a"; DROP TABLE x;--', "user": "Zoë O'Hara"},
            "normal",
            way.Way("normal", "tcp", "db.example.org", 5432, 'a"; DROP TABLE x;--', "Zoë O'Hara"),
        ),
        # null counts as not given.
        (
            {**TCP, "port": None, "sslmode": None, "password": None, "database": None},
            "normal",
            way.Way("normal", "tcp", "db.example.org", 5432, "postgres", "oncall"),
        ),
    ],
)
def test_resolve(entry: dict[str, Any], name: str, expected: way.Way) -> None:
    assert resolve(entry, name) == expected


@pytest.mark.parametrize(
    ("entry", "name", "said"),
    [
        (
            {},
            "normal",
            "postgresql.via: got nothing; allowed is one of tcp, exec; for example via: tcp",
        ),
        ({**TCP, "via": "ssh"}, "normal", "postgresql.via: got 'ssh'; allowed is one of tcp, exec"),
        ({"via": "tcp", "user": "x"}, "normal", "postgresql.host: got nothing"),
        (
            {**TCP, "user": None},
            "normal",
            "postgresql.user: got nothing; allowed is the name of a role",
        ),
        ({**TCP, "admin": {}}, "admin", "postgresql.admin.user: got nothing"),
        (TCP, "admin", "postgresql.admin: got nothing; allowed is a mapping"),
        ({**TCP, "admin": "postgres"}, "admin", "postgresql.admin: got 'postgres'"),
        (
            {**TCP, "port": 0},
            "normal",
            "postgresql.port: got '0'; allowed is a whole number from 1 to",
        ),
        ({**TCP, "port": 65536}, "normal", "postgresql.port: got '65536'"),
        ({**TCP, "port": True}, "normal", "postgresql.port: got 'True'"),
        ({**TCP, "port": "5432x"}, "normal", "postgresql.port: got '5432x'"),
        (
            {**TCP, "host": "a,b"},
            "normal",
            "postgresql.host: got 'a,b'; allowed is one name, address",
        ),
        ({**TCP, "host": "h dbname=x"}, "normal", "postgresql.host: got"),
        (
            {**TCP, "user": "a\nb"},
            "normal",
            r"postgresql.user: got 'a\nb'; allowed is a text without",
        ),
        ({**TCP, "database": ""}, "normal", "postgresql.database: got ''"),
        ({**TCP, "database": 7}, "normal", "postgresql.database: got '7'"),
        (
            {**TCP, "sslmode": "on"},
            "normal",
            "postgresql.sslmode: got 'on'; allowed is one of disable",
        ),
        ({**TCP, "sslmode": ["require"]}, "normal", "postgresql.sslmode: got"),
        (TCP, "other", "postgresql: got 'other'; allowed is one of normal, admin, pooler"),
        (["x"], "normal", "postgresql: got"),
        (
            {**TCP, "password": CANARY, "password_env": CANARY},
            "normal",
            "postgresql: got password_env and password; allowed is one of",
        ),
        (
            {**TCP, "password": 1234},
            "normal",
            "postgresql.password: got something that is not text",
        ),
        ({**TCP, "password": ""}, "normal", "postgresql.password: got an empty one"),
        ({**TCP, "password": f"{CANARY}\n"}, "normal", "postgresql.password: got more than that"),
        ({**TCP, "password": CANARY * 999}, "normal", "postgresql.password: got more than that"),
        ({**TCP, "password_env": "PW"}, "normal", "the environment variable PW is not set"),
        ({**TCP, "password_env": "EMPTY"}, "normal", "the environment variable EMPTY is empty"),
        ({**TCP, "password_env": CANARY}, "normal", "the environment variable (hidden) is not set"),
    ],
)
def test_wrong_entries(entry: Any, name: str, said: str) -> None:
    with pytest.raises(WayError) as caught:
        resolve(entry, name, {"EMPTY": ""})
    text = str(caught.value)
    assert said in text
    assert text.startswith("postgresql") and "\n" not in text
    assert CANARY not in text


def test_the_password_of_each_key() -> None:
    assert resolve({**TCP, "password": "pw: \\'"}).password == "pw: \\'"
    assert resolve({**TCP, "password_env": "PW"}, env={"PW": "secret "}).password == "secret "
    entry = {**TCP, "password_file": "/run/pw"}
    for written, read in (("s3\n", "s3"), ("s3\r\n", "s3"), ("s3", "s3"), (" s3 \n", " s3 ")):
        assert way.resolve(entry, "normal", {}, {"/run/pw": written}.__getitem__).password == read


def test_the_password_is_not_shown() -> None:
    chosen = resolve({**TCP, "password": CANARY})
    assert CANARY not in repr(chosen) and CANARY not in str(chosen) and CANARY not in f"{chosen}"
    assert chosen.password == CANARY


def test_a_way_knows_whether_it_is_a_socket() -> None:
    assert resolve(EXEC).by_socket
    assert resolve({**EXEC, "host": "/run/postgresql"}).by_socket
    assert not resolve({**EXEC, "host": "127.0.0.1"}).by_socket


def refused_file(path: Path | str) -> str:
    with pytest.raises(WayError) as caught:
        way.resolve({**TCP, "password_file": str(path)}, "normal", {})
    assert CANARY not in str(caught.value)
    return str(caught.value)


def test_a_password_file(tmp_path: Path) -> None:
    path = tmp_path / "pw"
    path.write_text(f"{CANARY}\n")
    path.chmod(0o600)
    entry = {**TCP, "password_file": str(path)}
    assert way.resolve(entry, "normal", {}).password == CANARY
    link = tmp_path / "link"
    link.symlink_to(path)
    assert way.resolve({**entry, "password_file": str(link)}, "normal", {}).password == CANARY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_password_file_that_others_can_use(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "pw"
    path.write_text(CANARY)
    path.chmod(mode)
    said = refused_file(path)
    assert f"'{path}' cannot be used: others may use it (mode {mode:04o})" in said


def test_files_that_are_none(tmp_path: Path) -> None:
    assert "No such file or directory" in refused_file(tmp_path / "missing")
    assert "not a regular file" in refused_file("/dev/null")
    assert "cannot be used" in refused_file(tmp_path)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)
    assert "not a regular file" in refused_file(fifo)
    # A password written where a path belongs.
    assert "(hidden) cannot be used" in refused_file(CANARY)


def test_contents_that_are_no_password(tmp_path: Path) -> None:
    path = tmp_path / "pw"
    path.touch(mode=0o600)
    assert "got an empty one" in refused_file(path)
    path.write_text(f"{CANARY}\n{CANARY}\n")
    assert "got more than that" in refused_file(path)
    path.write_bytes(b"\xff\xfe")
    assert "it is not UTF-8 text" in refused_file(path)

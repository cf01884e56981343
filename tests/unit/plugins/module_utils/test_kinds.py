# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the entry of each kind of service must have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import kinds
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError, NoSecret

PATH = r"runbooks_services\.db\.postgresql"
DB: dict[str, Any] = {"via": "tcp", "host": "db.example.org", "database": "shop", "user": "oncall"}
LOCAL = "127.0.0.1"


def check(given: object, local: bool = False) -> None:
    kinds.check("postgresql", "db", {"kind": "postgresql", "postgresql": given}, local)


def refused(text: str, given: object, local: bool = False) -> str:
    with pytest.raises(InputError, match=text) as caught:
        check(given, local)
    message = str(caught.value)
    assert message.isprintable(), "one line without control characters"
    assert "hunter2" not in message
    return message


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"port": 5433, "sslmode": "require", "password": "hunter2"},
        {"via": "exec", "host": None},
        {"via": "exec", "host": "/var/run/postgresql"},
        # over exec, a loopback address is the server's own
        {"via": "exec", "host": LOCAL},
        {"admin": {"via": "exec", "user": "postgres"}},
        {"pooler": {"host": "pool.example.org", "port": 6432}},
        {"standbys": ["db-replica-1"], "app_roles": ["app"], "protected_roles": []},
        {"protected_applications": ("cron",)},
    ],
)
def test_postgresql(change: dict[str, Any]) -> None:
    check({**DB, **change})


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"hostt": "x"}, r"\.hostt: unknown key; did you mean host\? "),
        ({"via": "ssh"}, r"\.via: got 'ssh'; allowed is one of tcp, exec"),
        ({"host": None}, r"\.host: got"),
        ({"user": None}, r"\.user: got"),
        ({"port": 0}, r"\.port: got '0'"),
        ({"port": True}, r"\.port: got 'True'"),
        ({"admin": "postgres"}, r"\.admin: got 'postgres'; allowed is a mapping"),
        ({"admin": None}, r"\.admin: got 'None'"),
        ({"admin": {"via": "exec"}}, r"\.admin\.user: got"),
        ({"admin": {"via": "exec", "usr": "x"}}, r"\.admin\.usr: unknown key"),
        ({"admin": {"user": "x", "admin": {}}}, r"\.admin\.admin: unknown key"),
        ({"pooler": {"port": 99999}}, r"\.pooler\.port: got '99999'"),
        ({"app_roles": "app"}, r"\.app_roles: got 'app'; allowed is a list of names"),
        ({"app_roles": None}, r"\.app_roles: got 'None'"),
        ({"protected_roles": [""]}, r"\.protected_roles: got"),
        ({"protected_roles": [None]}, r"\.protected_roles: got"),
        ({"protected_applications": [5]}, r"\.protected_applications: got"),
        ({"standbys": {"a": 1}}, r"\.standbys: got"),
        ({"password": "hunter2", "password_env": "X"}, ": got password_env and password;"),
        ({"password": ""}, r"\.password: got an empty one"),
        ({"password": "hunter2\n"}, r"\.password: "),
        ({"password_env": "ONCALL_NO_SUCH"}, r"\.password_env: .* is not set"),
        ({"password_file": "/nonexistent/db.password"}, r"\.password_file: .* cannot be used"),
    ],
)
def test_postgresql_refuses(change: dict[str, Any], text: str) -> None:
    refused(rf"^{PATH}{text}", {**DB, **change})


@pytest.mark.parametrize(
    "given", [None, "postgres://oncall:hunter2@db/shop", ["db"], "host=db password=hunter2", 5]
)
def test_it_is_a_mapping(given: object) -> None:
    refused(rf"^{PATH}: got .*; allowed is a mapping; for example postgresql: ", given)


@pytest.mark.parametrize(
    "host",
    [
        LOCAL, "127.0.0.2", "127.255.255.254", "127.1", "::1", "0:0:0:0:0:0:0:1", "0.0.0.0", "::",
        "::ffff:127.0.0.1", "localhost", "LOCALHOST", "localhost.", "localhost.localdomain",
        "ip6-localhost", "db.localhost", "/var/run/postgresql",
    ],
)  # fmt: skip
def test_a_loopback_host_is_the_controllers_own(host: str) -> None:
    refused(rf"^{PATH}\.host: got .*loopback", {**DB, "host": host})
    check({**DB, "host": host}, local=True)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "db", "localhost.example.org", "1270.0.0.1.example.org", "fe80::1"]
)
def test_other_hosts_are_not(host: str) -> None:
    check({**DB, "host": host})


@pytest.mark.parametrize("way", ["admin", "pooler"])
def test_a_loopback_host_of_another_way_is_named_as_its_own(way: str) -> None:
    refused(rf"^{PATH}\.{way}\.host: got '{LOCAL}'", {**DB, way: {"user": "x", "host": LOCAL}})


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_private_password_file(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "db.password"
    file.write_text("hunter2\n")
    file.chmod(mode)
    way = kinds.postgresql_way("path", {**DB, "password_file": str(file)}, "normal")
    assert way.password == "hunter2"
    assert "hunter2" not in repr(way)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_password_file_that_others_can_use(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "db.password"
    file.write_text("hunter2\n")
    file.chmod(mode)
    message = refused(rf"^{PATH}\.password_file: ", {**DB, "password_file": str(file)})
    assert f"mode {mode:04o}" in message


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"two\nlines\n", b"\xff\xfe", b"a\x00b", b"x" * 9999]
)
def test_a_password_file_that_holds_no_password(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "db.password"
    file.write_bytes(content)
    file.chmod(0o600)
    refused(rf"^{PATH}\.password_file: ", {**DB, "password_file": str(file)})


def test_a_password_file_that_is_none(tmp_path: Path) -> None:
    message = refused(rf"^{PATH}\.password_file: ", {**DB, "password_file": str(tmp_path)})
    assert "not a regular file" in message or "Is a directory" in message


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"password_file": "/nonexistent/db.password"}, True),
        ({"password_env": "ONCALL_NO_SUCH_VARIABLE"}, True),
        ({"admin": {"user": "postgres", "password_file": "/nonexistent/x"}}, True),
        ({"password": 4711}, False),
        ({"port": "x"}, False),
        ({"password_file": "/nonexistent/db.password", "password": "hunter2"}, False),
    ],
)
def test_a_secret_that_is_not_there_is_told_from_a_wrong_entry(
    change: dict[str, Any], missing: bool
) -> None:
    """The one leaves a service unread; the other is for a person to mend first."""
    with pytest.raises(InputError) as caught:
        check({**DB, **change})
    assert isinstance(caught.value, NoSecret) == missing


def test_a_kind_without_rules_of_its_own() -> None:
    kinds.check("worker", "indexer", {"kind": "worker"}, local=False)


def test_a_bot_is_not_asked_at_the_loopback_of_the_controller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BOT_TOKEN", "4242:" + "a" * 35)
    local = {"url": "http://127.0.0.1:3002/canary"}
    telegram = {
        "token_env": "BOT_TOKEN",
        "allow_no_secret": True,
        "url": "https://bot.example.org/hook",
        "endpoint": local,
    }
    kinds.check("bot", "bot", {"kind": "bot"}, local=False)
    kinds.check("bot", "bot", {"telegram": telegram}, local=True)
    with pytest.raises(InputError, match=r"telegram\.endpoint\.url: .*from: host") as caught:
        kinds.check("bot", "bot", {"telegram": telegram}, local=False)
    assert "canary" not in str(caught.value)
    on_host = {**telegram, "endpoint": {**local, "from": "host"}}
    kinds.check("bot", "bot", {"telegram": on_host}, local=False)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Redis that speaks TLS alone, to a user who may do no more than docs/interface.md says."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.redis.conftest import keys
from ansible_collections.oncall.runbooks.tests.lab import certificates
from ansible_collections.oncall.runbooks.tests.lab import redis_server as lab

pytestmark = pytest.mark.slow
INTERFACE = Path(__file__).resolve().parents[3] / "docs" / "interface.md"
USER = "oncall"


def documented() -> str:
    """The rights of the user, as a reader copies them."""
    found = re.search(r"ACL SETUSER oncall on >PASSWORD((?:.*\n)+?)\n", INTERFACE.read_text())
    assert found
    return " ".join(found[1].split())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((lab.HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    """The laboratory keeps its own way in, without TLS and as the default user."""
    if missing := lab.missing("debian"):
        pytest.skip(f"{missing} is not installed")
    ours = certificates.own(tmp_path, "ours")
    port = free_port()
    (tmp_path / "tls-port").write_text(str(port))
    password = tmp_path / "user.password"
    password.touch(mode=0o600)
    password.write_text("canary-of-the-acl")
    settings = [
        f"tls-port {port}", f"tls-cert-file {ours.certificate}", f"tls-key-file {ours.key}",
        f"tls-ca-cert-file {ours.certificate}", "tls-auth-clients no",
        f"user {USER} on >canary-of-the-acl {documented()}",
    ]  # fmt: skip
    started = lab.start(tmp_path / "redis", "debian", settings="\n".join(settings))
    keys(started)
    yield started
    lab.stop(started.directory)


@pytest.fixture
def way(tmp_path: Path, server: Any) -> dict[str, Any]:
    return {
        "port": int((tmp_path / "tls-port").read_text()),
        "tls": True,
        "tls_ca": str(tmp_path / "ours.crt"),
        "username": USER,
        "password_file": str(tmp_path / "user.password"),
    }


def test_the_cache_shrinks_by_the_rights_that_are_documented(
    drill: Any, server: Any, way: dict[str, Any], via: str
) -> None:
    case = drill(server, "redis_memory_full", via, **way)
    case.healthy()
    lab.fill(server, "cache:page:", 6000, 1000)
    lab.limit(server)
    others = server.digest(but="cache:")
    checked = case.check(approve="unlink_cache")
    assert checked.finding("redis_memory")["reason"] == "full"
    done = case.recovered("keys", approve="unlink_cache")
    assert [change["action"] for change in done.report["changes"]] == ["unlink_cache"]
    assert server.digest(but="cache:") == others
    assert "canary" not in done.stdout + done.stderr
    case.healthy(approve="unlink_cache")


def test_a_certificate_of_somebody_else_is_believed_by_nobody(
    drill: Any, server: Any, way: dict[str, Any], via: str, tmp_path: Path
) -> None:
    other = certificates.own(tmp_path, "other").certificate
    done = drill(server, "redis_outage", via, **{**way, "tls_ca": str(other)}).unchanged()
    assert done.finding("redis_access")["reason"] == "tls_failed", done.stdout
    assert done.rc != 0 and not done.report["changes"]


def test_what_a_user_may_not_do_is_named(
    drill: Any, server: Any, way: dict[str, Any], via: str
) -> None:
    with server.client() as connection:
        connection.execute_command("ACL", "SETUSER", USER, "-@all", "+ping")
    done = drill(server, "redis_outage", via, **way).unchanged()
    assert done.finding("redis_access")["reason"] == "no_permission", done.stdout
    assert done.rc != 0

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server that proves who it is, to whoever asks for proof."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import client
from ansible_collections.oncall.runbooks.tests.integration.postgresql.ways import (
    Ways,
    execute,
    refusal,
)
from ansible_collections.oncall.runbooks.tests.lab import certificates

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed"),
]


@pytest.fixture(scope="module")
def authority(roomy: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server speaks TLS from now on; the certificate to trust it by."""
    if roomy.query("SHOW ssl_library") == [("",)]:
        pytest.skip("this server is built without TLS")
    folder = tmp_path_factory.mktemp("tls")
    key, path = certificates.own(folder, "lab")
    owner = roomy.data_dir.stat()
    for source in (key, path):
        copy = roomy.data_dir / source.name
        shutil.copy(source, copy)
        copy.chmod(0o600)
        os.chown(copy, owner.st_uid, owner.st_gid)
    with roomy.connect() as connection:
        for setting in (
            f"ssl_cert_file = '{roomy.data_dir / path.name}'",
            f"ssl_key_file = '{roomy.data_dir / key.name}'",
            "ssl = on",
        ):
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        connection.execute(b"SELECT pg_reload_conf()")
    return path


def ask(roomy: Any, via: str, **changes: Any) -> Any:
    return client.read(Ways(roomy).normal(via, **changes), ["server"], {}, execute)


@pytest.mark.parametrize("sslmode", ["prefer", "require", "verify-ca", "verify-full"])
def test_a_server_that_is_trusted(roomy: Any, authority: Path, via: str, sslmode: str) -> None:
    # With a root certificate `require` verifies like verify-ca.
    root = None if sslmode in ("prefer", "require") else str(authority)
    assert ask(roomy, via, sslmode=sslmode, sslrootcert=root)["server"]["in_recovery"] is False


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_one_that_nobody_vouches_for(
    roomy: Any, authority: Path, via: str, sslmode: str, tmp_path: Path
) -> None:
    assert authority.exists()
    other = str(certificates.own(tmp_path, "other").certificate)
    found = refusal(lambda: ask(roomy, via, sslmode=sslmode, sslrootcert=other))
    assert found.reason == "tls_failed" and "certificate" in found.message


def test_one_of_another_name(roomy: Any, authority: Path, via: str) -> None:
    changes = {"host": "localhost", "sslrootcert": str(authority)}
    assert ask(roomy, via, sslmode="verify-ca", **changes)
    found = refusal(lambda: ask(roomy, via, sslmode="verify-full", **changes))
    assert found.reason == "tls_failed" and "localhost" in found.message

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""sslmode as libpq has it: what is asked for is held, and a refusal is no outage."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import never_called_down
from ansible_collections.oncall.runbooks.tests.lab.certificates import own as made_for

pytestmark = pytest.mark.slow
lab = sys.modules["oncall_lab_postgres"]
SETTINGS = "ssl = on\nssl_cert_file = '{folder}/cert.crt'\nssl_key_file = '{folder}/cert.key'\n"


def self_signed(folder: Path, owner: str | None = None) -> Path:
    """A certificate for another name than the address that the server is reached by."""
    made = made_for(folder, "cert", address="db.example.test")
    if owner:
        shutil.chown(made.key, owner)
    return made.certificate


@pytest.fixture(scope="module")
def certificates(
    engine: str, spare: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Path]]:
    """`own` is the server's, `other` is somebody else's."""
    if engine == "embedded":
        pytest.skip("the embedded PostgreSQL is built without TLS")
    folder = spare.config_dir / "tls"
    folder.mkdir()
    other = self_signed(tmp_path_factory.mktemp("other"))
    own = self_signed(folder, "postgres")
    with (spare.config_dir / "postgresql.conf").open("a") as file:
        file.write(SETTINGS.format(folder=folder))
    spare.query("SELECT pg_reload_conf()")
    yield {"own": own, "other": other}
    shutil.rmtree(folder)


WORKING = (("require", ""), ("verify-ca", "own"))
REFUSED = (("verify-full", "own"), ("verify-ca", "other"), ("verify-full", ""))


def mode(name: str, root: Path | None) -> dict[str, str]:
    return {"sslmode": name, **({"sslrootcert": str(root)} if root else {})}


@pytest.mark.parametrize(("name", "root"), WORKING)
def test_what_is_asked_for_works(
    drill: Any, spare: Any, certificates: dict[str, Path], name: str, root: str
) -> None:
    case = drill(spare, **mode(name, certificates.get(root)))
    case.healthy()


@pytest.mark.parametrize(("name", "root"), REFUSED)
def test_what_does_not_hold_is_refused(
    drill: Any, spare: Any, certificates: dict[str, Path], name: str, root: str
) -> None:
    case = drill(spare, **mode(name, certificates.get(root)))
    for options in (("--check",), ()):
        tls_failed(case.unchanged(*options, approve="raise_max_connections"))


def test_a_server_without_tls(drill: Any, quiet: Any) -> None:
    if quiet.query("SHOW ssl") != [("off",)]:
        pytest.skip("this server has TLS by itself")
    for options in (("--check",), ()):
        tls_failed(drill(sslmode="require").unchanged(*options))


def tls_failed(done: Any) -> None:
    assert done.finding("postgresql_access")["reason"] == "tls_failed"
    assert done.outcome == "error" and done.rc != 0
    # No way around it: a break-glass connection would be a plain one to somebody else.
    assert "break_glass" not in {event["kind"] for event in done.report["timeline"]}
    never_called_down(done)

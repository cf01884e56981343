# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is seen of a server's process by whoever looks, with real processes of another user."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import place

# As in a container, where root has few of its rights.
AS_IN_A_CONTAINER = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"]
AS_ANOTHER_USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("setpriv"), reason="other users' processes need root"
)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """The data of a process that is called as the server is, and does not answer."""
    tmp_path.chmod(0o755)
    folder, program = tmp_path / "data", tmp_path / "postgres"
    folder.mkdir()
    shutil.copy(shutil.which("sleep") or "", program)
    with subprocess.Popen([*AS_ANOTHER_USER, str(program), "60"], cwd=folder) as process:
        (folder / "postmaster.pid").write_text(f"{process.pid}\n{folder}\n0\n54999\n")
        yield folder
        process.kill()


@pytest.mark.parametrize(
    ("rights", "told", "seen"),
    [
        pytest.param([], False, True, id="root sees where it works"),
        pytest.param(AS_IN_A_CONTAINER, True, True, id="the image says where the data is"),
        pytest.param(AS_IN_A_CONTAINER, False, False, id="nobody says it"),
    ],
)
def test_the_process_of_another_user(data: Path, rights: list[str], told: bool, seen: bool) -> None:
    environment = {"PATH": "/usr/bin:/bin", **({"PGDATA": str(data)} if told else {})}
    text = place.script(54999, "127.0.0.1")
    shell = [*rights, "sh", "-s"]
    done = subprocess.run(
        shell, input=text, text=True, capture_output=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    found = place.parsed(done.stdout)["process"]
    assert (found is not None) == seen
    if found:
        own = int((data / "postmaster.pid").read_text().split()[0])
        assert found == {"pid": own, "state": "S"}

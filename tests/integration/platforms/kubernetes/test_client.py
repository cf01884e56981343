# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the client leaves behind, what it shows, and what is said where it is not installed."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from ansible_collections.oncall.runbooks.tests.integration.platforms.kubernetes.bench import Bench
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def credentials(bench: Bench) -> list[str]:
    """Everything in the lab's kubeconfig that nobody else may know."""
    user = json.loads(bench.space.config.read_text())["users"][0]["user"]
    found = [
        value for key, value in user.items() if key in ("token", "password", "client-key-data")
    ]
    assert found
    return found


def test_a_run_leaves_no_file_and_shows_no_credential(bench: Bench, temporary: Path) -> None:
    name = bench.deploy()
    done = bench.carry_out("restart", bench.section(name), "-vvvv", incident="INC-1")
    assert done.changed
    assert not any(one in done.output for one in credentials(bench))
    assert not list(temporary.rglob("*"))


def test_nor_does_one_that_is_ended_midway(bench: Bench, temporary: Path) -> None:
    """Ansible ends its workers without a word; this one waits for pods that are never ready."""
    name = bench.deploy()
    what = f"deployment/{name}"
    bench.break_it(what, readinessProbe={"exec": {"command": ["false"]}})
    before = bench.generation(what)
    process, _answer = bench.start("restart", bench.section(name), incident="INC-1")
    try:
        wait_for("the restart", lambda: bench.generation(what) > before, 120)
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode != 0
    assert not [one for one in temporary.rglob("*") if one.is_file()]


def test_a_megabyte_into_a_pod_and_out_of_it(bench: Bench) -> None:
    section = bench.section(bench.deploy())
    given = "0123456789abcde\n" * 65_536
    assert bench.execute(section, "cat", given) == (0, given, "")
    # It says much before it reads.
    command = "head -c 4000000 /dev/zero | tr '\\0' x; wc -c; printf '\\377'; cat /none"
    done = bench.execute(section, command, given)
    assert done.stdout == "x" * 4_000_000 + f"{len(given)}\n\N{REPLACEMENT CHARACTER}"
    assert done.rc == 1
    assert "/none" in done.stderr


# Put where Python looks first: who loads the client, as lines of a file.
COUNTER = """
import os, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "kubernetes":
            with open(os.environ["LOADED"], "a") as file:
                file.write(f"{os.getpid()}\\n")
sys.meta_path.insert(0, Finder())
"""


def test_the_client_is_loaded_once(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the main process: the workers inherit it."""
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "sitecustomize.py").write_text(COUNTER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "first"))
    monkeypatch.setenv("LOADED", str(tmp_path / "loaded"))
    process, _answer = bench.start("restart", bench.section(bench.deploy()), incident="INC-1")
    output = "".join(process.communicate(timeout=300))
    assert process.returncode == 0, output
    assert (tmp_path / "loaded").read_text().split() == [str(process.pid)]


def test_the_package_is_missing(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = tmp_path / "hidden"
    (hidden / "kubernetes").mkdir(parents=True)
    (hidden / "kubernetes" / "__init__.py").write_text("raise ImportError('hidden by a test')\n")
    monkeypatch.setenv("PYTHONPATH", str(hidden))
    section = bench.section(bench.deploy())
    done = bench.carry_out("restart", section, incident="INC-1")
    assert done.rc != 0
    line = (
        "it: the package kubernetes is not installed for the Python that runs Ansible: pip install"
    )
    assert line in " ".join(done.output.split())

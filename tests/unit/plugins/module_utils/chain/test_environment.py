# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands themselves, run: of a container in its environment, of a unit beside a process that has one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.chain import environment

SET = {"RPC_URL": "http://node:8080/a=b c", "EMPTY": "", "TON_API_KEY": "canary"}
UNIT = {"unit": "shop-indexer@*"}
SYSTEMCTL = '#!/bin/sh\n[ "$*" = "show --property=MainPID --value -- shop-indexer@*.service" ] && cat "$0.says"\n'


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Path]:
    """A systemctl that tells of an instance that is stopped and of one that runs."""
    with subprocess.Popen(["/bin/sleep", "60"], env=SET) as process:
        (tmp_path / "systemctl").write_text(SYSTEMCTL)
        (tmp_path / "systemctl").chmod(0o755)
        (tmp_path / "systemctl.says").write_text(f"0\n\n{process.pid}\n")
        yield tmp_path
        process.kill()


def run(command: str, tools: Path, platform: str) -> subprocess.CompletedProcess[str]:
    own = {} if platform == "systemd" else SET
    given = {"PATH": f"{tools}:/usr/bin:/bin", **own}
    return subprocess.run(
        ["sh", "-c", command], env=given, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("platform", environment.PLATFORMS)
def test_a_value_and_what_is_set(tools: Path, platform: str) -> None:
    for name, value in (("RPC_URL", SET["RPC_URL"]), ("EMPTY", ""), ("RPC", "")):
        done = run(environment.value(platform, UNIT, name), tools, platform)
        assert done.stdout.strip() == value
    names = ["TON_API_KEY", "TON", "EMPTY", "RPC_URL"]
    done = run(environment.which_are_set(platform, UNIT, names), tools, platform)
    assert done.returncode == 0
    assert done.stdout.split() == ["TON_API_KEY", "EMPTY", "RPC_URL"]
    assert "canary" not in done.stdout + done.stderr


@pytest.mark.parametrize("says", ["0\n\n0\n", "", "999999999\n"])
def test_of_a_unit_without_a_process_nothing_is_known(tools: Path, says: str) -> None:
    """It does not run, or is somebody else's: a variable that nobody could look for is not missing."""
    (tools / "systemctl.says").write_text(says)
    assert run(environment.which_are_set("systemd", UNIT, ["EMPTY"]), tools, "systemd").returncode
    done = run(environment.value("systemd", UNIT, "RPC_URL"), tools, "systemd")
    assert (done.stdout, done.returncode != 0) == ("", True)


def test_a_unit_of_a_user_is_asked_of_its_manager() -> None:
    command = environment.value("systemd", {"unit": "shop", "scope": "user"}, "RPC_URL")
    assert "systemctl --user show" in command and "XDG_RUNTIME_DIR" in command
    assert "-- shop.service" in command

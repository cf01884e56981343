# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import fencing


@pytest.mark.parametrize(
    ("entry", "can"),
    [
        ({"platform": "systemd"}, True),
        ({"platform": "compose"}, True),
        ({"platform": "command"}, False),
        ({"platform": "external"}, False),
        ({"platform": "kubernetes"}, False),
        ({"platform": "external", "commands": {"fence": ["off"]}}, True),
        ({"platform": "kubernetes", "commands": {"pause": ["x"]}}, False),
    ],
)
def test_who_can_be_fenced(entry: dict[str, Any], can: bool) -> None:
    assert (fencing.lacking("db", entry) == "") is can


def test_nothing_to_stop_is_no_fence() -> None:
    with pytest.raises(ValueError, match="nothing of it"):
        fencing.script("systemd", {}, [])
    with pytest.raises(ValueError, match="cannot keep"):
        fencing.script("kubernetes", {}, ["db-0"])


SYSTEMCTL = """#!/bin/sh
case $1 in
  mask) exit {mask} ;;
  is-active) echo {active} ;;
  is-enabled) echo {enabled} ;;
esac
"""


@pytest.mark.parametrize(
    ("mask", "active", "enabled", "acknowledged"),
    [
        (0, "inactive", "masked", True),
        (0, "failed", "masked-runtime", True),
        (1, "inactive", "disabled", True),
        (1, "inactive", "enabled", False),
        (0, "active", "masked", False),
        (0, "deactivating", "masked", False),
    ],
)
def test_only_what_systemd_confirms_is_fenced(
    tmp_path: Path, mask: int, active: str, enabled: str, acknowledged: bool
) -> None:
    program = tmp_path / "systemctl"
    program.write_text(SYSTEMCTL.format(mask=mask, active=active, enabled=enabled))
    program.chmod(0o755)
    text = fencing.script("systemd", {}, ["postgresql@15-main.service"])
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(["sh", "-s"], input=text, text=True, env={"PATH": path}, check=False)
    assert (done.returncode == 0) is acknowledged

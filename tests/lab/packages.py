# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Debian packages, installed where something of them is missing."""

from __future__ import annotations

import shutil

from ansible_collections.oncall.runbooks.tests.lab.places import why_not
from ansible_collections.oncall.runbooks.tests.lab.shell import Skipped, run, say

# Without systemd, the run level keeps packages from starting services of their own.
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
# Another program may hold apt's lock for a while.
APT = ("apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=300")


def missing(names: tuple[str, ...]) -> list[str]:
    form = "${Status}"
    return [
        name
        for name in names
        if " installed" not in run("dpkg-query", "-Wf", form, name, check=False).stdout
    ]


def need(*names: str) -> None:
    if shutil.which("dpkg-query") is None:
        raise Skipped("it needs Debian 12")
    absent = missing(names)
    if not absent:
        return
    if reason := why_not():
        raise Skipped(f"{', '.join(absent)} missing, and to install: {reason}")
    say(f"installing Debian packages: {' '.join(absent)}")
    install = (*APT, "install", "--no-install-recommends", *absent)
    # Without package lists, or with old ones, the first try fails.
    if run(*install, check=False, environment=QUIET, seconds=900).returncode:
        run(*APT, "update", environment=QUIET, seconds=900)
        run(*install, environment=QUIET, seconds=900)

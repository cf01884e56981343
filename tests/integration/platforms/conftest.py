# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What services really run on, in the lab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import Machine
from ansible_collections.oncall.runbooks.tests.lab import lab


@pytest.fixture(scope="module")
def host() -> Iterator[lab.Host]:
    """SYSLOG lets root read the kernel's log, as on a machine that is none of a container."""
    try:
        with lab.systemd_host("", "--cap-add", "SYSLOG") as started:
            yield started
    except lab.Skipped as why:
        pytest.skip(str(why))


@pytest.fixture
def machine(host: lab.Host, tmp_path: Path) -> Machine:
    return Machine(host.name, tmp_path)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's parts as fixtures; where a part is not up, its tests are skipped and say how to get it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.oncall.runbooks.tests.lab import lab


@pytest.fixture(scope="module")
def project() -> Iterator[lab.Project]:
    with lab.compose_project("labelmint") as found:
        yield found


@pytest.fixture(scope="module")
def host() -> Iterator[lab.Host]:
    with lab.systemd_host("tokpulse") as found:
        yield found


@pytest.fixture(scope="module")
def space() -> Iterator[lab.Namespace]:
    with lab.namespace("haste") as found:
        yield found

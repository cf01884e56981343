# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verbs and readings against a real cluster: each test has Deployments of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.oncall.runbooks.tests.integration.platforms.kubernetes.bench import Bench
from ansible_collections.oncall.runbooks.tests.lab import lab


@pytest.fixture(scope="module")
def space() -> Iterator[lab.Namespace]:
    with lab.namespace() as found:
        yield found


@pytest.fixture
def bench(space: lab.Namespace, tmp_path: Path) -> Iterator[Bench]:
    found = Bench(space, tmp_path)
    yield found
    found.clear()

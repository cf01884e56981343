# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A database and a town of ten services around it, for each test anew where it breaks them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.scenarios import town as towns

lab = sys.modules["oncall_lab_postgres"]
harness = sys.modules["oncall_harness"]
# This machine is busy with other tests: its load is nobody's fault here.
CALM = {"load_percent": 10000, "memory_percent": 100, "disk_percent": 100}


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("town-db")
    folder.chmod(0o755)
    started = lab.start(folder, engine="embedded")
    yield started
    lab.stop(folder, delete=True)


@pytest.fixture
def town(database: Any, tmp_path: Path) -> Iterator[towns.Town]:
    with towns.open_town(tmp_path, database) as opened:
        yield opened


@pytest.fixture
def site(town: towns.Town, tmp_path: Path) -> Any:
    return harness.make_site(tmp_path, town.services(), {}, town.groups())


def extra(**variables: Any) -> list[str]:
    return ["-e", json.dumps(variables)]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two embedded servers, so that on two cores two runbooks are tried at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.robustness import rig

lab = sys.modules["oncall_lab_postgres"]
harness = sys.modules["oncall_harness"]
HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.embedded)


@pytest.fixture(scope="session")
def lanes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[rig.Lane]]:
    made = []
    for number in range(rig.LANES):
        folder = tmp_path_factory.mktemp(f"robustness-{number}")
        folder.chmod(0o755)
        (folder / "sites").mkdir()
        made.append(rig.Lane(lab.start(folder / "postgres"), folder / "sites"))
    yield made
    for lane in made:
        lane.crowd.leave()
        lab.stop(lane.server.directory, delete=True)


@pytest.fixture
def lane(lanes: list[rig.Lane], tmp_path: Path) -> Iterator[rig.Lane]:
    """The first server, without an application's sessions before and after."""
    chosen = rig.Lane(lanes[0].server, tmp_path)
    chosen.crowd.leave()
    yield chosen
    chosen.crowd.leave()


@pytest.fixture
def site(lane: rig.Lane) -> Any:
    return lane.site("site")

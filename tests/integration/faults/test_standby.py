# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PG05: a primary with a hot standby, and the standby itself as the target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults.crowd import Crowd
from ansible_collections.oncall.runbooks.tests.integration.faults.standby import (
    NAME,
    following,
    replays,
)

pytestmark = pytest.mark.slow
RAISE = {"approve": "raise_max_connections"}
RESTART = {"service": {"platform": "command", "command": {"restart": ["false"]}}}


@pytest.fixture(scope="module")
def standby(spare: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("standby")
    folder.chmod(0o755)
    with following(spare, folder) as server:
        yield server


def test_the_standby_is_raised_first(drill: Any, own: Any, own_crowd: Any, standby: Any) -> None:
    """Below the primary's value, a hot standby stops replaying."""
    case = drill(own, **RESTART)
    case.healthy(**RAISE)
    own_crowd.open(state="active")
    done = case.refused(**RAISE)
    why = done.planned("raise_max_connections")["why"]
    assert NAME in why and "set 30 on each standby" in why
    assert replays(own, standby)


def test_a_standby_is_not_judged(drill: Any, standby: Any) -> None:
    case = drill(standby)
    crowd = Crowd(standby)
    opened = crowd.open()
    crowd.age()
    try:
        done = case.refused(**RAISE)
        assert done.finding("postgresql_connections")["reason"] == "standby"
        assert "primary" in done.report["next_step"]
        assert crowd.alive() == set(opened)
    finally:
        crowd.leave()

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Redis of a product, in its container: redis-cli inside, nothing of ours installed."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import changes
from ansible_collections.oncall.runbooks.tests.lab import lab

pytestmark = pytest.mark.slow
harness = sys.modules["oncall_harness"]
ARGUMENTS = ("-e", "service=redis", "-e", "hold_seconds=1")


def test_a_container_that_is_stopped_is_started(tmp_path: Path) -> None:
    with contextlib.ExitStack() as opened:
        try:
            project = opened.enter_context(lab.compose_project("labelmint", "redis"))
        except lab.Skipped as why:
            pytest.skip(str(why))
        folder = tmp_path / "site"
        folder.mkdir()
        project.inventory(folder)
        site = harness.Site(folder, tmp_path / "state")

        def run(playbook: str, *options: str) -> Any:
            product = str(harness.ROOT / "inventories" / "labelmint")
            return site.run(playbook, "-i", product, "-i", str(folder), *ARGUMENTS, *options)

        assert run("redis_outage").outcome == "healthy"
        assert run("redis_memory_full").outcome == "healthy"
        project.compose("stop", "redis")
        assert run("redis_outage", "--check").planned("start_service")["status"] == "planned"
        done = run("redis_outage")
        assert (done.outcome, changes(done)) == ("recovered", ["start_service"]), done.stdout
        assert run("redis_outage").outcome == "healthy"

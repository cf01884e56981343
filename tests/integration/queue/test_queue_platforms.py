# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A queue in the Redis of a Compose project: redis-cli in its container, nothing of ours installed."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.queue.queue_drill import QUICK
from ansible_collections.oncall.runbooks.tests.integration.redis.redis_drill import changes
from ansible_collections.oncall.runbooks.tests.lab import bullmq, lab
from ansible_collections.oncall.runbooks.tests.lab.shell import run

pytestmark = pytest.mark.slow
harness = sys.modules["oncall_harness"]


def services(project: Any) -> dict[str, Any]:
    where = {"project_dir": str(project.folder), "project": project.name, "service": "redis"}
    return {
        "redis": {
            "kind": "redis",
            "platform": "compose",
            "compose": where,
            "redis": {"via": "exec", "role": "queue"},
        },
        "mail": {
            "kind": "queue",
            "platform": "external",
            "queue": {"software": "bullmq", "redis": "redis", "names": [bullmq.QUEUE]},
        },
    }


def test_a_queue_in_a_container_is_paused_and_goes_on(tmp_path: Path) -> None:
    if missing := bullmq.missing():
        pytest.skip(missing)
    with contextlib.ExitStack() as opened:
        try:
            project = opened.enter_context(lab.compose_project("labelmint", "redis"))
        except lab.Skipped as why:
            pytest.skip(str(why))
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        address = run("docker", "inspect", "-f", form, f"{project.name}-redis-1").stdout.strip()
        place = {"LAB_REDIS_HOST": address, "LAB_REDIS_PORT": "6379", "LAB_REDIS_PASSWORD": ""}
        given = {**os.environ, **place, "NODE_PATH": str(bullmq.package())}
        bullmq.told(given, "add", "40")
        site = harness.make_site(tmp_path / "site", services(project))
        usual = [f"-e{name}={value}" for name, value in {**QUICK, "service": "mail"}.items()]

        checked = site.run("queue_backed_up", *usual, "-e", "pause=true", "--check")
        assert checked.planned("pause_queue")["status"] == "planned", checked.stdout
        assert checked.finding("queue_backlog")["value"] == 40
        assert not bullmq.told(given, "ask")["is_paused"]
        done = site.run("queue_backed_up", *usual, "-e", "pause=true")
        assert changes(done) == ["pause_queue"], done.stdout + done.stderr
        assert bullmq.told(given, "ask")["is_paused"]
        incident = done.report["incident"]
        back = site.run("revert", "-e", "service=mail", "-e", f"incident={incident}")
        assert back.outcome == "done", back.stdout + back.stderr
        said = bullmq.told(given, "ask")
        assert not said["is_paused"] and said["waiting"] == 40

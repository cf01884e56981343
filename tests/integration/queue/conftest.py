# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real queues of BullMQ on a real Redis, with workers that tell what they did."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.queue.queue_drill import QueueDrill
from ansible_collections.oncall.runbooks.tests.integration.redis.conftest import entry
from ansible_collections.oncall.runbooks.tests.lab import bullmq
from ansible_collections.oncall.runbooks.tests.lab import redis_server as lab

harness = sys.modules["oncall_harness"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    if missing := bullmq.missing():
        pytest.skip(missing)
    started = lab.start(tmp_path / "redis")
    yield started
    bullmq.stop(started)
    lab.stop(started.directory)


def workers(server: Any, verb: str) -> list[str]:
    path = str(Path(bullmq.__file__).resolve())
    return [sys.executable, path, verb, "--dir", str(server.directory)]


def services(server: Any, via: str = "tcp", **given: Any) -> dict[str, Any]:
    """The catalog's entries, as a user writes them."""
    verbs = ("start", "stop", "restart", "scale", "status")
    return {
        "cache": entry(server, via, role="queue", rate_limit_prefixes=["rate_limit:"]),
        "mail": {
            "kind": "queue",
            "platform": "command",
            "command": {verb: workers(server, verb) for verb in verbs},
            "queue": {"software": "bullmq", "redis": "cache", "names": [bullmq.QUEUE]},
            "depends_on": ["cache"],
            "replicas": {"min": 1, "max": 3},
            **given,
        },
    }


@pytest.fixture
def drill(tmp_path: Path, server: Any) -> Callable[..., QueueDrill]:
    def make(playbook: str = "queue_backed_up", via: str = "tcp", **given: Any) -> QueueDrill:
        site = harness.make_site(tmp_path / "site", services(server, via, **given))
        return QueueDrill(server, site, playbook=playbook)

    return make

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The passes of a case on a queue; what every run must leave behind is that of all drills."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.oncall.runbooks.tests.integration.faults import drill

QUICK = {"interval_seconds": 1, "hold_seconds": 0, "timeout_seconds": 20, "first_seconds": 10}
# What an idle worker writes by itself, again and again.
ALIVE = b":stalled-check"


def keys(server: Any) -> dict[bytes, str]:
    """All that the server keeps, but for what workers do while they have nothing to do."""
    found = {}
    with server.client() as connection:
        for key in connection.scan_iter(count=1000):
            if not key.endswith(ALIVE):
                raw = connection.dump(key) or b""
                found[key] = hashlib.sha256(raw).hexdigest()
    return found


def settled(test: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not test():
        assert time.monotonic() < end, "it does not settle"
        time.sleep(0.1)


@dataclass(frozen=True)
class QueueDrill(drill.Drill):
    variables: Mapping[str, Any] = field(default_factory=lambda: QUICK)
    playbook: str = "queue_backed_up"

    def run(self, *options: str, playbook: str | None = None, **variables: Any) -> Any:
        return super().run(*options, playbook=playbook, **{"service": "mail", **variables})

    def unchanged(self, *options: str, playbook: str | None = None, **variables: Any) -> Any:
        before = keys(self.server)
        done = self.run(*options, playbook=playbook, **variables)
        assert keys(self.server) == before
        assert not drill.of_run(done, "change_intended")
        return done

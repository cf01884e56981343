# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The four passes of a case on Redis; what every run must leave behind is that of all drills."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.tests.integration.faults import drill
from ansible_collections.oncall.runbooks.tests.integration.redis import snapshot

WAITS = {"hold_seconds": 1, "timeout_seconds": 20}
QUICK: dict[str, dict[str, int]] = {
    "redis_outage": {"idle_seconds": 1, **WAITS},
    "redis_memory_full": {"interval_seconds": 1, **WAITS},
}


@dataclass(frozen=True)
class RedisDrill(drill.Drill):
    playbook: str = "redis_outage"

    def run(self, *options: str, playbook: str | None = None, **variables: Any) -> Any:
        chosen = {**({} if playbook else self.variables), **variables, "service": "cache"}
        done = self.site.run(playbook or self.playbook, *drill.extra(chosen), *options)
        assert done.report, f"no report; {done.stdout}{done.stderr}"
        drill.proven(done, self.secrets())
        return done

    def unchanged(self, *options: str, playbook: str | None = None, **variables: Any) -> Any:
        before = snapshot.take(self.server)
        done = self.run(*options, playbook=playbook, **variables)
        assert snapshot.differences(before, snapshot.take(self.server)) == {}
        assert not drill.of_run(done, "change_intended")
        return done

    def recovered(self, *but: str, **variables: Any) -> Any:
        """A real run after which only these parts are not as they were."""
        before = snapshot.take(self.server)
        done = self.run(**variables)
        assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
        assert snapshot.differences(before, snapshot.take(self.server), but=but) == {}
        return done


@contextmanager
def meanwhile(step: Callable[[], object], every_s: float) -> Iterator[None]:
    """Somebody else does this again and again, as long as the run takes."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            step()
            time.sleep(every_s)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def changes(done: Any) -> list[str]:
    return [change["action"] for change in done.report["changes"] if change["status"] == "made"]

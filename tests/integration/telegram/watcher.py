# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who looks for a secret among the processes while a run goes on."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path


class Watcher(threading.Thread):
    """Reads the command lines and environments of all processes, without keeping the server from its work."""

    def __init__(self, *canaries: str) -> None:
        super().__init__(daemon=True)
        self.canaries = [canary.encode() for canary in canaries]
        self.over = threading.Event()
        self.rounds = 0
        self.shown: set[str] = set()

    def run(self) -> None:
        while not self.over.wait(0.1):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):
                    text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
                    if any(canary in text for canary in self.canaries):
                        self.shown.add(f"{process.name} {text[:80]!r}")
            self.rounds += 1

    def __enter__(self) -> Watcher:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A payment service (tests/lab/payments.py) with a chain that counts what arrived, wherever the service runs."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import toncenter
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

OURS = f"0:{'a1' * 32}"
NANO = 10**9
KEY = "a-key-that-nobody-may-see"
VERBS = ("pause", "resume", "status", "reconcile", "process")


def chain() -> toncenter.Server:
    """With our wallet on it."""
    state = toncenter.Server(toncenter.Chain(), {KEY: "mainnet"}, limited=False)
    state.chain.accounts[OURS] = toncenter.Account(balance=1000 * NANO)
    return state


@dataclass(kw_only=True)
class House(ABC):
    """`folder` is the test's, `url` where the service and the runbooks ask the chain."""

    folder: Path
    state: toncenter.Server
    url: str
    added: list[str] = field(default_factory=list)

    @abstractmethod
    def command(self, verb: str, *words: str) -> list[str]:
        """As the catalog names it."""

    @abstractmethod
    def call(self, verb: str, *words: str) -> str:
        """What that command prints where the service lives."""

    def add(self, *names: str) -> None:
        for name in names:
            self.added.append(name)
            self.call("add", name, f"0:{len(self.added):064x}", str(NANO))

    def statuses(self) -> dict[str, str]:
        return {one["id"]: one["status"] for one in json.loads(self.call("list"))}

    def until(self, *statuses: str, seconds: float = 20) -> None:
        """All of them have one of these."""
        wait_for(
            f"all are {' or '.join(statuses)}",
            lambda: set(self.statuses().values()) <= set(statuses),
            seconds,
        )

    def paid(self) -> list[int]:
        return [self.state.chain.paid(name) for name in self.added]

    def commands(self) -> dict[str, list[str]]:
        return {"payments": self.command("list"), **{verb: self.command(verb) for verb in VERBS}}

    def wallet(self, **more: Any) -> dict[str, Any]:
        return {
            "network": "mainnet", "addresses": [OURS], "floor_nano": NANO, "endpoints": [self.url],
            "requests_per_second": 1000, "api_key_file": str(self.key_file()), **more,
        }  # fmt: skip

    def key_file(self) -> Path:
        path = self.folder / "api.key"
        path.touch(mode=0o600)
        path.write_text(KEY)
        return path

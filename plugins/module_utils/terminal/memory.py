# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What has been shown, so that nothing is shown twice."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import (
    Item,
    mapping,
    mappings,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.phases import of_task
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.plan import signature
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.progress import is_news
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.read_again import compare
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean


@dataclass
class Memory:
    run: Item = field(default_factory=dict)
    phase: str = ""
    began: dict[str, float] = field(default_factory=dict)  # phases without a heading yet
    under_way: str = ""
    findings: dict[str, list[Item]] = field(default_factory=dict)
    plans: dict[str, list[Item]] = field(default_factory=dict)
    attempts: dict[str, tuple[Item, Item]] = field(default_factory=dict)  # first, last
    purposes: set[tuple[str, str]] = field(default_factory=set)
    changed: bool = False
    reported: bool = False
    error: str = ""

    def begin(self, role: str) -> None:
        """A phase begins with its first task, and may have nothing to show for a while."""
        title = of_task(role, self.under_way)
        if title != self.under_way:
            self.under_way = title
            self.began[title] = time.time()

    def enter(self, title: str) -> float | None:
        """When the phase began, if it has no heading yet."""
        if title in ("", self.phase):
            return None
        self.phase = title
        return self.began.pop(title, time.time())

    def note(self, item: Item, details: bool) -> Item | None:
        """What to show: the item, another in its place, or nothing when it says nothing new."""
        noted = NOTES.get(str(item.get("kind")))
        return noted(self, item, details) if noted else item

    @property
    def phases(self) -> dict[tuple[str, str], str]:
        """The phase of each planned action, by service and action."""
        return {
            (str(entry.get("service")), str(entry.get("action"))): str(entry.get("phase"))
            for plan in self.plans.values()
            for entry in plan
        }

    @property
    def approvals(self) -> list[str]:
        entries = (entry for plan in self.plans.values() for entry in plan)
        return list(dict.fromkeys(str(e["approve_with"]) for e in entries if e.get("approve_with")))

    def _run(self, item: Item, _details: bool) -> Item | None:
        if self.run and self.run.get("run") == item.get("run"):
            return None
        # What the run before showed says nothing about this one.
        vars(self).update(vars(Memory(run=item)))
        return item

    def _findings(self, item: Item, details: bool) -> Item | None:
        if item.get("stage") == "verification":
            return None
        service, found = str(item.get("service")), mappings(item.get("findings"))
        before = self.findings.get(service)
        self.findings[service] = found
        if item.get("stage") != "under_lock":
            return item
        change = compare(before, found)
        if change == "new" or (change == "moved" and details):
            return item
        return {"kind": "read_again", "service": item.get("service"), "change": change}

    def _plan(self, item: Item, _details: bool) -> Item | None:
        service, entries = str(item.get("service")), mappings(item.get("entries"))
        before = self.plans.get(service)
        self.plans[service] = entries
        same = before is not None and signature(before) == signature(entries)
        return None if same and item.get("stage") == "under_lock" else item

    def _change(self, item: Item, _details: bool) -> Item | None:
        self.changed = True
        change = mapping(item.get("change"))
        message = clean(change.get("message"))
        if message and message in self.error:
            # The task that failed has just said so.
            return {**item, "change": {**change, "message": ""}}
        return item

    def _progress(self, item: Item, details: bool) -> Item | None:
        service = str(item.get("service"))
        first, last = self.attempts.get(service, (None, None))
        if not details and not is_news(first, last, item):
            return None
        self.attempts[service] = (first or item, item)
        return item

    def _verified(self, item: Item, _details: bool) -> Item | None:
        self.attempts.pop(str(item.get("service")), None)
        return item

    def _break_glass(self, item: Item, details: bool) -> Item | None:
        purpose = (str(item.get("service")), str(item.get("purpose")))
        known = purpose in self.purposes and not details
        self.purposes.add(purpose)
        return None if known else item

    def _report(self, item: Item, _details: bool) -> Item | None:
        self.reported = True
        if item.get("outcome") != "needs_approval" or not self.changed:
            return item
        # The plan has scrolled away behind what was done: its commands once more.
        return {**item, "approvals": self.approvals}


NOTES: dict[str, Callable[[Memory, Item, bool], Item | None]] = {
    "break_glass": Memory._break_glass,
    "change": Memory._change,
    "findings": Memory._findings,
    "plan": Memory._plan,
    "progress": Memory._progress,
    "report": Memory._report,
    "run": Memory._run,
    "verified": Memory._verified,
}


def once(items: list[Item]) -> list[Item]:
    """Without a last attempt that its verification only repeats."""
    return [item for item, ahead in pairwise([*items, {}]) if not _told(item, ahead)]


def _told(item: Item, ahead: Item) -> bool:
    kinds = (item.get("kind"), ahead.get("kind"))
    return kinds == ("progress", "verified") and item.get("text") == ahead.get("text")

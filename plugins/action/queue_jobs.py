# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.lock import boot_clock
from ansible_collections.oncall.runbooks.plugins.module_utils.queue import (
    bullmq,
    export,
    failures,
    scripts,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import Answer, Fault
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import safe
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import LEASE_S
from ansible_collections.oncall.runbooks.plugins.plugin_utils.queue_action import QueueAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

# Looked at in one exchange; and for how long, when few of them are meant.
LISTED, LISTING_S = 200, 120.0
# Between two batches the workers, and whom they call, get some air.
PAUSE_S = 0.1
# The first of a replay, by which the rest is judged.
FIRST, LOOK_S = 5, 0.5

Jobs = list[failures.Job]


class ActionModule(QueueAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "queue": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["replayed", "removed"], "required": True},
        "at_most": {"type": "int", "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        self.incident = self.this_run()
        self.service = self.incident.services[self.host]
        self.inputs = self.incident.inputs[self.service]
        self.kept = self.queue(self.service)
        (self.name,) = self.kept.chosen(self.arguments["queue"])
        self.base = bullmq.base(self.kept.prefix, self.name)
        with self.unrecovered(f"not all of {self.name} was done"):
            jobs = self._listed()
            if self.check_mode or not jobs:
                return self._told(
                    {"jobs": len(jobs), "classes": failures.classes(jobs, len(jobs))}, bool(jobs)
                )
            self.generation = self.known_generation(self.kept, self.base)
            return (
                self._replay(jobs) if self.arguments["state"] == "replayed" else self._remove(jobs)
            )

    def _told(self, after: dict[str, Any], changed: bool) -> dict[str, Any]:
        return {"changed": changed, "after": {"queue": self.name, **after}}

    def _ask(self, steps: Sequence[tuple[str, ...]]) -> list[Answer]:
        answers = self.at_its_server(self.kept, list(steps))
        for answer in answers:
            if isinstance(answer, Fault):
                raise Stop(f"unrecovered: {self.name}: {safe(answer.text)}", "unrecovered")
        return answers

    def _listed(self) -> Jobs:
        """The oldest failures that are meant, until there are enough of them."""
        most = min(self.arguments["at_most"], self.inputs["max_jobs"])
        found: Jobs = []
        at, end = 0, boot_clock() + LISTING_S
        while len(found) < most and boot_clock() < end:
            span = (f"{self.base}failed", str(at), str(at + LISTED - 1))
            listed = bullmq.scored(self._ask([("ZRANGE", *span, "WITHSCORES")])[0])
            if not listed:
                break
            answers = self._ask(bullmq.third_steps(self.base, listed))
            found += [
                one for one in bullmq.jobs_of(listed, answers) if failures.means(self.inputs, one)
            ]
            at += len(listed)
        return found[:most]

    def _replay(self, jobs: Jobs) -> dict[str, Any]:
        text = export.lines(jobs)
        listing = self.incident.keep_text(self.service, "replayed_jobs", text, "jsonl")
        first, rest = jobs[:FIRST], jobs[FIRST:]
        moved = self._batches(scripts.REPLAY, first)
        self._judge(moved, len(rest))
        moved += self._batches(scripts.REPLAY, rest)
        return self._told({"replayed": len(moved), "listing": listing}, bool(moved))

    def _judge(self, moved: Sequence[str], more: int) -> None:
        """What fails at once again would fail for all of them: their cause is still there."""
        end = boot_clock() + self.inputs["first_seconds"]
        open_, failed = list(moved), 0
        while more and open_ and boot_clock() < end:
            self.stay(self.incident, LOOK_S)
            again, open_ = self._states(open_)
            failed += again
        if 2 * failed > len(moved):
            raise Stop(
                f"unrecovered: {failed} of the first {len(moved)} jobs failed again, so the other {more} were left: "
                "their cause is not mended",
                "unrecovered",
            )

    def _states(self, jobs: Sequence[str]) -> tuple[int, list[str]]:
        """How many of them failed again, and which are still to be done. One that is done with is
        among the completed, or is gone."""
        steps = [
            command
            for one in jobs
            for command in (
                ("ZSCORE", f"{self.base}failed", one),
                ("ZSCORE", f"{self.base}completed", one),
                ("EXISTS", self.base + one),
            )
        ]
        answers = self._ask(steps)
        failed, open_ = 0, []
        for at, one in enumerate(jobs):
            again, done, there = answers[3 * at : 3 * at + 3]
            failed += again is not None
            if again is None and done is None and there == 1:
                open_.append(one)
        return failed, open_

    def _remove(self, jobs: Jobs) -> dict[str, Any]:
        """All that is in them is on our disk before the first one goes."""
        whole: Jobs = []
        for at in range(0, len(jobs), scripts.BATCH):
            part = jobs[at : at + scripts.BATCH]
            answers = self._ask([("HGETALL", self.base + one["id"]) for one in part])
            whole += export.whole(part, answers)
            if export.too_large(whole):
                break
        listing = self.incident.keep_text(
            self.service, "removed_jobs", export.lines(whole), "jsonl"
        )
        gone = self._batches(scripts.CLEAN, whole)
        after = {"removed": len(gone), "left": len(jobs) - len(gone), "export": listing}
        return self._told(after, bool(gone))

    def _batches(self, script: str, jobs: Jobs) -> list[str]:
        """Each batch is one script, done as a whole or not at all; a run that ends between two left the
        others where they were."""
        done: list[str] = []
        for at in range(0, len(jobs), scripts.BATCH):
            if at:
                self.stay(self.incident, PAUSE_S)
            self.confirm_lock(self.incident, self.service, LEASE_S)
            pairs = [(one["id"], one["score"]) for one in jobs[at : at + scripts.BATCH]]
            (answer,) = self._ask([scripts.of_jobs(script, self.base, self.generation, pairs)])
            done += [str(one) for one in answer] if isinstance(answer, list) else []
        return done

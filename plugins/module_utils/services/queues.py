# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the runbooks about queues share: pausing one, and what becomes of the jobs that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Entry,
    Finding,
    Situation,
    propose,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Flag, Input, Text
from ansible_collections.oncall.runbooks.plugins.module_utils.queue import bullmq, entry, failures
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import many

QUEUE = Text(
    "queue",
    None,
    entry.NAME,
    "one of the catalog's queue.names",
    "email",
    "only this one; without it all of them are read, and at most one is changed",
)
INTERVAL = Input("interval_seconds", 5, 1, 60, "seconds", "the rates are measured over this long")
FAILED_JOBS = Input("failed_jobs", 100, 1, 10000000, "jobs", "warn when so many have failed")
MAX_JOBS = Input("max_jobs", 1000, 1, 100000, "jobs", "replay or clean at most this many in a run")
FIRST_SECONDS = Input(
    "first_seconds",
    30,
    0,
    600,
    "seconds",
    "how long the first five jobs of a replay are waited for; 0 replays without waiting",
)
JOB = Text(
    "job",
    None,
    r"[^\x00-\x1f]{1,80}",
    "the name of a job, as the findings show it",
    "send-mail",
    "only the failed jobs of this name",
)
REASON = Text(
    "reason",
    None,
    r"[^\x00-\x1f]{1,120}",
    "a part of a reason, as the findings show it",
    "ECONNREFUSED",
    "only the failed jobs whose reason holds this",
)
PAUSE = Flag("pause", "stop the queue from handing out jobs, for expires_minutes")


class One(NamedTuple):
    """A queue, and what one check says of it."""

    queue: Mapping[str, Any]
    found: Finding


def each(situation: Situation, check: str) -> list[One]:
    """The checks answer one finding for each queue, in the order of the reading."""
    document = (situation.readings.get("queue") or {}).get("document") or {"queues": []}
    found = [one for one in situation.findings if one["check"] == check]
    if len(found) != len(document["queues"]):
        return []
    return [One(*pair) for pair in zip(document["queues"], found, strict=True)]


def said(situation: Situation, check: str, *reasons: str) -> list[One]:
    return [one for one in each(situation, check) if one.found["reason"] in reasons]


def pause(situation: Situation) -> list[Entry]:
    """Only when asked for: what does not happen meanwhile, only a person can weigh."""
    running = said(situation, "queue_pause", "not_paused")
    if not situation.inputs["pause"] or not running:
        return []
    (queue, found), name = running[0], running[0].queue["name"]
    why = unknown_version(queue)
    if len(running) > 1:
        names = ", ".join(one.queue["name"] for one in running)
        why = f"one queue is paused at a time; which of {names}: add -e queue={name}"
    undo = {
        "how": {
            "action": "resume_queue",
            "parameters": {"queue": name},
            "summary": f"let the queue {name} hand out its jobs again",
        }
    }
    return [
        propose(
            "pause_queue",
            situation.service,
            found,
            f"pause the queue {name}: {many(queue['waiting'], 'job')} and what comes wait; none is lost",
            "refused" if why else "planned",
            why,
            {"queue": name},
            {"paused": False, "waiting": queue["waiting"]},
            undo,
            situation.inputs["expires_minutes"],
        )
    ]


def unknown_version(queue: Mapping[str, Any]) -> str:
    if bullmq.generation(queue["version"]):
        return ""
    known = " and ".join(map(str, bullmq.GENERATIONS))
    return (
        f"its version of BullMQ ({queue['version'] or 'not told'}) is none of those whose keys are known ({known}); "
        "use its application's own commands"
    )


def failed(situation: Situation, coming: bool = False) -> list[Entry]:
    """Of the queue with the most failed jobs that are meant. `coming`: its workers are brought back just before."""
    concerned = said(situation, "queue_failed", "failed_jobs", "failing")
    if not concerned:
        return []
    worst = max(concerned, key=lambda one: one.queue["failures"]["meant"])
    entries = [replay(situation, worst, coming)]
    if situation.approved("clean_failed"):
        entries.append(clean(situation, worst))
        if situation.approved("replay_failed") and entries[0]["status"] == "planned":
            why = "replaying them was approved, too, and comes first; what fails again can be cleaned by another run"
            entries[1].update(status="not_needed", why=why)
        elif entries[0]["status"] == "planned":
            entries[0].update(status="not_needed", why="cleaning them was approved instead")
    return entries


def replay(situation: Situation, one: One, coming: bool = False) -> Entry:
    queue, number = one.queue, at_most(situation, one.queue)
    why = unknown_version(queue)
    if one.found["reason"] == "failing" and not coming:
        why = "jobs fail at this very moment, and these would fail again: mend the cause first"
    elif queue["workers"] == 0 and not coming:
        why = "nobody is there to work on them"
    elif queue["paused_by"]:
        why = "the queue is paused: they would only wait there"
    return propose(
        "replay_failed",
        situation.service,
        one.found,
        f"replay {number} failed jobs of {queue['name']}, the oldest first: {shares(queue)}",
        "refused" if why else "planned",
        why or cap(situation, queue),
        {"queue": queue["name"], "at_most": listed(situation, queue)},
        {"failed": queue["failures"]["total"]},
        {"none": "what a job does is done; its listing is in the evidence"},
    )


def clean(situation: Situation, one: One) -> Entry:
    queue, number = one.queue, at_most(situation, one.queue)
    why = unknown_version(queue)
    if not failures.named(situation.inputs):
        why = "a person says which of them may go: add -e job=NAME or -e reason=TEXT, as the findings show them"
    return propose(
        "clean_failed",
        situation.service,
        one.found,
        f"export {number} failed jobs of {queue['name']}, then remove them, the oldest first: {shares(queue)}",
        "refused" if why else "planned",
        why or cap(situation, queue),
        {"queue": queue["name"], "at_most": listed(situation, queue)},
        {"failed": queue["failures"]["total"]},
        {
            "none": "the jobs are removed; all that was in them is in the export, from which they can be added again"
        },
    )


def at_most(situation: Situation, queue: Mapping[str, Any]) -> int:
    return int(min(queue["failures"]["meant"], situation.inputs["max_jobs"]))


def listed(situation: Situation, queue: Mapping[str, Any]) -> int:
    """Of a sample one knows only about how many there are; those who are listed are counted."""
    known = queue["failures"]["sampled"] == queue["failures"]["total"]
    return at_most(situation, queue) if known else int(situation.inputs["max_jobs"])


def cap(situation: Situation, queue: Mapping[str, Any]) -> str:
    most = situation.inputs["max_jobs"]
    return (
        f"max_jobs={most} is the cap, run it again for more"
        if queue["failures"]["meant"] > most
        else ""
    )


def shares(queue: Mapping[str, Any]) -> str:
    """What is in them; of a sample."""
    return "; ".join(
        f"about {one['about']} x {one['job']}, {one['reason']}"
        for one in queue["failures"]["classes"]
    )

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A queue as the checks see it, from three exchanges with its server, each of a bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.queue import bullmq, failures
from ansible_collections.oncall.runbooks.plugins.module_utils.queue.entry import Queue
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import snapshot
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.errors import classify
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import (
    Answer,
    Fault,
    Steps,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused

Ask = Callable[[Steps], list[Answer]]


def read(
    queue: Queue, names: Sequence[str], interval_s: float, wanted: Mapping[str, Any], ask: Ask
) -> dict[str, Any]:
    """Raises Refused. `wanted` are the words by which a person means some of the failed jobs."""
    keys = [bullmq.base(queue.prefix, name) for name in names]
    answers = ask(bullmq.first_steps(keys, interval_s))
    refuse_faults(answers)
    first = bullmq.First(keys, answers)
    sample = bullmq.SAMPLE_OF_SOME if failures.named(wanted) else bullmq.SAMPLE
    second = iter(ask(bullmq.second_steps(first, sample))[1:])
    looked = [_looked_up(first, number, sample, second) for number in range(len(keys))]
    sampled = ask([("PING",), *(step for one in looked for step in one["steps"])])
    jobs = iter(sampled[1:])
    info = answers[1]
    return {
        "role": snapshot.fields(info).get("role", "") if isinstance(info, str) else "",
        "queues": [
            _queue(queue, name, first, number, looked[number], jobs, wanted)
            for number, name in enumerate(names)
        ],
    }


def refuse_faults(answers: Sequence[Answer]) -> None:
    """A server that loads, or is busy, says so to PING; our user's rights show in what follows."""
    for answer in (answers[0], *answers[bullmq.OPENING - 1 :]):
        if isinstance(answer, Fault) and not answer.text.startswith("MISCONF"):
            raise Refused(classify(answer.text))


def _looked_up(
    first: bullmq.First, number: int, sample: int, answers: Iterator[Answer]
) -> dict[str, Any]:
    """What the second exchange says of one queue, in the order in which it was asked."""
    oldest = [next(answers) for _job in first.oldest(number)]
    locks = {job: next(answers) for job in first.active(number)}
    still = next(answers)
    listed = [
        pair
        for _rank in bullmq.ranks(first.after(number)["failed"], sample)
        for pair in bullmq.scored(next(answers))
    ]
    return {
        "oldest": oldest,
        # Being taken and being locked is one moment: both are one script.
        "unlocked": sum(locks.get(str(job)) == 0 for job in still)
        if isinstance(still, list)
        else 0,
        "listed": listed,
        "steps": bullmq.third_steps(first.keys[number], listed),
    }


def _queue(
    queue: Queue,
    name: str,
    first: bullmq.First,
    number: int,
    looked: Mapping[str, Any],
    jobs: Iterator[Answer],
    wanted: Mapping[str, Any],
) -> dict[str, Any]:
    meta, figures = first.meta(number), first.after(number)
    workers = first.workers(bullmq.worker_name(queue.prefix, name))
    failed = bullmq.jobs_of(looked["listed"], [next(jobs) for _step in looked["steps"]])
    return {
        "name": name,
        "version": meta["version"],
        # A queue that never had a job has no key of its own, but whoever waits for one.
        "there": any(value is not None for value in meta.values())
        or any(figures.values())
        or bool(workers),
        "paused_by": bullmq.paused_by(meta["paused"]),
        "counts": bullmq.counts(figures),
        "waiting": figures["wait"] + figures["paused"] + figures["prioritized"],
        "rates": bullmq.rates(first, number),
        "oldest_seconds": bullmq.age(first.ended, looked["oldest"]),
        "workers": workers,
        "unlocked": looked["unlocked"],
        "limited_ms": first.limited_ms(number),
        "failures": failures.summary(failed, figures["failed"], wanted),
    }

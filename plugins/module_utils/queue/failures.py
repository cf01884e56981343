# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why jobs failed: their classes, and which of them a person means. Pure functions.

A reason may hold anybody's address or number: what is kept of it is the first line, without
what may be a secret or a person's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp

Job = dict[str, Any]
REASON_MAX = 120
SHOWN = 5
# Short numbers say what is wrong (a status, a port); long ones say whose job it was.
LONG = (
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "<address>"),
    (re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b", re.IGNORECASE), "<id>"),
    (re.compile(r"\d{6,}"), "<number>"),
)


def reason_of(text: object) -> str:
    """The first line of a failure, as it is shown and as jobs are told apart by it."""
    lines = [line for line in str(text or "").splitlines() if line.strip()]
    said = excerpt(lines[0] if lines else "", REASON_MAX * 2)
    for pattern, instead in LONG:
        said = pattern.sub(instead, said)
    return said[:REASON_MAX] or "no reason"


def job(number: str, score: str, name: object, reason: object) -> Job:
    """`score` is when it failed: one that failed again since is another failure."""
    return {
        "id": number,
        "score": score,
        "job": excerpt(str(name or "?"), 80),
        "reason": reason_of(reason),
    }


def named(wanted: Mapping[str, Any]) -> bool:
    """Whether a person means only some of them."""
    return wanted.get("job") is not None or wanted.get("reason") is not None


def means(wanted: Mapping[str, Any], one: Job) -> bool:
    """Whether a person's words are about this job: its name, and a part of its reason."""
    name, reason = wanted.get("job"), wanted.get("reason")
    return (name is None or one["job"] == name) and (reason is None or reason in one["reason"])


def classes(jobs: Sequence[Job], total: int) -> list[dict[str, Any]]:
    """By name and reason, the most frequent first; of a sample, about how many of all."""
    found = Counter((one["job"], one["reason"]) for one in jobs)
    share = total / len(jobs) if jobs else 0
    return [
        {"job": name, "reason": reason, "about": round(number * share)}
        for (name, reason), number in found.most_common(SHOWN)
    ]


def summary(jobs: Sequence[Job], total: int, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What the failed jobs are, and about how many of them are meant."""
    own = [one for one in jobs if means(wanted, one)]
    return {
        "total": total,
        "sampled": len(jobs),
        "meant": round(total * len(own) / len(jobs)) if jobs else 0,
        "classes": classes(own, round(total * len(own) / len(jobs)) if jobs else 0),
        "last": last(own),
    }


def last(jobs: Sequence[Job]) -> dict[str, Any] | None:
    """The newest; the score of a failed job is when it failed, in milliseconds."""
    if not jobs:
        return None
    one = max(jobs, key=lambda job: float(job["score"]))
    return {"job": one["job"], "reason": one["reason"], "at": stamp(float(one["score"]) / 1000)}

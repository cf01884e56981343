# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs as lines of JSON, for the evidence: what was replayed, and all that was in what was removed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import Answer

# What does not fit into it is not removed either.
BYTES_MAX = 64 * 2**20

Job = dict[str, Any]


def lines(jobs: Iterable[Job]) -> str:
    return "".join(json.dumps(one, sort_keys=True) + "\n" for one in jobs)


def whole(jobs: Sequence[Job], answers: Sequence[Answer]) -> list[Job]:
    """Each with all its fields; without those that are gone by now."""
    found = []
    for one, answer in zip(jobs, answers, strict=True):
        if isinstance(answer, list) and answer:
            fields = dict(zip(map(str, answer[::2]), answer[1::2], strict=True))
            found.append({**one, "fields": fields})
    return found


def too_large(jobs: Iterable[Job]) -> bool:
    return sum(len(str(value)) for one in jobs for value in one["fields"].values()) > BYTES_MAX

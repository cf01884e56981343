# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How fast an index grows, from samples: whole steps are measured, so that their rhythm does not blur it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Sample = tuple[float, int]


def rate(samples: Sequence[Sample]) -> float:
    """Blocks a second. From the first step seen to the last, when there are two of them."""
    if len(samples) < 2:
        return 0.0
    steps = [now for before, now in pairwise(samples) if now[1] != before[1]]
    (began, low), (ended, high) = (
        (steps[0], steps[-1]) if len(steps) > 1 else (samples[0], samples[-1])
    )
    return (high - low) / (ended - began) if ended > began else 0.0


def seconds_left(lag: int, indexed_rate: float, head_rate: float, enough: int) -> float | None:
    """Until no more than `enough` is missing, at this pace; None when it gets no nearer."""
    nearer = indexed_rate - head_rate
    if lag <= enough:
        return 0.0
    return (lag - enough) / nearer if nearer > 0.01 else None

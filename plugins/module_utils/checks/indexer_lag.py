# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far is the index behind its chain, and does it get nearer?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.chain.progress import seconds_left
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding

PROBE = "indexer"
REASONS = ("unreadable", "no_head", "ahead", "stuck", "falling_behind", "catching_up")


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    if reading["message"]:
        return [finding("unknown", "unreadable", reading["message"])]
    indexed, head, most = reading["indexed"], reading["head"], inputs["max_lag_blocks"]
    if head is None:
        return [
            finding(
                "unknown",
                "no_head",
                f"the index is at {indexed}, and no node tells how far the chain is",
            )
        ]
    lag = head - indexed
    if -lag > most:
        said = f"the index is at {indexed}, which the chain has not reached: it is of another chain, or the node is"
        return [finding("crit", "ahead", said, -lag, "blocks", most)]
    said = f"the index is at {indexed}, {max(0, lag)} blocks behind {head}"
    if lag <= most:
        return [finding("ok", "ok", said, max(0, lag), "blocks", most)]
    pace, of_chain = reading["rate"], reading["head_rate"]
    left = seconds_left(lag, pace, of_chain, most)
    if left is None:
        if pace <= 0:
            return [finding("crit", "stuck", f"{said}, and does not move", lag, "blocks", most)]
        said += f", and takes {pace:.1f} a second where the chain makes {of_chain:.1f}"
        return [finding("crit", "falling_behind", said, lag, "blocks", most)]
    said += f"; it takes {pace:.1f} a second, and is there in about {told(left)}"
    return [finding("warn", "catching_up", said, round(left, 1), "seconds", most)]


def told(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"

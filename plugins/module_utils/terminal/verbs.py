# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a change is about to do, said while it is being done."""

from __future__ import annotations

NOW = {
    "clear": "clearing", "cut": "cutting", "deploy": "deploying", "drain": "draining", "drop": "dropping",
    "end": "ending", "fall": "falling", "grow": "growing", "isolate": "isolating", "pause": "pausing",
    "process": "processing", "promote": "promoting", "prune": "pruning", "raise": "raising",
    "reload": "reloading", "restart": "restarting", "resume": "resuming", "roll": "rolling",
    "save": "saving", "scale": "scaling", "set": "setting", "start": "starting", "stop": "stopping",
    "switch": "switching", "undo": "undoing", "unlink": "unlinking",
}  # fmt: skip


def doing(summary: str) -> str:
    """`end 4 sessions` as what is happening now: `ending 4 sessions`."""
    verb, _space, rest = summary.partition(" ")
    now = NOW.get(verb.lower())
    return f"{now} {rest}".strip() if now else f"now: {summary}"

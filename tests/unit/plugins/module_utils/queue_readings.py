# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tests of the runbooks on queues share: a reading, written down in one line."""

from __future__ import annotations

from typing import Any

Reading = dict[str, Any]


def queue(name: str = "email", **parts: Any) -> Reading:
    """One that is worked on and has nothing left; each part given replaces what it names."""
    whole: Reading = {
        "name": name,
        "version": "bullmq:6.7.0",
        "there": True,
        "paused_by": None,
        "counts": {"active": 0, "delayed": 0, "failed": 0},
        "waiting": 0,
        "rates": {"seconds": 5.0, "arrived": 0, "drained": 0, "failed": 0},
        "oldest_seconds": None,
        "workers": 2,
        "unlocked": 0,
        "limited_ms": 0,
        "failures": {"total": 0, "sampled": 0, "meant": 0, "classes": []},
    }
    return {
        key: {**value, **parts.get(key, {})} if isinstance(value, dict) else parts.get(key, value)
        for key, value in whole.items()
    }


def waits(number: int, arrived: int = 0, drained: int = 0, **parts: Any) -> Reading:
    rates = {"arrived": arrived, "drained": drained}
    return queue(
        **{
            "waiting": number,
            "rates": rates,
            "oldest_seconds": 60.0,
            "counts": {"active": 5},
            **parts,
        }
    )


def failures(number: int, **parts: Any) -> Reading:
    classes = [{"job": "send-mail", "reason": "HTTP 503", "about": number}] if number else []
    found = {"total": number, "sampled": min(number, 200), "meant": number, "classes": classes}
    found["last"] = {"job": "send-mail", "reason": "HTTP 503", "at": "2026-11-21T03:04:05.000000Z"}
    return queue(**{"failures": found, **parts})


def reading(*queues: Reading, role: str = "master") -> Reading:
    return {
        "redis": "redis",
        "refused": None,
        "document": {"role": role, "queues": list(queues) or [queue()]},
    }


def refused(reason: str) -> Reading:
    return {
        "redis": "redis",
        "refused": {"reason": reason, "message": f"it is {reason}"},
        "document": None,
    }

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may be done with payments, and when: a payment made twice is the worst that can come of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.services.modes import ENTERED, LEFT

WORK = ("reconcile", "process", "resume")
# What stands against going on. `sending` is a payment that was cut off, once the service is paused.
UNCLEAR = ("paid_twice", "unreconciled", "result_unknown", "lost", "sending")


def against(work: str, reading: Mapping[str, Any], state: str) -> str:
    """Why not, by a fresh reading; nothing when there is nothing against it."""
    if work == "resume" and state == LEFT:
        return ""  # a pause that was announced and never took effect ends without more
    if state != ENTERED:
        return "the processing is not paused, so it may send at the same moment"
    if work == "reconcile":
        return ""
    if reading["message"]:
        return str(reading["message"])
    unclear = unsettled(reading)
    if work == "resume":
        return f"payments are {words(unclear)}, so it is not resumed" if unclear else ""
    others = [name for name in unclear if name != "lost"]
    if others:
        return f"payments are {words(others)}: until that is settled, sending again could pay twice"
    return "" if unclear else "no payment is lost, so there is nothing to send again"


def unsettled(reading: Mapping[str, Any]) -> list[str]:
    return [name for name in UNCLEAR if reading["groups"][name]]


def words(names: Iterable[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)

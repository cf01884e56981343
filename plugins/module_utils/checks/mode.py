# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is the service in the mode that was asked for? Unasked, it should be in none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.services.modes import (
    ENTERED,
    MODES,
    UNKNOWN,
)

PROBE = "mode"
REASONS = ("mode_in_effect", "mode_not_in_effect", "mode_unreadable")
ASKED = {"enter": ENTERED, "pause": ENTERED}


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    mode, state = MODES[reading["mode"]], reading["state"]
    if state == UNKNOWN:
        said = f"the command {mode.status} does not tell {mode.entered_word} or {mode.left_word}"
        return [finding("unknown", "mode_unreadable", f"{said}: {reading['message']}")]
    word = mode.entered_word if state == ENTERED else mode.left_word
    flight = reading["in_flight"]
    said = f"{reading['mode']} is {word}" + (f"; {flight} in flight" if flight is not None else "")
    wants_it = ASKED.get(str(inputs.get("mode"))) == ENTERED
    if wants_it == (state == ENTERED):
        return [finding("ok", "ok", said, word)]
    reason = "mode_not_in_effect" if wants_it else "mode_in_effect"
    return [finding("warn", reason, said, word)]

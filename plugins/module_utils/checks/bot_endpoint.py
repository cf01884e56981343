# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does the bot take an update that brings its secret, where Telegram sends it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks import health
from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding

PROBE = "bot_endpoint"
OWN = {401: "secret_refused", 403: "secret_refused", 404: "wrong_path"}
REASONS = (*health.REASONS, "secret_refused", "wrong_path", "server_error")


def grade(reading: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[Finding]:
    """As any other address is judged, and what a status means to a bot."""
    found = health.grade(reading, inputs)
    status = reading["status"]
    for one in found:
        if one["reason"] == "wrong_status":
            server = "server_error" if status >= 500 else "wrong_status"
            one["reason"] = OWN.get(status, server)
    return found

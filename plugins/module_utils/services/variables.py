# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Variables that several scenarios about services have in common."""

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input, Text

HOST = Text(
    "host",
    None,
    r"[A-Za-z0-9_][A-Za-z0-9_.-]*",
    "the name or address of a host",
    "app-1",
    "all services of this machine",
)
HOLD = Input("hold_seconds", 5, 0, 600, "seconds", "recovered means healthy for this long")
TIMEOUT = Input("timeout_seconds", 120, 1, 3600, "seconds", "give up verifying after this long")
MAX_RESTARTS = Input(
    "max_restarts",
    3,
    1,
    20,
    "restarts within an hour",
    "so many restarts by runbooks are enough; then a person has to look",
)
NEW_RELEASE = Input(
    "new_release_minutes",
    60,
    1,
    10080,
    "minutes",
    "a release in use for less than this is suspected before anything else",
)
RELEASE_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,254}"
RELEASE = Text(
    "release",
    None,
    RELEASE_PATTERN,
    "the name or the title of a release, as the findings show it",
    "2026.11.20-3",
    "go back to this one instead of the newest earlier one",
)


def expiry(default: int) -> Input:
    return Input(
        "expires_minutes",
        default,
        1,
        10080,
        "minutes",
        "how long the change may stay; revert -e expired_only=true undoes it then",
    )

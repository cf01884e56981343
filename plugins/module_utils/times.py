# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Times as the record keeps them: UTC, RFC 3339, microseconds, a trailing Z."""

from __future__ import annotations

from datetime import UTC, datetime


def stamp(moment: float) -> str:
    """Seconds since the epoch, as the record writes them."""
    text = datetime.fromtimestamp(moment, tz=UTC).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")


def seconds(text: str) -> float:
    """The opposite of stamp()."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()

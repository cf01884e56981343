# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which images without a name may go: none that a container has, none that something may go back to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any


def removable(
    docker: Mapping[str, Any], protected: Collection[str], days: int, now: datetime
) -> list[Mapping[str, Any]]:
    """The oldest first. Of what Compose built for a service, the newest one without a name is its
    release before the current one."""
    found = sorted(docker["dangling"], key=lambda one: str(one["created"]))
    newest = {one["of"]: one["id"] for one in found if one["of"]}
    kept = {*docker["used"], *protected, *newest.values()}
    before = now - timedelta(days=days)
    return [one for one in found if one["id"] not in kept and made(one["created"]) < before]


def made(created: str) -> datetime:
    """An image without a date, as some builders make them, is of the year 1, and never old enough."""
    day = datetime.fromisoformat(f"{created[:19]}+00:00")
    return day if day.year > 1970 else datetime.now(UTC)


def releases(workload: Mapping[str, Any]) -> Sequence[str]:
    """The current one of the service, and the two before it."""
    names = [one["name"] for one in workload.get("releases", ())]
    current = workload.get("current")
    at = names.index(current) if current in names else 0
    return names[: at + 3]

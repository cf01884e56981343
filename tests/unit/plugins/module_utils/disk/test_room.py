# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much has to go, and how many files that takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.disk import images
from ansible_collections.oncall.runbooks.plugins.module_utils.disk.room import Need, enough, need


def filesystem(used: int, free: int, nodes: int = 0, nodes_free: int = 100) -> dict[str, Any]:
    return {
        "used_bytes": used, "free_bytes": free, "used_percent": -(-100 * used // (used + free)),
        "inodes_used": nodes, "inodes_free": nodes_free,
        "inodes_percent": -(-100 * nodes // max(1, nodes + nodes_free)),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (filesystem(84, 16), Need()),
        (filesystem(85, 15), Need(1, 0)),
        (filesystem(1000, 0), Need(160, 0)),
        (filesystem(10, 90, 100, 0), Need(0, 16)),
        (filesystem(100, 0, 100, 0), Need(16, 16)),
    ],
)
def test_below_the_threshold(given: dict[str, Any], expected: Need) -> None:
    assert need(given, 85) == expected
    assert bool(need(given, 85)) == bool(expected.bytes or expected.inodes)


FILES = [{"bytes": 10}, {"bytes": 0}, {"bytes": 50}, {"bytes": 10}]


@pytest.mark.parametrize(
    ("wanted", "files", "size", "expected"),
    [
        (Need(), 10, 1000, 0),
        (Need(bytes=1), 10, 1000, 1),
        (Need(bytes=11), 10, 1000, 3),
        (Need(bytes=1000), 10, 1000, 4),
        (Need(inodes=2), 10, 1000, 2),
        (Need(bytes=5, inodes=3), 10, 1000, 3),
        (Need(bytes=1000), 2, 1000, 2),
        (Need(bytes=1000), 10, 59, 2),
    ],
)
def test_enough_and_no_more_than_the_caps(
    wanted: Need, files: int, size: int, expected: int
) -> None:
    assert enough(FILES, wanted, files, size) == expected


def image(name: str, days: int, of: str = "") -> dict[str, Any]:
    return {"id": name, "created": f"2026-11-{days:02}T00:00:00Z", "bytes": 1, "of": of}


def test_images_that_may_go() -> None:
    docker = {
        "dangling": [
            image("young", 20), image("used", 1), image("release", 2), image("old", 3), image("older", 2),
            image("web-1", 1, "shop/web"), image("web-2", 2, "shop/web"), image("api-1", 1, "shop/api"),
            {**image("undated", 1), "created": "0001-01-01T00:00:00Z"},
        ],
        "used": ["used"],
    }  # fmt: skip
    now = datetime(2026, 11, 24, tzinfo=UTC)
    found = images.removable(docker, ["release"], 14, now)
    assert [one["id"] for one in found] == ["web-1", "older", "old"]


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        ("r4", ["r5", "r4", "r3", "r2"]),
        ("r1", ["r5", "r4", "r3", "r2", "r1"]),
        (None, ["r5", "r4", "r3"]),
    ],
)
def test_releases_to_go_back_to_are_kept(current: str | None, expected: list[str]) -> None:
    known = [{"name": f"r{number}"} for number in (5, 4, 3, 2, 1)]
    assert list(images.releases({"releases": known, "current": current})) == expected
    assert list(images.releases({})) == []

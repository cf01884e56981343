# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which image a reference means on a host."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.answers import Image
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.releases import (
    find,
    references,
    releases,
    target,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.platforms.compose import (
    captured,
)

WHEN = "2026-11-21 13:00:00 +0000 UTC"
DIGEST = f"sha256:{'d' * 64}"
IMAGES = [
    Image("sha256:1", "shop", "v1", "<none>", WHEN),
    Image("sha256:2", "shop", "latest", DIGEST, WHEN),
    Image("sha256:3", "registry.example.org:5000/team/shop", "v1", DIGEST, WHEN),
    Image("sha256:4", "<none>", "<none>", "<none>", WHEN),
]


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("shop:v1", "sha256:1"),
        ("docker.io/library/shop:v1", "sha256:1"),
        ("shop", "sha256:2"),
        (f"shop@{DIGEST}", "sha256:2"),
        (f"shop:latest@{DIGEST}", "sha256:2"),
        (f"shop@sha256:{'e' * 64}", None),
        ("registry.example.org:5000/team/shop:v1", "sha256:3"),
        ("registry.example.org:5000/team/shop", None),
        ("sha256:4", "sha256:4"),
        ("sha256:9", None),
        ("shop:v2", None),
        ("", None),
    ],
)
def test_find(reference: str, expected: str | None) -> None:
    assert find(IMAGES, reference) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, []),
        ({}, []),
        ({"previous": "a"}, ["a"]),
        ({"previous": "a", "history": ["b", "a"]}, ["a", "b"]),
        ({"previous": None, "history": "b"}, ["b"]),
    ],
)
def test_references(given: Any, expected: list[str]) -> None:
    assert references(given) == expected


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ("shop:v1", None),
        ("v1", None),
        ("docker.io/library/shop:v1", None),
        (captured.image("calm", "v1"), None),
        ("shop:v9", "release_missing"),
        ("v9", "release_missing"),
        (f"shop@{DIGEST}", "release_missing"),
        # On the host, and none of its own.
        ("oncall-lab/redis:1", "release_missing"),
        ("shop", "release_not_pinned"),
        ("latest", "release_not_pinned"),
        ("shop:stable", "release_not_pinned"),
    ],
)
def test_a_release_that_is_asked_for(wanted: str, reason: str | None) -> None:
    look = captured.look("calm")
    found = target(look, "api", wanted, releases(look, "api", None))
    if reason:
        assert found["refused"]["reason"] == reason
    else:
        assert (found["name"], found["in_use"]) == (captured.image("calm", "v1"), False)


def test_the_release_in_use() -> None:
    look = captured.look("calm")
    found = target(look, "api", "shop:v2", releases(look, "api", None))
    assert found["in_use"] and "shop:v2" in found["title"]


def test_how_to_get_it_there() -> None:
    look = captured.look("calm")
    found = target(look, "api", "shop:v9", releases(look, "api", None))
    assert "by hand: docker pull shop:v9; nothing was stopped" in found["refused"]["message"]

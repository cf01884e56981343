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
    repository,
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
    ("reference", "expected"),
    [
        ("shop:v1", "shop"),
        ("docker.io/library/shop", "shop"),
        ("registry.example.org:5000/team/shop", "registry.example.org:5000/team/shop"),
        (f"registry.example.org:5000/team/shop:v1@{DIGEST}", "registry.example.org:5000/team/shop"),
    ],
)
def test_repository(reference: str, expected: str) -> None:
    assert repository(reference) == expected


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

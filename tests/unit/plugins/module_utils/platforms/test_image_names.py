# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a reference to an image says."""

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.image_names import (
    called,
    floats,
    of_own,
    repository,
    tag,
)

DIGEST = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("reference", "place", "name", "word", "moves"),
    [
        ("shop", "shop", "shop", "", True),
        ("shop:latest", "shop", "shop", "latest", True),
        ("shop:v1", "shop", "shop", "v1", False),
        ("docker.io/library/shop:v1", "shop", "shop", "v1", False),
        ("registry:5000/shop", "registry:5000/shop", "shop", "", True),
        ("registry:5000/team/shop:1.4", "registry:5000/team/shop", "shop", "1.4", False),
    ],
)
def test_its_parts(reference: str, place: str, name: str, word: str, moves: bool) -> None:
    assert (repository(reference), called(reference), tag(reference)) == (place, name, word)
    assert floats(reference) is moves


@pytest.mark.parametrize("reference", [f"shop@{DIGEST}", f"shop:latest@{DIGEST}", DIGEST])
def test_a_digest_never_moves(reference: str) -> None:
    assert not floats(reference)


def test_a_digest_is_no_part_of_the_name() -> None:
    assert repository(f"registry:5000/shop:v1@{DIGEST}") == "registry:5000/shop"


@pytest.mark.parametrize(
    ("wanted", "own", "meant"),
    [
        ("v2", "shop:v1", "shop:v2"),
        ("1.4", "registry:5000/shop", "registry:5000/shop:1.4"),
        ("1.4", f"registry:5000/shop:1.3@{DIGEST}", "registry:5000/shop:1.4"),
        ("other:v2", "shop:v1", "other:v2"),
        (f"shop@{DIGEST}", "shop:v1", f"shop@{DIGEST}"),
        # Its name without a tag, which is no tag.
        ("shop", "registry:5000/shop:v1", "shop"),
    ],
)
def test_a_tag_alone(wanted: str, own: str, meant: str) -> None:
    assert of_own(wanted, own) == meant

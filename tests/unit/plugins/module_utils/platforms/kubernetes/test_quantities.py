# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Amounts as Kubernetes writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import quantities


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("128974848", "128974848"),
        ("129e6", "129000000"),
        ("129M", "129000000"),
        ("128974848000m", "128974848"),
        ("123Mi", "128974848"),
        ("0.5Gi", "536870912"),
        ("1.5", "1.5"),
        ("1500m", "1.5"),
        (".5", "0.5"),
        ("100u", "0.0001"),
        ("2k", "2000"),
        ("1Ei", str(1024**6)),
        ("1E", str(10**18)),
        (2, "2"),
    ],
)
def test_read(text: str, value: str) -> None:
    assert quantities.amount(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "1 Gi", "1KiB", "Mi", "one", "1mi", "0x10"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        quantities.amount(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [(536870912, "512Mi"), (1024, "1Ki"), (1000, "1000"), (3 * 1024**3, "3Gi"), (1536, "1536")],
)
def test_memory_is_written_short_and_whole(size: int, text: str) -> None:
    assert quantities.memory(size) == text
    assert quantities.whole_bytes(text) == size


@pytest.mark.parametrize(
    ("number", "text"), [(0.5, "500m"), (2.0, "2"), (1.25, "1250m"), (0.1, "100m")]
)
def test_cpus(number: float, text: str) -> None:
    assert quantities.cpus(number) == text

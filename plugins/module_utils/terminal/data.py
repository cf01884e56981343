# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a task returned may have any shape; these read it as the shape it should have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Item = Mapping[str, Any]


def mapping(value: object) -> Item:
    return value if isinstance(value, Mapping) else {}


def items_of(value: object) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def mappings(value: object) -> list[Item]:
    return [item for item in items_of(value) if isinstance(item, Mapping)]

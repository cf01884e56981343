# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all playbooks have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

PLAYBOOKS = sorted((Path(__file__).parents[3] / "playbooks").glob("*.yml"))


def roles(found: Any) -> Iterator[dict[str, Any]]:
    if isinstance(found, list):
        for one in found:
            yield from roles(one)
    elif isinstance(found, dict):
        for key, value in found.items():
            if key == "ansible.builtin.import_role":
                yield value
            yield from roles(value)


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_no_role_judges_again_what_is_our_own(path: Path) -> None:
    """It would cost a task for each role."""
    imported = list(roles(yaml.safe_load(path.read_text())))
    assert imported
    assert [role for role in imported if role.get("rolespec_validate") is not False] == []

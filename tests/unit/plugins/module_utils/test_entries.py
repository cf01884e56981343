# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is no mapping, or has a key that nobody reads, is one line that says what would be right."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import entries
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError

EXAMPLE = "{unit: api.service}"


@pytest.mark.parametrize("value", [None, "unit", ["unit"], 1])
def test_only_a_mapping_is_one(value: Any) -> None:
    with pytest.raises(InputError, match=r"^p: got .*; allowed is a mapping; for example \{unit"):
        entries.mapping("p", value, EXAMPLE)


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ("", "p.units: unknown key; did you mean unit? known are unit, scope"),
        (
            EXAMPLE,
            f"p.units: unknown key; did you mean unit? known are unit, scope; for example {EXAMPLE}",
        ),
    ],
)
def test_an_unknown_key_is_refused(example: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        entries.known_keys("p", {"unit": 1, "units": 2}, ("unit", "scope"), example)
    assert str(caught.value) == said


def test_known_keys_and_choices_are_taken() -> None:
    entries.known_keys("p", {"unit": 1}, ("unit", "scope"), EXAMPLE)
    entries.one_of("p.kind", "redis", ("postgresql", "redis"))
    with pytest.raises(InputError, match=r"^p\.kind: got 'Redis'; allowed is one of postgresql"):
        entries.one_of("p.kind", "Redis", ("postgresql", "redis"))

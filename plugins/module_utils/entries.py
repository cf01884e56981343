# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A mapping of the catalog: what each part of it is judged by, whoever judges it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError, refusal

Entry = Mapping[str, Any]


def mapping(path: str, value: object, example: str) -> Entry:
    if not isinstance(value, Mapping):
        raise refusal(path, value, "a mapping", example)
    return value


def known_keys(path: str, given: Entry, known: Sequence[str], example: str = "") -> None:
    for key in given:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1, cutoff=0.6)
            hint = f"did you mean {close[0]}? " if close else ""
            shape = f"; for example {example}" if example else ""
            raise InputError(
                f"{path}.{key}: unknown key; {hint}known are {', '.join(known)}{shape}"
            )


def one_of(path: str, value: object, choices: Sequence[str]) -> None:
    if value not in choices:
        raise refusal(
            path, value, f"one of {', '.join(choices)}", f"{path.rpartition('.')[2]}: {choices[0]}"
        )

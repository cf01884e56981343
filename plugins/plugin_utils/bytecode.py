# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible compiles the files of a collection anew in every run, which takes ours a quarter of a second.

From then on Python loads them itself, and so keeps their bytecode in `__pycache__` as for any library.
What it does not find, as the folders of plugins, which are no packages, is left to Ansible's own loader.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType

OURS = "ansible_collections.oncall.runbooks.plugins."


class WithBytecode(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(OURS) or not path:
            return None
        found = finder(path[0]).find_spec(fullname)
        return found if found and found.loader else None


@cache
def finder(folder: str) -> FileFinder:
    return FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES))


def keep_bytecode() -> None:
    if not any(isinstance(one, WithBytecode) for one in sys.meta_path):
        sys.meta_path.insert(0, WithBytecode())

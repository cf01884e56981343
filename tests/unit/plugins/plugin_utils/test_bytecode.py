# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path

import pytest
from ansible_collections.oncall.runbooks.plugins.plugin_utils import bytecode

PLUGINS = Path(bytecode.__file__).parents[1]


def found(name: str, folder: Path) -> ModuleSpec | None:
    return bytecode.WithBytecode().find_spec(name, [str(folder)])


def test_our_files_are_loaded_by_python_which_keeps_their_bytecode() -> None:
    spec = found(f"{bytecode.OURS}module_utils.lock", PLUGINS / "module_utils")
    assert spec and isinstance(spec.loader, SourceFileLoader)
    assert spec.cached and spec.cached.endswith(".pyc")


@pytest.mark.parametrize(
    "name",
    [
        "json",
        "ansible_collections.community.general.plugins.lock",
        f"{bytecode.OURS}none_such",
        # Folders without __init__.py are for Ansible to make packages of.
        f"{bytecode.OURS}module_utils",
    ],
)
def test_all_else_is_left_to_others(name: str) -> None:
    assert found(name, PLUGINS) is None


def test_asked_for_twice_it_is_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Another test may have asked for it before.
    others = [one for one in sys.meta_path if not isinstance(one, bytecode.WithBytecode)]
    monkeypatch.setattr(sys, "meta_path", [*others])
    bytecode.keep_bytecode()
    bytecode.keep_bytecode()
    assert sys.meta_path[1:] == others

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path

import pytest
from ansible_collections.oncall.runbooks import plugins

FOLDER = Path(plugins.__file__).parent


def found(name: str, folder: Path) -> ModuleSpec | None:
    return plugins.WithBytecode().find_spec(name, [str(folder)])


def test_our_files_are_loaded_by_python_which_keeps_their_bytecode() -> None:
    spec = found(f"{plugins.__name__}.module_utils.lock", FOLDER / "module_utils")
    assert spec and isinstance(spec.loader, SourceFileLoader)
    assert spec.cached and spec.cached.endswith(".pyc")


@pytest.mark.parametrize(
    "name",
    [
        "json",
        "ansible_collections.community.general.plugins.lock",
        f"{plugins.__name__}.none_such",
        # Folders without __init__.py are for Ansible to make packages of.
        f"{plugins.__name__}.module_utils",
    ],
)
def test_all_else_is_left_to_others(name: str) -> None:
    assert found(name, FOLDER) is None

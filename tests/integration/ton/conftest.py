# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A toncenter API that really listens, and the modules run against it as Ansible runs them."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

MODULES = "ansible_collections.oncall.runbooks.plugins.modules"


def _module(name: str, path: Path) -> ModuleType:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec and spec.loader
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


lab = _module("oncall_lab_toncenter", Path(__file__).resolve().parents[2] / "lab" / "toncenter.py")


@pytest.fixture
def api() -> Iterator[Any]:
    """Its state; `url` is where it listens. Not limited, unless a test asks for it."""
    state = lab.Server(lab.Chain(), limited=False)
    with lab.serve(state) as url:
        state.url = url
        yield state


@pytest.fixture
def another() -> Iterator[Callable[..., Any]]:
    """One more endpoint, of the same chain or of another."""
    with ExitStack() as stack:

        def add(chain: Any, **more: Any) -> Any:
            state = lab.Server(chain, **{"limited": False, **more})
            state.url = stack.enter_context(lab.serve(state))
            return state

        yield add


@pytest.fixture
def module(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """What a module answers. It never leaves with a traceback, and never tells the key."""

    def run(name: str, **given: Any) -> dict[str, Any]:
        work = importlib.import_module(f"{MODULES}.ton_{name}_info")
        with patch_module_args({"timeout_seconds": 10, **given}), pytest.raises(SystemExit):
            work.main()
        said = capsys.readouterr()
        if given.get("api_key"):
            # Ansible itself repeats what was given as no_log, hidden.
            assert given["api_key"] not in said.out + said.err
        assert "Traceback" not in said.out + said.err
        return dict(json.loads(said.out))

    return run

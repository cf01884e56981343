# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import break_glass
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import (
    PAGE,
    texts,
)


def test_break_glass() -> None:
    assert texts(break_glass.render({"service": "db", "purpose": "read it"}, PAGE)) == [
        "  BREAK GLASS  administrator's connection used, to read it"
    ]

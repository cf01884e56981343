# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tools that make backups: one file for each, and what it has to know."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.barman import Barman
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.pgbackrest import (
    Pgbackrest,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.plain import Plain
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.tool import Tool
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.wal_g import WalG

TOOLS: Mapping[str, type[Tool]] = MappingProxyType(
    {"plain": Plain, "pgbackrest": Pgbackrest, "barman": Barman, "wal-g": WalG}
)

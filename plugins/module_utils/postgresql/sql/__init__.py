# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The statements. Each is one text that answers one JSON document, on PostgreSQL 13 to 18.

Parameters travel in the text, as JSON literals, so that it runs the same through psql and
libpq, and through a pooler that gives each transaction another connection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql import (
    node,
    offences,
    relations,
    replication,
    sections,
    statements,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.activity import (
    BACKENDS,
    OBSERVED,
    params_cte,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.configuration import (
    alter_setting,
    file_settings_errors,
    memory,
    reset_setting,
    setting,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.ending import (
    end_sessions,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.integrity import (
    checksums,
    copy_state,
    end_recovery,
    one_value,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.node import (
    promote,
    write_test,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.relations import (
    analyze,
    index,
    reindex,
    table,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.sql.script import (
    transaction,
)

__all__ = [
    "SECTIONS",
    "alter_setting",
    "analyze",
    "checksums",
    "copy_state",
    "end_recovery",
    "end_sessions",
    "file_settings_errors",
    "index",
    "memory",
    "one_value",
    "promote",
    "reindex",
    "reset_setting",
    "setting",
    "snapshot",
    "table",
    "write_test",
]

SESSIONS = (BACKENDS, OBSERVED, sections.OTHERS_CTE)
CHAINS = (*SESSIONS, offences.BLOCKING_CTE, offences.OFFENDING_CTE)
# Each section: its expression, and the common table expressions it reads from.
SECTIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "server": (sections.SERVER, (sections.SETTINGS_CTE,)),
    "slots": (sections.SLOTS, (sections.SETTINGS_CTE, *SESSIONS)),
    "sessions": (sections.SESSIONS, SESSIONS),
    "blocking": (offences.BLOCKING, CHAINS),
    "offenders": (offences.OFFENDERS, CHAINS),
    "waits": (offences.WAITS, SESSIONS),
    "relations": (relations.RELATIONS, relations.TABLES),
    "settings": (sections.SETTINGS_SECTION, (sections.SETTINGS_CTE,)),
    "replication": (replication.REPLICATION, (replication.POSITION_CTE,)),
    "transactions": (replication.TRANSACTIONS, ()),
    "statements": (statements.STATEMENTS, ()),
    "node": (node.NODE, ()),
}


def snapshot(params: Mapping[str, Any], wanted: Sequence[str]) -> str:
    """One document with the wanted sections, all read at one moment."""
    unknown = [name for name in wanted if name not in SECTIONS]
    if unknown:
        raise ValueError(f"no such section: {', '.join(unknown)}")
    tables = dict.fromkeys(table for name in wanted for table in SECTIONS[name][1])
    parts = ",\n".join(f"'{name}', {SECTIONS[name][0]}" for name in dict.fromkeys(wanted))
    document = (
        f"WITH {','.join((params_cte(params), *tables))}\n"
        f"SELECT json_build_object(\n{parts})::text\nFROM moment"
    )
    before = [statements.COLLECT] if "statements" in wanted else []
    return transaction(*before, document)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The frame of every statement: bounded, read-only, and the same text for psql and libpq."""

from __future__ import annotations

import json
import re
from typing import Any

STATEMENT_TIMEOUT_MS = 10_000
LOCK_TIMEOUT_MS = 1_000


def quoted(text: str) -> str:
    """A literal, safe whatever standard_conforming_strings says; psql replaces nothing in it."""
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def json_literal(value: Any) -> str:
    """A value as one JSON literal in ASCII, so that no client's encoding can change it."""
    return quoted(json.dumps(value, sort_keys=True, ensure_ascii=True))


def transaction(
    *statements: str, timeout_ms: int = STATEMENT_TIMEOUT_MS, read_only: bool = True
) -> str:
    """Everything set is local to the transaction: a pooler hands on a clean connection.

    A temporary schema is searched first unless it is named last, and then behind a pooler
    somebody else's temporary table could take pg_stat_activity's place
    (PostgreSQL documentation, search_path). Compiling such a statement costs more than it saves.
    """
    frame = (
        "BEGIN READ ONLY" if read_only else "BEGIN",
        f"SET LOCAL statement_timeout = {int(timeout_ms)}",
        f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}",
        "SET LOCAL search_path = pg_catalog, pg_temp",
        "SET LOCAL client_min_messages = error",
        "SET LOCAL jit = off",
    )
    return ";\n".join((*frame, *(_tidy(statement) for statement in statements), "COMMIT"))


def _tidy(statement: str) -> str:
    return re.sub(r"\n\s*\n", "\n", statement.strip())

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is asked of a server, over whichever way the catalog names: the same answer over each.

Everything here answers plain data or raises Refused.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql import (
    memory,
    psql,
    sql,
    tcp,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.redact import redact
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import (
    Refusal,
    Refused,
    safe,
)

# Runs a command line with a standard input where the server lives: status, output, errors.
Executor = Callable[[str, str], tuple[int, str, str]]
Document = dict[str, Any]

CONNECT_TIMEOUT_S = 5
TOTAL_TIMEOUT_S = 20
# As long as a lease of a disruptive change lasts, less what comes before and after.
REINDEX_TIMEOUT_S = 540
ANALYZE_TIMEOUT_S = 65
# An integrity query may read a whole table.
QUERY_TIMEOUT_S = 65
# The server itself waits for its promotion for a minute.
PROMOTION_TIMEOUT_S = 75


def read(way: Way, wanted: Sequence[str], params: Mapping[str, Any], execute: Executor) -> Document:
    """The snapshot; every statement's text is redacted before anybody else sees it."""
    document = _document(way, _built(lambda: sql.snapshot(params, wanted)), execute)
    without_literals(document)
    return document


def end(way: Way, params: Mapping[str, Any], execute: Executor) -> Document:
    """End `sessions` of the params within their `cap`; with `dry_run`, say which would be ended."""
    answer = _document(way, _built(lambda: sql.end_sessions(params)), execute)
    if answer["error"]:
        said = f"{way.user} may not end these sessions: GRANT pg_monitor, pg_signal_backend TO it"
        raise Refused(Refusal(answer["error"], said))
    return answer


def pools(way: Way, execute: Executor) -> Document:
    """PgBouncer's own account of its pools."""
    rows = _ask_rows(way, "SHOW POOLS", execute)
    return {"pools": [{name: _number(value) for name, value in row.items()} for row in rows]}


def configuration(way: Way, execute: Executor) -> Document:
    """What a restart would meet: errors in the files, and the memory that is left."""
    return {
        "errors": _document(way, sql.file_settings_errors(), execute)["errors"],
        "memory": memory.available(_document(way, sql.memory(), execute)),
    }


def setting(way: Way, name: str, execute: Executor) -> Document:
    """One setting as it runs, and `in_file`, what ALTER SYSTEM wrote to `file` for it."""
    return _document(way, _built(lambda: sql.setting(name)), execute)


def alter_setting(way: Way, name: str, value: str, execute: Executor) -> None:
    _ask(way, _built(lambda: sql.alter_setting(name, value)), execute)


def reset_setting(way: Way, name: str, execute: Executor) -> None:
    _ask(way, _built(lambda: sql.reset_setting(name)), execute)


def table(way: Way, schema: str, name: str, execute: Executor) -> Document | None:
    return _found(way, _built(lambda: sql.table(schema, name)), execute)


def index(way: Way, schema: str, name: str, execute: Executor) -> Document | None:
    return _found(way, _built(lambda: sql.index(schema, name)), execute)


def analyze(way: Way, schema: str, name: str, execute: Executor) -> None:
    _ask(way, _built(lambda: sql.analyze(schema, name)), execute, seconds=ANALYZE_TIMEOUT_S)


def reindex(way: Way, schema: str, name: str, execute: Executor) -> None:
    """Cancelled when it takes too long: it waits for every transaction that is older."""
    _ask(way, _built(lambda: sql.reindex(schema, name)), execute, seconds=REINDEX_TIMEOUT_S)


def promote(way: Way, execute: Executor) -> bool:
    """Whether it takes writes by the end of the wait."""
    return _ask(way, sql.promote(), execute, seconds=PROMOTION_TIMEOUT_S) is True


def write_test(way: Way, execute: Executor) -> None:
    """Refused when a transaction cannot be committed."""
    if _ask(way, sql.write_test(), execute) != 1:
        raise Refused(Refusal("unknown", "the written row was not read back"))


def checksums(way: Way, execute: Executor) -> Document:
    return _document(way, sql.checksums(), execute)


def one_value(way: Way, query: str, execute: Executor) -> str | None:
    """What a query of the catalog answers, as text."""
    seconds = QUERY_TIMEOUT_S
    answer = _ask(way, sql.one_value(query), execute, seconds=seconds)
    return answer["value"] if isinstance(answer, dict) else None


def copy_state(way: Way, execute: Executor) -> Document:
    return _document(way, sql.copy_state(), execute)


def end_recovery(way: Way, execute: Executor) -> None:
    _ask(way, sql.end_recovery(), execute)


def _built(build: Callable[[], str]) -> str:
    """A statement, unless what is asked for must not even become one."""
    try:
        return build()
    except (ValueError, KeyError, TypeError) as error:
        refusal = Refusal("unknown", safe(f"not sent to the server: {error}"))
    raise Refused(refusal) from None


def _document(way: Way, text: str, execute: Executor) -> Document:
    answer = _ask(way, text, execute)
    if not isinstance(answer, dict):
        raise Refused(Refusal("unknown", "the server answered something else than a document"))
    return answer


def _found(way: Way, text: str, execute: Executor) -> Document | None:
    answer = _ask(way, text, execute)
    return answer if isinstance(answer, dict) else None


def _ask(way: Way, text: str, execute: Executor, seconds: int | None = None) -> Any:
    """Within the seconds; what takes longer than usual is cancelled when they are over."""
    if way.via == "tcp":
        if seconds is None:
            return tcp.run(way, text, connect_timeout_s=CONNECT_TIMEOUT_S)
        return tcp.run(
            way,
            text,
            connect_timeout_s=CONNECT_TIMEOUT_S,
            statement_timeout_ms=seconds * 1000,
            cancel=True,
        )
    return psql.parse(*_execute(way, text, execute, rows=False, seconds=seconds), way.password)


def _ask_rows(way: Way, text: str, execute: Executor) -> list[dict[str, str]]:
    if way.via == "tcp":
        return tcp.run_rows(way, text, connect_timeout_s=CONNECT_TIMEOUT_S)
    return psql.parse_rows(*_execute(way, text, execute, rows=True), way.password)


def _execute(
    way: Way, text: str, execute: Executor, *, rows: bool, seconds: int | None = None
) -> tuple[int, str, str]:
    line = psql.command(
        way,
        connect_timeout_s=CONNECT_TIMEOUT_S,
        total_timeout_s=seconds or TOTAL_TIMEOUT_S,
        cancel=seconds is not None,
        rows=rows,
    )
    return execute(line, psql.stdin(way, text))


def without_literals(node: Any) -> None:
    """Replace every `query_bytes` by a redacted `query`, wherever it stands."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        without_literals(child)
    if isinstance(node, dict) and "query_bytes" in node:
        node["query"] = redact(_decoded(node.pop("query_bytes")))


def _decoded(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text).decode("utf-8", "replace")
    except binascii.Error:
        return None


def _number(value: str) -> str | int:
    return int(value) if value.isascii() and value.isdigit() else value

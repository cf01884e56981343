# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""via: tcp: libpq, by way of psycopg 3, on the controller. What goes wrong leaves as Refused.

One deadline bounds everything, also a name server and a server that accepts and never
answers: libpq's own connect_timeout bounds neither. psycopg's libpq wrapper is used as it
is, because no exception of it ever holds a connection string.
https://www.postgresql.org/docs/current/libpq-async.html
"""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.errors import (
    classify,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import (
    Refusal,
    Refused,
    safe,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.resolver import addresses

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

APPLICATION = "oncall.runbooks"
# What a server that observes its statement_timeout may take longer than that.
GRACE_S = 2.0
HOW_TO_INSTALL = (
    "psycopg 3 is not installed for the Python that runs Ansible: "
    "pip install 'psycopg[binary]', or use via: exec"
)


def run(
    way: Way,
    sql: str,
    *,
    connect_timeout_s: float = 5,
    statement_timeout_ms: int = 10_000,
    cancel: bool = False,
) -> Any:
    """The JSON document that the last statement with a row answers; None without one.

    With `cancel`, a statement that takes too long is not left to go on by itself.
    """
    results = _ask(way, sql, connect_timeout_s, statement_timeout_ms / 1000 + GRACE_S, cancel)
    answers = [result.get_value(0, 0) for result in results if result.ntuples and result.nfields]
    if not answers or answers[-1] is None:
        return None
    return json.loads(answers[-1].decode("utf-8", "replace"))


def run_rows(
    way: Way, sql: str, *, connect_timeout_s: float = 5, statement_timeout_ms: int = 10_000
) -> list[dict[str, str]]:
    """The rows as text: for a console that speaks no SQL, PgBouncer's."""
    results = _ask(way, sql, connect_timeout_s, statement_timeout_ms / 1000 + GRACE_S)
    return [row for result in results for row in _rows(result)]


def _rows(result: PGresult) -> list[dict[str, str]]:
    names = [(result.fname(number) or b"").decode() for number in range(result.nfields)]
    return [
        {
            name: (result.get_value(row, number) or b"").decode("utf-8", "replace")
            for number, name in enumerate(names)
        }
        for row in range(result.ntuples)
    ]


def _ask(
    way: Way, sql: str, connect_s: float, statement_s: float, cancel: bool = False
) -> list[PGresult]:
    try:
        from psycopg import pq
    except ImportError:
        raise Refused(Refusal("client_missing", HOW_TO_INSTALL)) from None
    try:
        connection = _connect(way, time.monotonic() + connect_s, connect_s)
        try:
            results = _exchange(connection, sql, time.monotonic() + statement_s, statement_s)
        except Refused:
            if cancel:
                connection.get_cancel().cancel()
            raise
        finally:
            connection.finish()
        for result in results:
            if result.status == pq.ExecStatus.FATAL_ERROR:
                raise Refused(_of_result(result, way.password))
        return results
    except Refused as refused:
        refusal = refused.refusal
    except Exception as error:
        # Whatever it says, it may say it with the connection's parameters.
        refusal = Refusal("unknown", f"the database client failed ({type(error).__name__})")
    raise Refused(refusal) from None


def _connect(way: Way, deadline: float, budget: float) -> PGconn:
    """The first address that answers as PostgreSQL; each has its share of the time that is left."""
    found = [None] if way.by_socket else addresses(str(way.host), way.port, deadline)
    failures: list[Refusal] = []
    for number, address in enumerate(found):
        left = max(0.0, deadline - time.monotonic()) / (len(found) - number)
        try:
            return _connect_to(way, address, time.monotonic() + left, budget)
        except Refused as refused:
            failures.append(refused.refusal)
    raise Refused(_most_telling(failures))


def _most_telling(failures: list[Refusal]) -> Refusal:
    """Of several addresses: what a server said counts more than that one is not there."""
    silent = ("refused", "unreachable", "timeout", "reset")
    return min(failures, key=lambda failure: failure.reason in silent)


def _connect_to(way: Way, address: str | None, deadline: float, budget: float) -> PGconn:
    from psycopg import pq

    with _without_service():
        connection = pq.PGconn.connect_start(_parameters(way, address))
    try:
        waiting: int = pq.PollingStatus.WRITING
        while connection.status != pq.ConnStatus.BAD:
            if waiting == pq.PollingStatus.OK:
                return connection
            if waiting == pq.PollingStatus.FAILED:
                break
            begun = connection.status != pq.ConnStatus.STARTED
            if not _ready(connection.socket, waiting == pq.PollingStatus.READING, deadline):
                raise Refused(_no_answer(way, begun, budget))
            waiting = connection.connect_poll()
        raise Refused(classify(_text(connection.error_message), way.password))
    except BaseException:
        connection.finish()
        raise


@contextmanager
def _without_service() -> Iterator[None]:
    """A person's PGSERVICE would lead libpq elsewhere, and no parameter says "none"."""
    service = os.environ.pop("PGSERVICE", None)
    try:
        yield
    finally:
        if service is not None:
            os.environ["PGSERVICE"] = service


def _parameters(way: Way, address: str | None) -> bytes:
    """Every parameter that the caller's environment could set otherwise is set.

    No `options`: PgBouncer refuses them as a start-up parameter.
    """
    from psycopg.conninfo import make_conninfo

    given: dict[str, Any] = {
        "host": way.host,
        "hostaddr": address or "",
        "port": way.port or "",
        "dbname": way.database,
        "user": way.user,
        "password": way.password,
        "sslmode": way.sslmode or "prefer",
        "sslrootcert": way.sslrootcert,
        "application_name": APPLICATION,
        "client_encoding": "UTF8",
        "gssencmode": "disable",
        "target_session_attrs": "any",
        "options": "",
    }
    return make_conninfo(
        **{key: value for key, value in given.items() if value is not None}
    ).encode()


def _exchange(connection: PGconn, sql: str, deadline: float, budget: float) -> list[PGresult]:
    """One simple query, which may be several statements; all its results."""
    connection.nonblocking = 1
    connection.send_query(sql.encode())
    while connection.flush():
        _wait(connection, False, deadline, budget)
        if _ready(connection.socket, True, 0):
            connection.consume_input()
    results: list[PGresult] = []
    while True:
        while connection.is_busy():
            _wait(connection, True, deadline, budget)
            connection.consume_input()
        result = connection.get_result()
        if result is None:
            return results
        results.append(result)


def _wait(connection: PGconn, reading: bool, deadline: float, budget: float) -> None:
    if not _ready(connection.socket, reading, deadline):
        said = f"the server took the statement and did not answer within {budget:g} s"
        raise Refused(Refusal("timeout", said))


def _ready(descriptor: int, reading: bool, deadline: float) -> bool:
    """poll, not select: an Ansible run with many forks has descriptors beyond 1024."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN if reading else select.POLLOUT)
    return bool(poller.poll(max(0.0, deadline - time.monotonic()) * 1000))


def _no_answer(way: Way, begun: bool, budget: float) -> Refusal:
    place = f"{way.host or 'the local socket'}, port {way.port}"
    if begun:
        said = f"{place} accepts connections but does not answer within {budget:g} s: it may hang"
    else:
        said = f"no answer from {place} within {budget:g} s"
    return Refusal("timeout", safe(said))


def _of_result(result: PGresult, secret: str | None) -> Refusal:
    """In the form of libpq's verbose messages, which classify knows."""
    from psycopg import pq

    def field(code: pq.DiagnosticField) -> str:
        return _text(result.error_field(code))

    state = field(pq.DiagnosticField.SQLSTATE)
    severity = field(pq.DiagnosticField.SEVERITY_NONLOCALIZED) or "ERROR"
    if not state:
        return classify(_text(result.error_message), secret)
    return classify(f"{severity}:  {state}: {field(pq.DiagnosticField.MESSAGE_PRIMARY)}", secret)


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")

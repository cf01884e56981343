# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""via: tcp: redis-py on the controller. What goes wrong leaves as Refused, and nothing waits for ever."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.redis.errors import classify
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import (
    ANSWER_TIMEOUT_S,
    CONNECT_TIMEOUT_S,
    TOTAL_TIMEOUT_S,
    Answer,
    Fault,
    Pause,
    Steps,
    pauses,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.way import Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refusal, Refused
from ansible_collections.oncall.runbooks.plugins.module_utils.resolver import addresses

HOW_TO_INSTALL = "redis-py is not installed for the Python that runs Ansible: pip install redis, or use via: exec"
# redis-py takes the first word off an error and makes a class of it.
WORDS = {
    "BusyLoadingError": "LOADING",
    "ReadOnlyError": "READONLY",
    "NoPermissionError": "NOPERM",
    "OutOfMemoryError": "OOM",
    "MasterDownError": "MASTERDOWN",
}


def ask(way: Way, steps: Steps) -> list[Answer]:
    """One answer for each command; Refused when there is no more to come."""
    try:
        import redis
    except ImportError:
        raise Refused(Refusal("client_missing", HOW_TO_INSTALL)) from None
    end = time.monotonic() + TOTAL_TIMEOUT_S + pauses(steps)
    if way.host and not way.by_socket:
        addresses(way.host, way.port, time.monotonic() + CONNECT_TIMEOUT_S)
    connection = _connection(way)
    try:
        connection.connect()
        return _exchange(connection, steps, end)
    except redis.TimeoutError as error:
        said = f"{_place(way)} takes connections and does not answer within {ANSWER_TIMEOUT_S:g} s: it may hang"
        if "connecting" in str(error):
            said = f"no answer from {_place(way)} within {CONNECT_TIMEOUT_S:g} s"
        refusal = Refusal("timeout", said)
    except (redis.RedisError, OSError) as error:
        refusal = classify(_text(error), way.password)
    except Exception as error:
        # Whatever it says, it may say it with the connection's parameters.
        refusal = Refusal("unknown", f"the client failed ({type(error).__name__})")
    finally:
        connection.disconnect()
    raise Refused(refusal) from None


def _exchange(connection: Any, steps: Steps, end: float) -> list[Answer]:
    import redis

    answers: list[Answer] = []
    for step in steps:
        if time.monotonic() > end:
            raise redis.TimeoutError
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            continue
        connection.send_command(
            *(word.encode("utf-8", "surrogateescape") for word in step), check_health=False
        )
        try:
            answers.append(_plain(connection.read_response(disable_decoding=True)))
        except redis.RedisError as error:
            if not _is_answer(error):
                raise
            answers.append(Fault(_text(error)))
    return answers


def _plain(value: Any) -> Answer:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, Exception):
        return Fault(_text(value))
    return value if value is None or isinstance(value, int) else str(value)


def _is_answer(error: Exception) -> bool:
    """Of some answers redis-py makes a lost connection."""
    import redis

    said = isinstance(error, (redis.ResponseError, redis.AuthenticationError))
    return said or isinstance(error, redis.BusyLoadingError) or "max number of" in str(error)


def _text(error: BaseException) -> str:
    word, said = WORDS.get(type(error).__name__, ""), str(error)
    if type(error).__name__ == "AuthenticationError":
        word = "NOAUTH" if "required" in said else "WRONGPASS"
    return f"{word} {said}" if word and not said.startswith(word) else said


def _connection(way: Way) -> Any:
    from redis import connection as module
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    # Most of its functions are not typed.
    connections: Any = module
    shared: dict[str, Any] = {
        "socket_timeout": ANSWER_TIMEOUT_S,
        "protocol": 2,
        # Each of its own tries would be another wait.
        "retry": Retry(NoBackoff(), 0),
        # What we say to the server we say ourselves, also who we are.
        "redis_connect_func": lambda made: made._parser.on_connect(made),
    }
    if way.by_socket:
        return connections.UnixDomainSocketConnection(path=way.host or "", **shared)
    shared |= {"host": way.host, "port": way.port, "socket_connect_timeout": CONNECT_TIMEOUT_S}
    if not way.tls:
        return connections.Connection(**shared)
    return connections.SSLConnection(ssl_ca_certs=way.tls_ca, ssl_check_hostname=True, **shared)


def _place(way: Way) -> str:
    return way.host or "" if way.by_socket else f"{way.host}, port {way.port}"

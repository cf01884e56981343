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
        return _exchange(way, connection, steps, end)
    except Refused as refused:
        refusal = refused.refusal
    except redis.TimeoutError as error:
        said = f"{_place(way)} takes connections and does not answer within {ANSWER_TIMEOUT_S:g} s: it may hang"
        if "connecting" in str(error):
            said = f"no answer from {_place(way)} within {CONNECT_TIMEOUT_S:g} s"
        refusal = Refusal("timeout", said)
    except (redis.RedisError, OSError) as error:
        refusal = classify(str(error), way.password)
    except Exception as error:
        # Whatever it says, it may say it with the connection's parameters.
        refusal = Refusal("unknown", f"the client failed ({type(error).__name__})")
    finally:
        connection.disconnect()
    raise Refused(refusal) from None


def _exchange(way: Way, connection: Any, steps: Steps, end: float) -> list[Answer]:
    import redis

    answers: list[Answer] = []
    for step in steps:
        if time.monotonic() > end:
            raise redis.TimeoutError
        if isinstance(step, Pause):
            time.sleep(step.seconds)
            continue
        words = [word.encode("utf-8", "surrogateescape") for word in step]
        try:
            connection.send_command(*words, check_health=False)
            answers.append(_plain(connection.read_response(disable_decoding=True)))
        except redis.ResponseError as error:
            answers.append(Fault(str(error)))
        except (redis.ConnectionError, redis.TimeoutError):
            # What it said before it closed the connection says more than that it did.
            for said in (one.text for one in answers if isinstance(one, Fault)):
                if (found := classify(said, way.password)).reason != "unknown":
                    raise Refused(found) from None
            raise
    return answers


def _plain(value: Any) -> Answer:
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, Exception):
        return Fault(str(value))
    return value if value is None or isinstance(value, int) else str(value)


def _connection(way: Way) -> Any:
    from redis import ResponseError
    from redis import connection as module
    from redis._parsers import _RESP2Parser
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    class Parser(_RESP2Parser):
        """Every answer as it is: of LOADING and NOAUTH it would make the loss of a connection."""

        @classmethod
        def parse_error(cls, response: str) -> ResponseError:
            return ResponseError(response)

    # Most of its functions are not typed.
    connections: Any = module
    shared: dict[str, Any] = {
        "socket_timeout": ANSWER_TIMEOUT_S,
        "protocol": 2,
        "parser_class": Parser,
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

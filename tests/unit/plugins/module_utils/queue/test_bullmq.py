# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What BullMQ's keys say, and that no question grows with the number of jobs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.queue import bullmq, entry, reading
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import Fault, Pause
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused

# Those whose time grows with what they are given, and those that would be asked without an end.
LONG = {"KEYS", "LRANGE", "ZRANGE", "SMEMBERS", "HGETALL", "SORT", "LREM", "ZRANGEBYSCORE"}


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("bullmq:5.81.5", 5), ("bullmq:6.7.0", 6), ("bullmq-pro:5.1.0", 5), ("bullmq:7.0.0", None),
        ("bullmq:4.1.0", None), ("bull:4.0.0", None), ("5.0.0", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_generation(version: str | None, expected: int | None) -> None:
    assert bullmq.generation(version) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, None), ("1", "person"), ("", "person"), (bullmq.mark("INC-1"), "INC-1")],
)
def test_who_paused_it(value: str | None, expected: str | None) -> None:
    assert bullmq.paused_by(value) == expected


@pytest.mark.parametrize("total", [0, 1, 200, 201, 100_000, 10_000_000])
def test_the_sample_is_spread_and_bounded(total: int) -> None:
    found = bullmq.ranks(total)
    assert len(found) == min(total, bullmq.SAMPLE) and found == sorted(set(found))
    assert not total or (found[0], found[-1]) == (0, total - 1)


class Server:
    """Answers as a Redis would that keeps one queue, and remembers what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.times = iter([["1000", "0"], ["1005", "0"]])
        self.ids = iter(["100", "160"])
        self.failed = iter([10, 100_000])
        self.answers = answers

    def __call__(self, steps: Any) -> list[Any]:
        commands = [step for step in steps if not isinstance(step, Pause)]
        self.asked += commands
        return [self.one(command) for command in commands]

    def one(self, command: tuple[str, ...]) -> Any:
        word, key = command[0], command[1].rpartition(":")[2] if len(command) > 1 else ""
        if word in self.answers:
            return self.answers[word]
        known: dict[tuple[str, str], Any] = {
            (
                "CLIENT",
                "LIST",
            ): "id=1 name=bull:ZW1haWw=\nid=2 name=bull:ZW1haWw=:w:a\nid=3 name=bull:ZW1haWw=:qe",
            ("HMGET", "meta"): ["1", "bullmq:6.7.0"],
            ("LINDEX", "wait"): "7",
            ("HMGET", "7"): ["900000", "40000"],
            ("LLEN", "wait"): 50,
            ("LLEN", "active"): 2,
            ("LRANGE", "active"): ["8", "9"],
            ("EXISTS", "lock"): 0 if command[-1].endswith("8:lock") else 1,
            ("PTTL", "limiter"): -2,
        }
        if word == "INFO":
            return "role:master"
        if word == "TIME":
            return next(self.times)
        if (word, key) == ("GET", "id"):
            return next(self.ids)
        if (word, key) == ("ZCARD", "failed"):
            return next(self.failed)
        if (word, key) == ("ZRANGE", "failed"):
            return [f"f{command[2]}", "1700000000000"]
        if word == "HMGET" and key.startswith("f"):
            return ["send-mail", "HTTP 503"]
        return known.get(
            (word, key), 0 if word in ("LLEN", "ZCARD") else [] if word == "ZRANGE" else None
        )


def read(server: Server, **wanted: str) -> dict[str, Any]:
    kept = entry.Queue("redis", "bull", ("email",))
    return reading.read(kept, ("email",), 5.0, wanted, server)


def test_more_are_looked_at_when_some_are_meant() -> None:
    (found,) = read(Server(), reason="503")["queues"]
    assert (found["failures"]["sampled"], found["failures"]["meant"]) == (2000, 100_000)


def test_a_queue_is_read() -> None:
    (found,) = read(Server())["queues"]
    assert found["paused_by"] == "person" and found["there"]
    assert found["workers"] == 2 and found["unlocked"] == 1
    assert found["oldest_seconds"] == 65.0 and found["waiting"] == 50
    assert found["rates"] == {"seconds": 5.0, "arrived": 60, "drained": 60, "failed": 99_990}
    assert found["failures"]["meant"] == 100_000 and found["failures"]["sampled"] == 200


def test_no_question_grows_with_the_queue() -> None:
    server = Server()
    read(server)
    assert len(server.asked) < 3 * bullmq.SAMPLE
    for command in server.asked:
        assert command[0] not in LONG - {"LRANGE", "ZRANGE"}
        if command[0] in ("LRANGE", "ZRANGE"):
            assert 0 <= int(command[3]) - int(command[2]) < bullmq.ACTIVE


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ({"PING": Fault("LOADING Redis is loading")}, "loading"),
        ({"LLEN": Fault("NOPERM this user has no permissions")}, "no_permission"),
    ],
)
def test_a_refusal_is_one(answers: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused) as error:
        read(Server(**answers))
    assert error.value.refusal.reason == reason


def test_who_may_not_list_connections_knows_no_workers() -> None:
    (found,) = read(Server(CLIENT=Fault("NOPERM no")))["queues"]
    assert found["workers"] is None


def test_a_queue_is_there_when_anybody_knows_it() -> None:
    nothing = {
        "HMGET": [None, None],
        "LLEN": 0,
        "ZCARD": 0,
        "GET": "0",
        "LINDEX": None,
        "LRANGE": [],
    }
    (known,) = read(Server(**nothing))["queues"]
    assert known["there"] and known["workers"] == 2
    (unknown,) = read(Server(**nothing, CLIENT="id=1 name=other"))["queues"]
    assert not unknown["there"]

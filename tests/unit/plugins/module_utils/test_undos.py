# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies beside a lock: exactly of our form, or passed over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import undos
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import revert

HOW = {"action": "scale_service", "parameters": {"replicas": 1}, "summary": "scale api to 1 again"}
GOOD: dict[str, Any] = {
    "incident": "INC-1",
    "number": 1,
    "run": "20261121-030405-0a1b2c",
    "by": "ada@ctl-1",
    "at": "2026-11-21T03:04:05.000000Z",
    "action": "scale_service",
    "summary": "scale api from 1 to 3",
    "expires_at": "2026-11-21T04:04:05.000000Z",
    "undo": {"how": HOW},
}


def how(**changed: Any) -> dict[str, Any]:
    return {**GOOD, "undo": {"how": {**HOW, **changed}}}


def undo(action: object, **parameters: Any) -> dict[str, Any]:
    return how(action=action, parameters=parameters)


@pytest.mark.parametrize(
    "one",
    [
        GOOD,
        {**GOOD, "expires_at": None},
        how(on_expiry="page"),
        undo("stop_service"),
        undo("roll_back", release="sha256:0a1b", expected="shop:v2"),
        undo("roll_back", release="/opt/app/releases/1", expected="/opt/app/releases/2"),
        undo("raise_memory_limit", limits={"memory_bytes": None}),
        undo("raise_max_connections", value=20, reset=True),
        undo("return_upstream", pool="shop", upstream="[2001:db8::7]:8080"),
        undo("uncordon_node", node="worker-3"),
        undo("resume_queue", queue="email"),
        undo("return_to_webhook", by="command", environment={}),
        undo("return_to_webhook", by="environment", environment={"BOT_MODE": None}),
    ],
)
def test_ours(one: dict[str, Any]) -> None:
    assert undos.checked([one]) == [one]


def some(*values: Any) -> tuple[Any, ...]:
    return values


HOSTILE: list[Any] = [
    *(None, 1, "x", [], {}, {**GOOD, "more": 1}),
    {key: value for key, value in GOOD.items() if key != "by"},
    *({**GOOD, "incident": name} for name in ("../../etc", "", 7, "INC 1", "x" * 65)),
    *({**GOOD, "number": number} for number in (0, -1, "1", True, 1.5, 10**9, None)),
    *({**GOOD, "run": run} for run in ("", "a b", "../x", "x\ny", 1)),
    *({**GOOD, "by": by} for by in ("", "{{ x }}", "a\x1b[2J", None)),
    *({**GOOD, "at": at} for at in ("", "now", "2026-11-21", 5, "Z")),
    *({**GOOD, "expires_at": at} for at in ("never", 5, "", "x" * 50 + "Z")),
    *({**GOOD, "action": name} for name in some("rm", "", None, [], {}, "../x")),
    *({**GOOD, "summary": text} for text in ("a\nb", "\x1b[2J", "x" * 301, 1, "\u202e")),
    *({**GOOD, "undo": way} for way in some({}, {"none": "x"}, {"how": HOW, "x": 1}, [], None)),
    *(how(action=name) for name in some("shell", "end_sessions", "", None, [], "recovery/../x")),
    *(how(on_expiry=value) for value in some("run", None, 1)),
    *(how(parameters=value) for value in some(None, [], {}, {"replicas": 1, "reverts": {}})),
    *(undo("scale_service", replicas=n) for n in (-1, "1", True, 1.0, None, 10**9, [1])),
    *(undo("stop_service", **more) for more in some({"force": True}, {"reverts": {}})),
    undo("roll_back", release="shop:v1"),
    *(
        undo("roll_back", release=name, expected="2")
        for name in ("", "-rf", "a b", "{{ x }}", "../1", "/opt/../etc", "$(id)", "a\nb", 1, None, "x" * 256, ["1"])
    ),
    undo("raise_memory_limit", limits={"memory_bytes": 1}),
    undo("raise_memory_limit", limits={"memory_bytes": None, "cpus": None}),
    undo("raise_max_connections", value=20, reset="yes"),
    undo("raise_max_connections", value="20; DROP", reset=True),
    *(undo("return_upstream", pool="shop", upstream=name) for name in ("", "a b", "a;b", "a\nb", 1)),
    *(
        undo("return_to_webhook", by="environment", environment=given)
        for given in some({"BOT_MODE": "x"}, {"A B": None}, {1: None}, [], None, {"": None})
    ),
    *(undo("return_to_webhook", by=way, environment={}) for way in some("../x", "", None, [])),
    undo("return_to_webhook", environment={}),
    *(undo("uncordon_node", node=name) for name in ("", "../x", "Worker", "a/b", None)),
    *(undo("resume_queue", queue=name) for name in ("", "a:b", "*", "a\nb", "-x", 1, None)),
]  # fmt: skip


@pytest.mark.parametrize("one", HOSTILE, ids=range(len(HOSTILE)))
def test_anything_else_is_passed_over(one: object) -> None:
    assert undos.checked([GOOD, one]) == [GOOD]


@pytest.mark.parametrize("found", [None, {}, "x", 1, {"incident": "INC-1"}])
def test_what_is_no_list_is_none(found: object) -> None:
    assert undos.checked(found) == undos.checked_ends(found) == []


def test_no_more_than_the_newest_are_taken() -> None:
    many = [{**GOOD, "number": number} for number in range(1, 1000)]
    assert [one["number"] for one in undos.checked(many)] == list(range(950, 1000))


def test_every_undo_is_one_of_our_actions() -> None:
    assert set(undos.PARAMETERS) <= set(revert.ACTIONS)
    assert set(revert.ACTIONS) == undos.KNOWN


def test_a_record_is_of_the_form_that_is_read() -> None:
    change = {**GOOD, "before": {"secret": 1}, "parameters": {"replicas": 3}, "risk": "safe"}
    found = undos.record(change, "INC-1", "run-1", undos.who(), GOOD["at"])
    assert found and undos.checked([json.loads(json.dumps(found))]) == [found]
    assert "secret" not in json.dumps(found)
    none = {**GOOD, "undo": {"none": "it is gone"}}
    assert undos.record(none, "INC-1", "run-1", "ada@ctl-1", GOOD["at"]) is None


def test_opened_taken_back_and_closed() -> None:
    other = {**GOOD, "number": 2}
    beside = undos.opened(other)(undos.opened(GOOD)(undos.NOTHING))
    assert beside.undos == [GOOD, other]
    beside = undos.taken_back("INC-1", 1, "run-2", "bob@ctl-2", GOOD["at"])(beside)
    assert beside.undos == [other] and undos.checked_ends(beside.undone) == beside.undone
    assert undos.still_open([GOOD, other], beside.undone) == [other]
    assert undos.numbered(beside, "INC-1") == 2 and undos.numbered(beside, "INC-2") == 0
    beside = undos.closed("INC-1", 2)(beside)
    assert beside.undos == [] and len(beside.undone) == 1


def test_the_oldest_give_way() -> None:
    beside = undos.NOTHING
    for number in range(1, 200):
        long = {**GOOD, "number": number, "summary": "ü" * 300}
        beside = undos.bounded(undos.opened(long)(beside))
    assert len(json.dumps(beside.undos)) <= undos.BYTES_MAX
    assert beside.undos[-1]["number"] == 199 and len(beside.undos) > 10


FOLDER = Path(undos.__file__).parent


def test_every_undo_of_the_scenarios_has_its_types() -> None:
    """A new undo has to be named here, or no other control node will find it."""
    written = [
        path.name
        for folder in ("scenarios", "services")
        for path in (FOLDER / folder).glob("*.py")
        if '"how": {' in path.read_text()
    ]
    assert sorted(written) == [
        "drain_traffic.py",
        "max_connections.py",
        "memory.py",
        "modes.py",
        "nodes.py",
        "polling.py",
        "queues.py",
        "redis_memory_full.py",
        "releases.py",
        "restarts.py",
        "scale_emergency.py",
    ]

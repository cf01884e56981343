# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What new containers are to have: only what is asked changes, or nothing is done."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.change import (
    Impossible,
    Plan,
    Wanted,
    _number,
    plan,
    stdin,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.platforms.compose import (
    captured,
)

V1, V2 = captured.image("calm", "v1"), captured.image("calm", "v2")
MIB = 2**20
UNSET = '"pinned":"","limits":""'


def planned(
    *replacements: tuple[str, str], service: str = "api", name: str = "calm", **wanted: Any
) -> Plan:
    return plan(captured.look(name, *replacements), service, Wanted(**wanted), None)


def override(found: Plan) -> dict[str, Any]:
    assert found.remake
    return dict(json.loads("{" + found.remake.settings.removesuffix(",") + "}"))


def labels(found: Plan) -> dict[str, Any]:
    assert found.remake
    return dict(json.loads("{" + found.remake.labels.removesuffix(",") + "}"))


def test_rollback_pins_the_image() -> None:
    found = planned(release=V1)
    assert override(found) == {"image": V1}
    assert labels(found) == {"oncall.runbooks.image": V1}
    assert found.remake and found.remake.same_hash == "", "made anew, whatever hash they carry"
    assert not found.remake.keep


def test_the_release_that_runs_needs_nothing() -> None:
    assert planned(release=V2).remake is None


def test_back_to_what_the_files_name_is_no_pin() -> None:
    pinned = (UNSET, f'"pinned":"{V1}","limits":""')
    found = planned(pinned, (f'"image":"{V2}"', f'"image":"{V1}"'), release=V2)
    assert (override(found), labels(found)) == ({}, {})


def test_another_change_keeps_the_image_that_runs() -> None:
    """The tag of the files means another one by now, or it was rolled back."""
    found = planned((f'"image":"{V2}"', f'"image":"{V1}"'), environment={"A": "1"})
    assert override(found) == {"image": V1}


@pytest.mark.parametrize(
    ("service", "before", "given", "expected"),
    [
        ("api", "", {"memory_bytes": 256 * MIB}, {"mem_limit": 256 * MIB}),
        ("api", "", {"memory_bytes": 256 * MIB, "cpus": 0.5}, {"mem_limit": 256 * MIB, "cpus": 0.5}),
        # As deployed is nothing of ours.
        ("api", "", {"memory_bytes": 128 * MIB}, {}),
        ("api", r'\"mem_limit\":268435456', {"memory_bytes": None}, {}),
        # What is not named stays.
        ("api", r'\"mem_limit\":268435456', {"cpus": 1.5}, {"mem_limit": 256 * MIB, "cpus": 1.5}),
        # Where the files write it, or Compose takes it for a contradiction.
        (
            "work", "", {"cpus": 1.0, "memory_bytes": 64 * MIB},
            {"mem_limit": 64 * MIB, "deploy": {"resources": {"limits": {"cpus": "1.0"}}}},
        ),
        ("work", "", {"cpus": 0.5}, {}),
    ],
)  # fmt: skip
def test_limits(service: str, before: str, given: dict[str, Any], expected: dict[str, Any]) -> None:
    found = planned((UNSET, f'"pinned":"","limits":"{before}"'), service=service, limits=given)
    assert override(found) == expected
    kept = labels(found).get("oncall.runbooks.limits")
    assert (json.loads("{" + kept + "}") if kept else {}) == expected
    assert found.remake and found.remake.same_hash, "nothing is done when the hash is the same"


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"POOL": "5"}, {"POOL": "5"}),
        ({"POOL": 5, "ON": True, "OFF": False}, {"POOL": "5", "ON": "true", "OFF": "false"}),
        ({"POOL": None}, {}),
    ],
)
def test_environment(given: dict[str, Any], values: dict[str, str]) -> None:
    found = planned(environment=given)
    assert found.values == values
    assert found.remake and set(found.remake.dropped) == set(given)


def test_values_are_in_no_repr() -> None:
    assert "hidden-1" not in repr(planned(environment={"TOKEN": "hidden-1"}))


def test_values_travel_as_two_lines() -> None:
    value = 'a"b\\c\n$d ü'
    first, second, *rest = stdin({"TOKEN": value}).split("\n")
    assert json.loads("{" + first + "}") == {"TOKEN": value}
    assert json.loads("{" + second + "}") == {"oncall.runbooks.env.TOKEN": value}
    assert rest == [""]
    assert stdin({}) == "\n\n"


def test_scale_keeps_those_that_are_there() -> None:
    found = planned(replicas=3)
    assert found.remake
    assert (found.remake.keep, found.remake.number, found.number) == (True, 3, 3)
    assert len(found.remake.expected) == 1
    assert planned(replicas=1).remake is None
    assert planned(service="work", replicas=2).remake is None


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"replicas": 0}, "at least 1, or stop it"),
        ({"replicas": 2, "service": "single"}, "publishes port 28430"),
        ({"release": f"sha256:{'0' * 64}"}, "is not on the host: nothing was stopped"),
        ({"release": "shop:v1"}, "shop:v1 is not on the host"),
        ({"environment": {"A-B": "1"}}, "'A-B' is no name of an environment variable"),
        ({"environment": {"A": ["1"]}}, "the value of A is not a text"),
        ({"environment": {"A": "1\0"}}, "the value of A is not a text"),
        ({"limits": {"memory_bytes": 0}}, "allowed is a number above 0"),
        ({"limits": {"cpus": -1}}, "allowed is a number above 0"),
        ({"release": V1, "service": "nobody"}, "is no release of nobody"),
        ({"environment": {"A": "1"}, "name": "paused"}, "is paused"),
        ({"environment": {"A": "1"}, "name": "broken_file"}, "the compose files cannot be used"),
        ({"replicas": 2, "name": "no_image"}, "there is no container of api"),
    ],
)
def test_what_cannot_be_done(more: dict[str, Any], why: str) -> None:
    with pytest.raises(Impossible, match=why):
        planned(**more)


def test_one_more_beside_those_that_are_there() -> None:
    found = planned(release=V1, aside=True)
    assert found.remake and found.remake.aside and found.remake.keep
    assert (found.number, found.remake.number) == (2, 2)
    assert override(found) == {"image": V1}


def one(image: str, status: str) -> dict[str, Any]:
    return {"image": image, "status": status}


@pytest.mark.parametrize(
    ("containers", "number"),
    [
        ([], 0),
        ([one("1", "running"), one("1", "exited")], 2),
        ([one("1", "running"), one("1", "running"), one("1", "running"), one("2", "created")], 3),
        ([one("1", "running"), one("1", "running"), one("1", "exited"), one("2", "created")], 3),
        ([one("1", "exited"), one("1", "exited"), one("2", "running"), one("2", "running")], 2),
        # Somebody else's that was cut off: it leaves nothing aside.
        ([one("1", "running"), one("2", "running"), one("2", "running")], 3),
    ],
)
def test_how_many_there_were(containers: list[dict[str, Any]], number: int) -> None:
    assert _number(containers) == number


def test_a_deployment_of_somebody_else_is_not_joined() -> None:
    with pytest.raises(Impossible, match="compose files say something else"):
        planned(("\thash\tapi ", "\thash\tapi 0"), release=V1, aside=True)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release for one pod first: what a StatefulSet does, and a run that was killed in the middle."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.platforms.kubernetes.bench import (
    Bench,
    Carried,
)

pytestmark = pytest.mark.slow


def deployed(bench: Bench, section: dict[str, Any], image: str, *options: str) -> Carried:
    left = bench.read(section)["current"]
    given = {"release": image, "left": left, "was_well": True}
    return bench.carry_out("deploy", section, *options, **given)


def images(bench: Bench, name: str) -> list[str]:
    found = sorted(bench.pods(name), key=lambda pod: str(pod["metadata"]["name"]))
    return [pod["spec"]["containers"][0]["image"] for pod in found]


def stateful(bench: Bench) -> dict[str, Any]:
    name = bench.apply("StatefulSet", {"replicas": 2, "serviceName": "none"}, {})
    bench.space.kubectl("rollout", "status", f"statefulset/{name}", "--timeout=90s")
    return bench.section(name, "statefulset")


def test_a_stateful_set_gets_a_good_release(bench: Bench) -> None:
    section = stateful(bench)
    what = f"statefulset/{section['name']}"
    before = bench.snapshot(what)
    assert deployed(bench, section, "shop:v2", "--check").changed
    assert bench.snapshot(what) == before
    assert deployed(bench, section, "shop:v2").changed
    assert images(bench, section["name"]) == ["shop:v2"] * 2
    after = bench.snapshot(what)
    after["spec"]["template"]["spec"]["containers"][0]["image"] = "shop:v1"
    assert after == before, "nothing but the image"


def test_a_stateful_set_is_taken_back_from_a_bad_one(bench: Bench) -> None:
    section = stateful(bench)
    what, name = f"statefulset/{section['name']}", section["name"]
    before = bench.snapshot(what)
    first = bench.space.json("pod", f"{name}-0")["metadata"]["uid"]
    done = deployed(bench, section, "shop:v99")
    assert done.rc != 0 and "is in use again" in done.output, done.output
    assert bench.snapshot(what) == before and images(bench, name) == ["shop:v1"] * 2
    assert bench.space.json("pod", f"{name}-0")["metadata"]["uid"] == first


def test_out_of_the_middle_of_one_that_was_cut_off(bench: Bench) -> None:
    """The first pod is new, the rollout is paused, and nobody is there any more."""
    name = bench.deploy({"replicas": 2})
    what, section = f"deployment/{name}", bench.section(name)
    before, good = bench.snapshot(what), bench.read(section)["current"]
    for step in ("deploy", "deploy_hold"):
        assert bench.step(step, section, release="shop:v2").rc == 0
    assert sorted(images(bench, name)).count("shop:v2") == 1
    reading = bench.read(section)
    assert "revert takes that back" in reading["obstacles"]["deploy"]
    assert "paused_by_operator" not in bench.conditions(section)
    assert bench.carry_out("rollback", section, release=good).changed
    assert bench.snapshot(what) == before

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Another node of the chain by a unit's setting and by a pod's, and back; with Compose see test_compose_rpc.py."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.platforms.programs import (
    GROUNDS,
    Ground,
    Program,
    Service,
)
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

pytestmark = pytest.mark.slow
harness = sys.modules["oncall_harness"]
BEHIND = 5


@pytest.fixture(params=["systemd", "kubernetes"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    with GROUNDS[request.param](tmp_path) as ground:
        yield ground


def node(name: str, ground: Ground) -> Service:
    made = ground.start(name, Program(("shop", "chain"), {"SERVICE_NAME": name}))
    lab.wait_healthy(made.url)
    return made


def catalog(ground: Ground, api: Service, nodes: dict[str, Service]) -> dict[str, Any]:
    asked = {"provider": "http", "path": "/height", "field": "height", "from": "inside"}
    found: dict[str, Any] = {
        name: {
            "kind": "chain_node",
            "platform": "external",
            "chain_node": {**asked, "endpoints": [made.url]},
        }
        for name, made in nodes.items()
    }
    return {"api": ground.entry(api, "http", rpc={"nodes": [*nodes], "env": "RPC_URL"}), **found}


def height(made: Service) -> int:
    return int(lab.get(f"{made.url}/height")[1]["height"])


def test_a_node_that_stands_still_is_left_for_a_time(stack: Ground, tmp_path: Path) -> None:
    nodes = {name: node(name, stack) for name in ("rpc", "rpc-fallback")}
    first, second = nodes.values()
    program = Program(("shop", "serve"), {"SERVICE_NAME": "api", "RPC_URL": first.url})
    api = stack.start("api", program)
    lab.wait_healthy(api.url)
    # Each chain begins with its node, and one node was started before the other.
    behind = BEHIND + abs(height(first) - height(second))
    site = harness.make_site(tmp_path / "site", catalog(stack, api, nodes), stack.settings)

    def do(playbook: str, *options: str, **more: Any) -> Any:
        given = {"service": "api", "timeout_seconds": 60, **more}
        if playbook == "rpc_outage":
            given.update(max_behind_blocks=behind, hold_seconds=0)
        done = site.run(playbook, "-e", json.dumps(given), *options)
        assert done.report, done.stdout + done.stderr
        return done

    healthy = do("rpc_outage")
    assert (healthy.outcome, healthy.report["changes"]) == ("healthy", []), healthy.stdout
    assert "in use is node 1 of 2" in healthy.finding("rpc_in_use")["summary"]
    lab.post(f"{first.url}/break/height")
    wait_for("it is behind", lambda: height(second) - height(first) > behind)
    before = stack.lives(api)
    checked = do("rpc_outage", "--check")
    assert checked.finding("rpc_in_use")["reason"] == "behind", checked.stdout
    assert checked.planned("switch_rpc")["status"] == "planned" and stack.lives(api) == before
    done = do("rpc_outage")
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    (change,) = done.report["changes"]
    assert change["action"] == "switch_rpc" and change["expires_at"]
    assert stack.variable(api, "RPC_URL") == second.url
    after = stack.lives(api)
    assert after != before
    again = do("rpc_outage")
    assert (again.report["changes"], stack.lives(api)) == ([], after), again.stdout
    assert "in use is node 2 of 2" in again.finding("rpc_in_use")["summary"]
    back = do("revert", incident=done.report["incident"])
    assert (back.outcome, stack.variable(api, "RPC_URL")) == ("done", first.url), back.stdout

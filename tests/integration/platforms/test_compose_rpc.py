# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""USDX/Wexel on Compose: its indexer gets another node of the chain, and its own again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.platforms import projects
from ansible_collections.oncall.runbooks.tests.integration.scenarios.places.place import Product
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import run, wait_for

pytestmark = pytest.mark.slow
PRIMARY, FALLBACK = "http://rpc:8080", "http://rpc-fallback:8080"
GIVEN = {
    "service": "indexer", "max_behind_blocks": 5, "max_lag_blocks": 60, "interval_seconds": 3,
    "timeout_seconds": 60, "hold_seconds": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def project() -> Iterator[Any]:
    with lab.compose_project("usdx_wexel") as made:
        yield made


@pytest.fixture
def site(project: Any, tmp_path: Path) -> Product:
    return Product(project.inventory(tmp_path / "where"), tmp_path / "state", "usdx_wexel")


def variable(project: Any) -> str:
    return projects.environment(project, "indexer")["RPC_URL"]


def lives(project: Any) -> dict[str, Any]:
    return {name: projects.identity(project, name) for name in ("indexer", "rpc", "rpc-fallback")}


def do(site: Product, playbook: str, *options: str, **more: Any) -> Any:
    kept = {
        key: value
        for key, value in GIVEN.items()
        if playbook == "indexer_lagging" or "lag" not in key
    }
    kept = {
        key: value
        for key, value in kept.items()
        if playbook == "indexer_lagging" or "interval" not in key
    }
    if playbook == "revert":
        kept = {key: GIVEN[key] for key in ("service", "timeout_seconds")}
    done = site.run(playbook, "-e", json.dumps({**kept, **more}), *options, timeout=300)
    assert done.report, done.stdout + done.stderr
    return done


def chain(project: Any, service: str, method: str, page: str) -> None:
    container = projects.containers(project, service)[0]["Id"]
    run("docker", "exec", container, "curl", "-s", "-X", method, f"http://127.0.0.1:8080/{page}")


def test_a_node_that_stands_still_is_left_for_a_time(project: Any, site: Product) -> None:
    healthy = do(site, "indexer_lagging")
    assert (healthy.outcome, healthy.report["changes"]) == ("healthy", []), healthy.stdout
    chain(project, "rpc", "POST", "break/height")
    wait_for("it is behind", lambda: do(site, "rpc_outage", "--check").outcome == "planned", 60)
    before = lives(project)
    checked = do(site, "indexer_lagging", "--check")
    assert checked.finding("rpc_in_use")["reason"] == "behind" and checked.outcome == "planned"
    assert checked.planned("switch_rpc")["status"] == "planned" and lives(project) == before
    done = do(site, "indexer_lagging")
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    (change,) = done.report["changes"]
    assert (change["action"], variable(project)) == ("switch_rpc", FALLBACK) and change[
        "expires_at"
    ]
    after = lives(project)
    assert {name for name in before if before[name] != after[name]} == {"indexer"}
    # The one that is left is still told of, and nothing is done about it.
    again = do(site, "indexer_lagging")
    assert (again.outcome, again.report["changes"], lives(project)) == ("attention", [], after)
    back = do(site, "revert", incident=done.report["incident"])
    assert (back.outcome, variable(project)) == ("done", PRIMARY), back.stdout + back.stderr
    chain(project, "rpc", "DELETE", "break")


def test_a_node_that_is_gone(project: Any, site: Product) -> None:
    project.compose("stop", "--timeout", "3", "rpc")
    done = do(site, "rpc_outage")
    assert (done.rc, done.outcome, variable(project)) == (0, "recovered", FALLBACK), (
        done.stdout + done.stderr
    )
    assert do(site, "rpc_outage").report["changes"] == []

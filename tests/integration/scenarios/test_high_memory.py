# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""high_memory, from outside: a real process that takes more and more."""

from __future__ import annotations

import time
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import drill

pytestmark = pytest.mark.slow
MIB = 2**20
LIMIT = 160 * MIB
GIVEN = {"service": "api", "interval_seconds": 1, "hold_seconds": 0, "timeout_seconds": 20}


def run(site: Any, *options: str) -> Any:
    done = site.run("high_memory", *drill.extra(GIVEN), *options)
    assert done.report, done.stdout + done.stderr
    drill.proven(done, [])
    return done


def swell(shop: Any, name: str, mib: int) -> None:
    (shop.folder / name / "swell-now").write_text(str(mib))
    shop.lab.wait_for(lambda: max(shop.lab.memory(shop.folder, name).values()) > mib * MIB, 30)
    time.sleep(0.2)


def test_what_takes_too_much_is_restarted_once(shop: Any) -> None:
    memory = {"memory": shop.manager("memory", "api")}
    shop.add("api", commands=memory)
    shop.lab.write(shop.folder / "api" / "limit.json", LIMIT)
    site, before = shop.site(), shop.starts("api")
    assert run(site).outcome == "healthy"
    swell(shop, "api", 140)
    checked = run(site, "--check")
    assert (checked.outcome, checked.finding("memory_usage")["reason"]) == ("planned", "near_limit")
    assert shop.starts("api") == before
    done = run(site)
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert [change["action"] for change in done.report["changes"]] == ["restart_service"]
    assert shop.starts("api") != before
    assert max(shop.lab.memory(shop.folder, "api").values()) < 100 * MIB
    assert run(site).outcome == "healthy"

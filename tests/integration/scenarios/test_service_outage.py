# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""service_outage, from outside: the root is brought back first, and what only showed it is left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FAST = ("-e", "hold_seconds=1", "-e", "timeout_seconds=20", "-e", "grace_seconds=15")


def made(done: Any) -> list[tuple[str, str]]:
    assert done.report, done.stdout + done.stderr
    return [(change["service"], change["action"]) for change in done.report["changes"]]


def test_the_database_is_started_and_the_api_is_left_alone(
    shop: Any, database: Any, with_database: Callable[[], str]
) -> None:
    shop.add("api", needs=with_database(), depends_on=["db"])
    before = shop.starts("api")
    shop.databases.stop(database.directory)
    site = shop.site()
    planned = site.run("service_outage", "-e", "service=api", *FAST, "--check")
    assert made(planned) == [] and not database.running(), planned.stdout
    done = site.run("service_outage", "-e", "service=api", *FAST)
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    assert made(done) == [("db", "start_service")]
    assert done.report["outcomes"] == {"db": "recovered", "api": "healthy"}
    assert database.running() and shop.starts("api") == before
    again = site.run("service_outage", "-e", "service=api", *FAST)
    assert (again.outcome, made(again)) == ("healthy", [])


def test_a_chain_comes_back_from_its_root(shop: Any) -> None:
    shop.add("cache")
    cache = shop.services["cache"]["health"]["url"].split("/")[2]
    shop.add("api", needs=cache, depends_on=["cache"])
    shop.add("worker", kind="worker", needs=cache, depends_on=["api"])
    for name in ("worker", "api", "cache"):
        shop.stop(name)
    done = shop.site().run("service_outage", "-e", "service=worker", *FAST)
    assert (done.rc, done.outcome) == (0, "recovered"), done.stdout + done.stderr
    assert made(done) == [
        ("cache", "start_service"),
        ("api", "start_service"),
        ("worker", "start_service"),
    ]


def test_a_root_that_does_not_come_back_leaves_the_rest_alone(shop: Any) -> None:
    shop.add("cache")
    cache = shop.services["cache"]["health"]["url"].split("/")[2]
    shop.add("api", needs=cache, depends_on=["cache"])
    before = shop.starts("api")
    shop.deploy("cache", "2", "crash")
    done = shop.site().run(
        "service_outage", "-e", "service=api", "-e", "timeout_seconds=5", "-e", "hold_seconds=0"
    )
    assert done.rc != 0 and done.outcome == "unrecovered", done.stdout + done.stderr
    assert made(done) == [("cache", "restart_service")]
    assert done.report["outcomes"]["api"] == "refused"
    assert shop.starts("api") == before


def test_one_service_is_one_target_however_much_it_needs(shop: Any) -> None:
    shop.add("cache")
    shop.add("api", depends_on=["cache"])
    both = '{"service": ["api", "cache"]}'
    done = shop.site().run("service_outage", "-e", both, *FAST)
    assert done.rc != 0 and "runbooks_max_targets" in done.stdout + done.stderr
    assert (
        shop.site(runbooks_max_targets=2).run("service_outage", "-e", both, *FAST).outcome
        == "healthy"
    )

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Of many things that are wrong: which one to begin with."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.triage import ranking
from ansible_collections.oncall.runbooks.plugins.module_utils.triage.ranking import Service, rank

# gateway -> api, web; api -> db, cache; web -> api; worker -> db, queue
NEEDS = {
    "gateway": ["api", "web"],
    "web": ["api"],
    "api": ["db", "cache"],
    "worker": ["db", "queue"],
    "bot": ["api"],
    "db": [],
    "cache": [],
    "queue": ["cache"],
}
KINDS = {"db": "postgresql", "cache": "redis", "queue": "queue", "bot": "bot", "gateway": "proxy"}


def catalog(
    deployed: dict[str, float] | None = None, machines: dict[str, str] | None = None
) -> list[Service]:
    return [
        Service(
            name,
            KINDS.get(name, "http"),
            needs,
            [(machines or {}).get(name, name)],
            (deployed or {}).get(name),
            "v7" if name in (deployed or {}) else "",
        )
        for name, needs in NEEDS.items()
    ]


def wrong(
    service: str, reason: str, check: str = "workload", severity: str = "crit"
) -> dict[str, Any]:
    return {
        "service": service,
        "check": check,
        "reason": reason,
        "severity": severity,
        "summary": f"{service} {reason}",
    }


def fails(*names: str) -> list[dict[str, Any]]:
    """Those that answer no more."""
    return [wrong(name, "timeout", "health") for name in names]


def names(causes: list[dict[str, Any]]) -> list[str]:
    return [cause["service"] for cause in causes]


DB_DOWN = wrong("db", "refused", "postgresql_access")


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        pytest.param([], [], id="all is well"),
        pytest.param([wrong("db", "ok", severity="ok")], [], id="ok is no cause"),
        pytest.param(
            [DB_DOWN, *fails("api", "web", "gateway", "worker", "bot")],
            ["db"],
            id="one root, five fall with it",
        ),
        pytest.param(
            [*fails("gateway", "web", "api"), DB_DOWN], ["db"], id="whatever the order of findings"
        ),
        pytest.param(
            fails("gateway", "web", "api"), ["api"], id="the deepest that fails is the root"
        ),
        pytest.param(fails("gateway"), ["gateway"], id="alone"),
        pytest.param(
            [DB_DOWN, wrong("worker", "stopped")],
            ["db", "worker"],
            id="stopped is its own cause, after what it needs",
        ),
        pytest.param(
            [wrong("worker", "image_pull"), DB_DOWN],
            ["db", "worker"],
            id="no image is nobody else's fault",
        ),
        pytest.param(
            [DB_DOWN, wrong("worker", "crash_loop")],
            ["db"],
            id="it may crash for want of the database",
        ),
        pytest.param(
            [wrong("cache", "oom_killed"), *fails("api", "queue"), wrong("queue", "stopped")],
            ["cache", "queue"],
            id="a dependency before its dependent",
        ),
        pytest.param(
            [wrong("db", "idle_sessions", "postgresql_connections", "warn"), *fails("api")],
            ["api", "db"],
            id="a warning takes nobody with it",
        ),
        pytest.param(
            [wrong("bot", "stopped"), DB_DOWN, *fails("api", "worker")],
            ["db", "bot"],
            id="what takes more with it comes first",
        ),
        pytest.param(
            [wrong("bot", "need_daemon_reload", severity="warn"), wrong("cache", "stopped")],
            ["cache", "bot"],
            id="crit before warn",
        ),
        pytest.param(
            [wrong("db", "not_managed", severity="unknown")],
            [],
            id="what nobody watches is no trouble",
        ),
    ],
)
def test_the_causes_in_their_order(findings: list[dict[str, Any]], expected: list[str]) -> None:
    causes = rank(catalog(), findings)
    assert names(causes) == expected
    assert [cause["rank"] for cause in causes] == list(range(1, len(expected) + 1))


def test_what_a_root_takes_with_it() -> None:
    (cause,) = rank(catalog(), [DB_DOWN, *fails("api", "web", "gateway")])
    assert cause["affects"] == ["gateway", "web", "api"]
    assert cause["why"] == ""
    assert cause["certainty"] == "likely"
    assert cause["because"] == {"check": "postgresql_access", "reason": "refused"}


def test_who_blocks_others_explains_the_connections_that_they_keep() -> None:
    full = wrong("db", "active_sessions", "postgresql_connections")
    blocking = wrong("db", "blocking_active", "postgresql_blocking")
    (cause,) = rank(catalog(), [full, blocking])
    assert cause["because"]["check"] == "postgresql_blocking"
    assert cause["playbooks"][0] == "db_slow_queries"


@pytest.mark.parametrize(
    ("reason", "certainty"),
    [
        ("crash_loop", "possible"),
        ("unhealthy", "possible"),
        ("image_pull", "likely"),
        ("oom_killed", "likely"),
    ],
)
def test_a_new_release_stays_a_suspect_beside_a_root(reason: str, certainty: str) -> None:
    causes = rank(catalog({"api": 300.0}), [DB_DOWN, wrong("api", reason)])
    assert names(causes) == ["db", "api"]
    assert causes[1]["certainty"] == certainty
    assert "its release v7 came 5 min ago" in causes[1]["why"]
    assert ("bad_deployment" in causes[1]["playbooks"]) == (reason != "oom_killed")


def test_of_two_equal_ones_the_one_that_was_just_deployed_comes_first() -> None:
    found = [wrong("api", "crash_loop"), wrong("worker", "crash_loop")]
    assert names(rank(catalog(), found)) == ["api", "worker"]
    assert names(rank(catalog({"worker": 60.0}), found)) == ["worker", "api"]


def test_a_full_disk_is_the_cause_of_what_fails_on_that_machine() -> None:
    machines = {"db": "one", "worker": "one", "bot": "two"}
    found = [wrong("worker", "disk_full", "resources"), *fails("db", "bot")]
    causes = rank(catalog(machines=machines), found)
    assert names(causes) == ["worker"]
    assert causes[0]["affects"] == ["bot", "db"]  # the bot by way of the database
    assert causes[0]["playbooks"][0] == "disk_full"


def test_a_machine_that_does_not_answer_is_one_cause() -> None:
    """NW05. What is unknown of its services follows, and so does what fails because of them."""
    machines = dict.fromkeys(("db", "cache"), "lost")
    lost = [wrong(name, "host_unreachable", severity="unknown") for name in ("db", "cache")]
    causes = rank(catalog(machines=machines), [*lost, *fails("api"), wrong("bot", "stopped")])
    assert names(causes) == ["db", "bot"]
    assert causes[0]["affects"] == ["api", "cache"]
    assert causes[0]["severity"] == "unknown"


def test_a_circle_ends() -> None:
    services = [Service("a", "http", ["b"]), Service("b", "http", ["a"])]
    assert names(rank(services, fails("a", "b"))) == ["a", "b"]


def test_a_dependency_that_was_not_read() -> None:
    services = [Service("api", "http", ["elsewhere"])]
    assert names(rank(services, fails("api"))) == ["api"]


def test_the_finding_that_says_most_is_shown() -> None:
    found = [
        *fails("api"),
        wrong("api", "oom_killed"),
        wrong("api", "overloaded", "resources", "warn"),
    ]
    (cause,) = rank(catalog(), found)
    assert cause["because"] == {"check": "workload", "reason": "oom_killed"}


def test_the_reasons_are_those_of_the_checks() -> None:
    """A reason that no check gives would never match."""
    from ansible_collections.oncall.runbooks.plugins.module_utils.grading import check

    known = {reason for name in ranking.CHECKS for reason in check(name).REASONS}
    assert known >= ranking.FOLLOWS | ranking.BROKEN | ranking.SILENT

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who reads what, and what comes together of it."""

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.gathered import gather
from ansible_collections.oncall.runbooks.plugins.module_utils.shares import Host, of


def test_a_project_a_machine_and_a_database_are_read_once() -> None:
    hosts = [
        Host("db", "db", "compose", "/opt/shop", "app-1", server="databases"),
        Host("api", "api", "compose", "/opt/shop", "app-1", asked_from_host=True),
        Host("web", "web", "compose", "/opt/shop", "app-1", asked_from_host=True),
        Host("bot", "bot", "systemd", "", "app-1"),
        Host("far", "far", "compose", "/opt/shop", "app-2", asked_from_host=True),
        Host("pay", "pay", "external", "", "app-3"),
    ]
    shares = of(hosts)
    assert {name: share["workloads"] for name, share in shares.items()} == {
        "db": [["db", "api", "web"]], "api": [], "web": [], "bot": [["bot"]], "far": [["far"]], "pay": [["pay"]],
    }  # fmt: skip
    assert [name for name, share in shares.items() if share["look"]] == ["db", "far"]
    assert [name for name, share in shares.items() if share["databases"]] == ["db"]
    # All that is asked from one machine is asked at once; the rest each by its own host.
    assert shares["api"]["health"] == ["api", "web"] and shares["web"]["health"] == []
    assert shares["db"]["health"] == ["db"] and shares["far"]["health"] == ["far"]


def test_every_service_is_read_by_somebody() -> None:
    hosts = [Host(f"h{n}", f"s{n % 3}", "systemd", f"u{n % 3}", f"m{n}") for n in range(6)]
    read = [name for share in of(hosts).values() for group in share["workloads"] for name in group]
    assert sorted(read) == sorted(host.service for host in hosts)


def test_what_comes_together() -> None:
    services = {"api-1": "api", "api-2": "api", "db": "db"}
    hosts = [
        Host("api-1", "api", "systemd", "api", "m1"),
        Host("api-2", "api", "systemd", "api", "m2"),
        Host("db", "db", "systemd", "db", "m1"),
    ]
    shares = of(hosts)
    read: dict[str, Any] = {
        "api-1": {"readings": {"api": {"workload": 1}}, "machine": {"name": "m1"}},
        "db": {"readings": {"db": {"workload": 3}}, "machine": None},
    }
    found = gather(services, shares, read)
    assert found["api"].places == [("m1", {"workload": 1}), ("m2", {})]
    assert found["api"].looked_at == [{"name": "m1"}]
    assert found["db"].places == [("m1", {"workload": 3})] and found["db"].machines == ["m1"]


def test_servers_of_each_kind_are_read_once() -> None:
    hosts = [
        Host("db", "db", "external", "", "app-1", server="databases"),
        Host("cache-1", "cache", "systemd", "redis", "app-1", server="redis"),
        Host("cache-2", "cache", "systemd", "redis", "app-2", server="redis"),
        Host("api", "api", "systemd", "api", "app-1"),
    ]
    shares = of(hosts)
    assert [share["databases"] for share in shares.values()] == [["db"], [], [], []]
    assert [share["redis"] for share in shares.values()] == [[], ["cache"], [], []]


def test_what_its_kind_calls_for_is_read_by_one_of_its_hosts() -> None:
    hosts = [
        Host("mail-1", "mail", "systemd", "mail", "app-1", probes=("queue",)),
        Host("mail-2", "mail", "systemd", "mail", "app-2", probes=("queue",)),
        Host("bot", "bot", "systemd", "bot", "app-2", probes=("history", "telegram")),
    ]
    read = [share["probes"] for share in of(hosts).values()]
    assert read == [["queue"], [], ["history", "telegram"]]

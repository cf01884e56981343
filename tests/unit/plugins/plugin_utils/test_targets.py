# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which hosts a playbook may touch. Nothing, and a typo, are errors; neither means 'all'."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.plugin_utils.targets import (
    limited,
    members,
    resolve,
)

GROUPS = {
    "all": ["db", "db-2", "pg1", "pg2", "web1", "cache", "jump"],
    "ungrouped": ["jump"],
    "kind_postgresql": ["db", "db-2", "pg1", "pg2"],
    "kind_redis": ["cache"],
    "kind_http": ["web1"],
    "kind_queue": [],
    "cluster": ["pg1", "pg2"],  # one service on two hosts
    "product": ["db", "cache"],
    "web": ["web1"],
    "empty": [],
}
ONE = {"all": ["db", "jump"], "ungrouped": ["jump"], "kind_postgresql": ["db"], "spare": []}
# One group whose order is not that of its hosts' names.
ROW = {"all": ["n1", "n2", "n3"], "ungrouped": [], "kind_postgresql": ["n3", "n1", "n2"]}


def refused(text: str, call: Any, *arguments: Any) -> None:
    with pytest.raises(InputError, match=text) as caught:
        call(*arguments)
    assert str(caught.value).isprintable(), "one line without control characters"


def of_ansible(groups: dict[str, list[str]], limit: str) -> set[str]:
    """What Ansible itself would leave of the inventory."""
    inventory = InventoryManager(DataLoader(), parse=False)
    for group, hosts in groups.items():
        inventory.add_group(group)
        for host in hosts:
            inventory.add_host(host, group)
    inventory.reconcile_inventory()
    inventory.subset(limit)
    return {host.name for host in inventory.get_hosts("all")}


@pytest.mark.parametrize(
    ("kind", "hosts"),
    [
        ("postgresql", ["db", "db-2", "pg1", "pg2"]),
        ("redis", ["cache"]),
        ("", ["web1", "db", "db-2", "pg1", "pg2", "cache"]),
    ],
)
def test_members(kind: str, hosts: list[str]) -> None:
    assert members(kind, GROUPS) == hosts


@pytest.mark.parametrize(
    ("kind", "groups", "text"),
    [
        ("queue", GROUPS, "^inventory: the group kind_queue is empty or missing"),
        ("wallet", GROUPS, "^inventory: the group kind_wallet is empty or missing"),
        ("postgresql", {}, "^inventory: the group kind_postgresql is empty or missing"),
        ("", {"all": ["db"]}, "^inventory: the group kind_<kind> is empty or missing"),
        ("", {"all": ["db"], "kind_redis": []}, "^inventory: "),
    ],
)
def test_no_members(kind: str, groups: dict[str, list[str]], text: str) -> None:
    refused(text, members, kind, groups)


@pytest.mark.parametrize(
    ("kind", "service", "limit", "hosts"),
    [
        # an exact name wins over what starts with it
        ("postgresql", "db", None, ["db"]),
        ("postgresql", "db-2", None, ["db-2"]),
        ("", "db", None, ["db"]),
        ("", "cache", None, ["cache"]),
        # a service on several hosts is a group
        ("postgresql", "cluster", None, ["pg1", "pg2"]),
        ("", "web", None, ["web1"]),
        # several, each once
        ("postgresql", ["db", "db-2"], None, ["db", "db-2"]),
        ("postgresql", ["db", "db"], None, ["db"]),
        ("postgresql", ["pg1", "cluster"], None, ["pg1", "pg2"]),
        # without a name: the only member, or the only one that the limit leaves
        ("redis", None, None, ["cache"]),
        ("postgresql", None, "db-2", ["db-2"]),
        ("postgresql", None, "product", ["db"]),
        ("postgresql", None, "all:!cluster:!db-2", ["db"]),
        ("", None, "product", ["db", "cache"]),
        # a limit that holds the target and more
        ("postgresql", "db", "db", ["db"]),
        ("postgresql", "db", "all", ["db"]),
        ("postgresql", "db", "db,cache", ["db"]),
        ("postgresql", "cluster", "pg*", ["pg1", "pg2"]),
    ],
)
def test_resolve(kind: str, service: object, limit: str | None, hosts: list[str]) -> None:
    assert resolve(kind, service, GROUPS, limit) == hosts


@pytest.mark.parametrize(
    ("kind", "service", "limit", "text"),
    [
        # no name, and several could be meant
        ("postgresql", None, None, "^service: not given, and 4 services could be meant: db, db-2"),
        ("postgresql", None, "cluster", "^service: not given, and 2 services could be meant: pg1"),
        ("postgresql", None, "all", "^service: not given, and 4 services"),
        # nothing
        ("postgresql", "", None, "^service: got ''"),
        ("postgresql", [], None, "^service: got"),
        ("postgresql", {}, None, "^service: got"),
        ("postgresql", [""], None, "^service: got ''"),
        ("postgresql", [None], None, "^service: got 'None'"),
        # no name
        ("postgresql", True, None, "^service: got 'True'"),
        ("postgresql", 5, None, "^service: got '5'"),
        ("postgresql", [["db"]], None, "^service: got"),
        ("postgresql", {"db": 1}, None, "^service: got"),
        ("postgresql", "db,db-2", None, "^service: got 'db,db-2'; .* for several$"),
        ("postgresql", "db db-2", None, "^service: got"),
        ("postgresql", "db\n", None, r"^service: got 'db\\n'"),
        ("postgresql", " db", None, "^service: got"),
        ("postgresql", "db;id", None, "^service: got"),
        ("postgresql", "$(id)", None, "^service: got"),
        ("postgresql", "`id`", None, "^service: got"),
        ("postgresql", "db|id", None, "^service: got"),
        ("postgresql", "../db", None, "^service: got"),
        ("postgresql", "-db", None, "^service: got"),
        ("postgresql", "dß", None, "^service: got"),
        ("postgresql", "d*", None, "^service: got"),
        ("postgresql", "{{ 'db' }}", None, "^service: got a template"),
        ("postgresql", ["db", "{% x %}"], None, "^service: got a template"),
        # unknown
        ("postgresql", "d", None, "unknown postgresql service 'd'; .*known: db, db-2, pg1, pg2;"),
        ("postgresql", "db2", None, r"unknown postgresql service 'db2'; did you mean db-2\? "),
        ("postgresql", "DB", None, "unknown postgresql service 'DB'"),
        ("postgresql", "cache", None, "unknown postgresql service 'cache'"),
        ("postgresql", "jump", None, "unknown postgresql service 'jump'"),
        ("postgresql", "empty", None, "unknown postgresql service 'empty'"),
        ("postgresql", ["db", "nope"], None, "unknown postgresql service 'nope'"),
        ("", "nope", None, "unknown service 'nope'"),
        # a group that is more than this kind
        ("postgresql", "product", None, "^service: group 'product' holds hosts .*: cache;"),
        ("postgresql", "all", None, "^service: "),
        # a limit that leaves the target out
        ("postgresql", "db", "cache", "^--limit: 'cache' leaves out db;"),
        ("postgresql", "cluster", "pg1", "^--limit: 'pg1' leaves out pg2;"),
        ("postgresql", ["db", "db-2"], "db", "^--limit: 'db' leaves out db-2;"),
        ("postgresql", None, "cache", "^--limit: 'cache' leaves out db, db-2, pg1, pg2;"),
        ("", None, "jump", "^--limit: 'jump' leaves out"),
        ("postgresql", "db", "db:!db", "^--limit: 'db:!db' leaves out db;"),
        ("postgresql", None, "", "^--limit: got ''"),
    ],
)
def test_resolve_refuses(kind: str, service: object, limit: str | None, text: str) -> None:
    refused(text, resolve, kind, service, GROUPS, limit)


@pytest.mark.parametrize("name", ["all", "kind_postgresql", "ungrouped"])
def test_a_group_of_ansible_or_of_a_kind_is_no_service(name: str) -> None:
    groups = {**ONE, "all": ["db"], "ungrouped": ["db"]}
    text = f"^service: unknown postgresql service '{name}'"
    refused(text, resolve, "postgresql", name, groups, None)


@pytest.mark.parametrize("limit", ["", " ", ",", ":", ",,", " , "])
@pytest.mark.parametrize("service", [None, "db"])
def test_an_empty_limit_is_not_everything(limit: str, service: str | None) -> None:
    # To Ansible it is every host (ansible/ansible issues 83264 and 85278).
    assert of_ansible(ONE, limit) == {"db", "jump"}
    text = r"^--limit: got .* which Ansible takes for every host \(2 here\)"
    refused(text, resolve, "postgresql", service, ONE, limit)


@pytest.mark.parametrize("limit", ["::", ",:,"])
def test_a_limit_of_separators_is_refused(limit: str) -> None:
    refused("^--limit: ", resolve, "postgresql", "db", ONE, limit)


@pytest.mark.parametrize(
    "limit",
    [
        "typo", "typo,db", "db,typo", "db:typo", "db:!typo", "db:&typo", "!typo", "&typo",
        "typo*", "db,web[5-9]", "~^typo", "db,~^typo$", "DB", "!", "&", "~", "db:!", "empty",
        "db,empty", "web[1]", "kind_postgresql[9]", "~(", "~b", "pg[12]",
        # with a comma, a colon separates nothing
        "web1,db:cache", "db:cache,web1",
    ],
)  # fmt: skip
def test_every_part_of_a_limit_selects_something(limit: str) -> None:
    refused(r"^--limit: pattern .* matched nothing;", limited, limit, GROUPS)


@pytest.mark.parametrize(
    ("groups", "limit", "hosts"),
    [
        (GROUPS, "db", {"db"}),
        (GROUPS, "db,cache", {"db", "cache"}),
        (GROUPS, " db , cache ,", {"db", "cache"}),
        (GROUPS, "db:cache", {"db", "cache"}),
        (GROUPS, "product", {"db", "cache"}),
        (GROUPS, "all", set(GROUPS["all"])),
        (GROUPS, "*", set(GROUPS["all"])),
        (GROUPS, "db*", {"db", "db-2"}),
        (GROUPS, "pg?", {"pg1", "pg2"}),
        (GROUPS, "pg[!1]", {"pg2"}),
        (GROUPS, "k*_redis", {"cache"}),
        # without a positive part: everything but
        (GROUPS, "!kind_postgresql", {"web1", "cache", "jump"}),
        (GROUPS, "&product", {"db", "cache"}),
        (GROUPS, "kind_postgresql:&product", {"db"}),
        (GROUPS, "kind_postgresql:!db", {"db-2", "pg1", "pg2"}),
        (GROUPS, "!db:kind_postgresql:!cluster", {"db-2"}),
        (GROUPS, "all,&kind_postgresql,!pg*", {"db", "db-2"}),
        # a regular expression starts where the name starts
        (GROUPS, "~db", {"db", "db-2"}),
        (GROUPS, "~db$", {"db"}),
        (GROUPS, "~(pg|web)[0-9]", {"pg1", "pg2", "web1"}),
        (GROUPS, "db,!~pg", {"db"}),
        # a place in a group, or a range of them
        (ROW, "kind_postgresql[0]", {"n3"}),
        (ROW, "kind_postgresql[-1]", {"n2"}),
        (ROW, "kind_postgresql[0:1]", {"n3", "n1"}),
        (ROW, "kind_postgresql[1:]", {"n1", "n2"}),
        (ROW, "kind_postgresql[0:1]:!n1", {"n3"}),
    ],
)
def test_limited_as_ansible_does(groups: dict[str, list[str]], limit: str, hosts: set[str]) -> None:
    assert of_ansible(groups, limit) == hosts
    assert limited(limit, groups) == hosts

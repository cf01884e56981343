# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is found on a disk and planned for it: what costs nothing first, no more than is needed, and nothing to make
up for a deleted file that somebody still has open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import grading
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import Situation, decide
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    instance,
    reading,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import (
    disk_full as scenario,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.service_situations import (
    NOW,
    change,
)

MIB = 2**20
CHECKS = ("disk_space", "disk_database", "history")
VALUES = {spec.name: spec.default for spec in scenario.INPUTS}
ID = "c" * 64
IMAGE = {"id": f"sha256:{'1' * 64}", "created": "2020-01-01T00:00:00Z", "bytes": 30 * MIB, "of": ""}
DOCKER = {"root": "/d", "mount": "/srv", "usage": [], "dangling": [IMAGE], "used": []}
JOURNAL = {"path": "/var/log/journal", "bytes": 1024 * MIB, "mount": "/srv"}
NO_WAL = {"concerned": False, "refused": None, "document": None}


def filesystem(used: int = 95, nodes: int = 5, **more: Any) -> dict[str, Any]:
    return {
        "mount": "/srv", "device": "/dev/sdb", "kind": "xfs", "places": ["/srv/log"],
        "used_bytes": used * 10 * MIB, "free_bytes": (100 - used) * 10 * MIB, "used_percent": used,
        "inodes_used": nodes * 10, "inodes_free": (100 - nodes) * 10, "inodes_percent": nodes,
        "read_only": False, **more,
    }  # fmt: skip


def files(many: int, each: int = 10 * MIB) -> list[dict[str, Any]]:
    return [
        {"name": f"{n}.log", "ino": n, "mtime_ns": n, "size": each, "bytes": each}
        for n in range(many)
    ]


def rule(many: int = 100, **more: Any) -> dict[str, Any]:
    go = files(many)
    return {
        "dir": "/srv/log", "pattern": "*.log", "older_than_days": 7, "keep": 2, "validate": [],
        "mount": "/srv", "refused": None, "files": many + 2, "bytes": 0, "kept": files(2), "go": go,
        "go_files": many, "go_bytes": 0, **more,
    }  # fmt: skip


def held(size: int = 300, **more: Any) -> dict[str, Any]:
    return {
        "mount": "/srv", "bytes": size * MIB, "pid": 42, "command": "python3", "unit": None,
        "container": None, "path": "/srv/app.log", **more,
    }  # fmt: skip


def disk(*filesystems: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "refused": None, "platform": "compose", "first": True, "held": [], "largest": [],
        "journal": None, "docker": None, "rules": [],
        "filesystems": list(filesystems or [filesystem()]), **more,
    }  # fmt: skip


def findings(
    given: dict[str, Any], wal: Mapping[str, Any] | None = None, **inputs: Any
) -> list[Any]:
    readings = {
        "disk": given,
        "postgresql_wal": NO_WAL if wal is None else wal,
        "history": {"now": NOW, "changes": [], "open": []},
    }
    return grading.grade(CHECKS, readings, {**VALUES, **inputs}, "api")


def plan(
    given: dict[str, Any],
    approve: tuple[str, ...] = (),
    workload: Any = None,
    changes: tuple[Any, ...] = (),
    **inputs: Any,
) -> list[Any]:
    up = reading("compose", "api", desired=1, instances=[instance("api-1", "running", key=ID[:12])])
    readings = {
        "disk": given,
        "workload": workload or up,
        "history": {"now": NOW, "changes": list(changes), "open": []},
    }

    def approved(action: str) -> bool:
        return action in approve

    situation = Situation(
        service="api",
        catalog={"kind": "http", "platform": given["platform"]},
        findings=findings(given, **inputs),
        readings=readings,
        inputs={**VALUES, **inputs},
        approved=approved,
    )
    return decide(scenario.plan(situation), scenario.ACTIONS, "safe", approved)


def statuses(entries: list[Any]) -> list[tuple[str, str]]:
    return [(entry["action"], entry["status"]) for entry in entries]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (disk(filesystem(84)), [("ok", "ok")]),
        (disk(filesystem(85)), [("warn", "disk_full")]),
        (disk(filesystem(95)), [("crit", "disk_full")]),
        (disk(filesystem(10, 90)), [("warn", "inodes_exhausted")]),
        (disk(filesystem(96, 100)), [("crit", "disk_full"), ("crit", "inodes_exhausted")]),
        (disk(filesystem(10, read_only=True)), [("crit", "filesystem_read_only")]),
        (disk(held=[held()]), [("crit", "disk_full"), ("warn", "space_held_by_pid")]),
        (disk(held=[held(40)]), [("crit", "disk_full")]),
        (disk(held=[held(mount="/other")]), [("crit", "disk_full")]),
        (disk(filesystem(20), held=[held()]), [("ok", "ok")]),
        ({**disk(), "filesystems": []}, [("unknown", "not_read")]),
        (
            {**disk(), "refused": {"reason": "host_unreachable", "message": "no"}},
            [("unknown", "host_unreachable")],
        ),
    ],
)  # fmt: skip
def test_what_is_found(given: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert [(one["severity"], one["reason"]) for one in findings(given)] == expected


def test_what_it_is_full_of_is_said() -> None:
    largest = [{"path": "/srv/log/a", "bytes": 5 * MIB}, {"path": "/else", "bytes": MIB}]
    usage = [["Build Cache", "3", "2GB", "1GB"]]
    given = disk(largest=largest, journal=JOURNAL, docker={**DOCKER, "usage": usage})
    said = findings(given)[0]["summary"]
    assert "/srv/log/a 5 MiB" in said and "/else" not in said
    assert "the journal 1 GiB" in said and "Build Cache 2GB, 1GB not in use" in said


def wal(slots: list[dict[str, Any]], failing: bool = False) -> dict[str, Any]:
    archiver = {
        "failing": failing,
        "failed_count": 7,
        "last_failed_at": NOW,
        "last_failed_wal": "X",
    }
    document = {"replication": {"slots": slots}, "transactions": {"archiver": archiver}}
    return {"concerned": True, "refused": None, "document": document}


SLOT = {"name": "gone", "active": False, "retained_bytes": 3 * 2**30}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (NO_WAL, []),
        (wal([]), ["ok"]),
        (wal([SLOT]), ["slot_retains_wal"]),
        (wal([{**SLOT, "active": True}]), ["ok"]),
        (wal([{**SLOT, "retained_bytes": None}]), ["ok"]),
        (wal([SLOT], failing=True), ["slot_retains_wal", "wal_archiving_failing"]),
        ({"concerned": True, "refused": {"message": "no way in"}, "document": None}, ["not_read"]),
    ],
)
def test_what_keeps_the_write_ahead_log(given: dict[str, Any], expected: list[str]) -> None:
    found = [one for one in findings(disk(), given) if one["check"] == "disk_database"]
    assert [one["reason"] for one in found] == expected
    assert all(one["severity"] in ("ok", "warn") for one in found)


def test_as_many_files_as_are_needed() -> None:
    (entry,) = plan(disk(rules=[rule()]))
    assert (entry["status"], entry["phase"], entry["risk"]) == ("planned", "containment", "safe")
    # Of 1000 MiB 840 may stay: 110 must go, in files of 10.
    assert entry["parameters"] == {
        "rule": 0, "dir": "/srv/log", "free_bytes": 110 * MIB, "free_inodes": 0, "at_most": 11,
    }  # fmt: skip
    assert "none" in entry["undo"] and "of 102 files *.log of /srv/log" in entry["summary"]


def test_inodes_count_for_themselves() -> None:
    (entry,) = plan(disk(filesystem(10, 100), rules=[rule(500)]))
    assert (entry["because"]["reason"], entry["parameters"]["at_most"]) == ("inodes_exhausted", 160)


def test_the_journal_first_then_the_rules_then_images() -> None:
    given = disk(
        filesystem(99), journal={**JOURNAL, "bytes": 572 * MIB}, docker=DOCKER, rules=[rule(6)]
    )
    entries = plan(given, approve=("prune_images",))
    assert statuses(entries) == [
        ("vacuum_journal", "planned"), ("clean_directory", "planned"), ("prune_images", "planned"),
    ]  # fmt: skip
    assert entries[0]["parameters"] == {"keep_mib": 512}
    assert statuses(plan(given))[2] == ("prune_images", "needs_approval")
    assert statuses(plan({**given, "first": False})) == [("clean_directory", "planned")]
    assert statuses(plan(disk(journal=JOURNAL, docker=DOCKER, rules=[rule()]))) == [
        ("vacuum_journal", "planned")
    ]


@pytest.mark.parametrize(
    ("more", "inputs", "at_most", "said"),
    [
        ({}, {"max_delete": 3}, 3, "max_delete=3 is the cap"),
        ({}, {"max_delete_mib": 25}, 2, ""),
        ({"many": 4}, {}, 4, ""),
    ],
)
def test_caps_and_what_is_left_open(
    more: dict[str, Any], inputs: dict[str, Any], at_most: int, said: str
) -> None:
    (entry,) = plan(disk(rules=[rule(**more)]), **inputs)
    assert entry["parameters"]["at_most"] == at_most and said in entry["summary"]
    assert "more would have to go from /srv: by hand: let the volume grow" in entry["why"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (disk(), "nothing_to_clean: the catalog names no folder there whose files may go"),
        (disk(rules=[rule(0)]), "nothing_to_clean: of /srv/log nothing may go: 2 files"),
        (disk(rules=[rule(mount="/else")]), "names no folder there"),
        (disk(rules=[rule(refused="it is a symlink")]), "it is a symlink"),
        (disk(platform="kubernetes"), "kubectl -n NAMESPACE edit pvc"),
    ],
)
def test_refused_with_what_to_do(given: dict[str, Any], said: str) -> None:
    (entry,) = plan(given)
    assert entry["status"] == "refused" and said in entry["why"]


def test_what_cannot_be_written_to_is_left_alone() -> None:
    assert plan(disk(filesystem(read_only=True), rules=[rule()], journal=JOURNAL)) == []


def test_nothing_makes_up_for_a_file_that_is_held() -> None:
    (entry,) = plan(disk(held=[held()], rules=[rule()]))
    assert statuses([entry]) == [("restart_holder", "refused")]
    assert "by hand: end pid 42 (python3)" in entry["why"]
    # It holds too little: the rest is cleaned, and no more than the rest.
    entries = plan(disk(held=[held(60)], rules=[rule()]))
    assert statuses(entries) == [("restart_holder", "refused"), ("clean_directory", "planned")]
    assert entries[1]["parameters"]["free_bytes"] == 50 * MIB


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"unit": "other.service"}, "by hand: systemctl restart other.service"),
        ({"container": "d" * 64}, "by hand: docker restart dddddddddddd"),
    ],
)
def test_another_holder_is_named(more: dict[str, Any], said: str) -> None:
    assert said in plan(disk(held=[held(**more)]))[0]["why"]


def test_the_services_own_container_is_restarted_when_approved() -> None:
    given = disk(held=[held(container=ID)], rules=[rule()])
    assert statuses(plan(given)) == [("restart_holder", "needs_approval")]
    (entry,) = plan(given, approve=("restart_holder",))
    assert (entry["status"], entry["because"]["reason"]) == ("planned", "space_held_by_pid")
    often = tuple(change("restart_service") for _time in range(3))
    assert "escalate" in plan(given, ("restart_holder",), changes=often)[0]["why"]


def test_the_services_own_unit_is_restarted_when_approved() -> None:
    running = reading("systemd", "u", desired=1, instances=[instance("shop.service", "running")])
    given = disk(held=[held(unit="shop.service")])
    assert statuses(plan(given, workload=running)) == [("restart_holder", "needs_approval")]
    assert statuses(plan(given)) == [("restart_holder", "refused")]

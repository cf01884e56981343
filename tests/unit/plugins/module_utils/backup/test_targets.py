# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""BI60, BI61, BI63: told in one line, before anything is read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import inputs
from ansible_collections.oncall.runbooks.plugins.module_utils.backup import entry, targets
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools.plain import Plain
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError

AT = {"target_time": "2026-01-21T03:04:05Z"}
PLACE = {"restore_dir": "/restore/db", "restore_port": "5499"}


def values(**given: Any) -> dict[str, Any]:
    return inputs.values(targets.INPUTS, given, {}, "db")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({**PLACE, "target_time": "2026-01-21T03:04:05"}, "with its zone"),
        ({**PLACE, "target_time": "yesterday"}, "with its zone"),
        ({**PLACE, "target_time": "2026-01-21T03:04:05 CET"}, "with its zone"),
        ({**PLACE, "target_time": "2026-02-31T03:04:05Z"}, "a time of the calendar"),
        ({**PLACE, "target_time": "2026-01-21T25:04:05Z"}, "a time of the calendar"),
        ({**PLACE, "target_time": "2999-01-21T03:04:05Z"}, "a time of the past"),
        ({**PLACE, **AT, "target_xid": "7"}, "exactly one of the two"),
        ({**PLACE, "target_xid": "0"}, "the number of a transaction"),
        ({**AT, "restore_port": "5499"}, "restore_dir: got"),
        ({**AT, "restore_dir": "/restore/db"}, "restore_port: got"),
        ({**PLACE, **AT, "restore_dir": "restore"}, "an absolute path"),
        ({**PLACE, **AT, "restore_dir": "/a;rm -r"}, "an absolute path"),
        ({**PLACE, **AT, "restore_dir": "/a/../b"}, "an absolute path"),
        ({**PLACE, **AT, "restore_dir": "/" + 81 * "a"}, "an absolute path"),
        ({**PLACE, **AT, "restore_port": "80"}, "from 1024"),
    ],
    ids=str,
)
def test_a_wrong_target_is_one_line(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        targets.judge(values(**given))
    assert "\n" not in str(caught.value) and "for example" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-01-21T03:04:05Z", "time 2026-01-21 03:04:05.000000+00"),
        ("2026-01-21T03:04:05.25+02:00", "time 2026-01-21 01:04:05.250000+00"),
        ("2026-01-21 03:04-0130", "time 2026-01-21 04:34:00.000000+00"),
    ],
)
def test_a_time_is_one_moment_in_every_zone(text: str, wanted: str) -> None:
    given = values(**PLACE, target_time=text)
    targets.judge(given)
    assert targets.wanted(given) == wanted


def test_without_a_target_nothing_is_wanted() -> None:
    targets.judge(values())
    assert targets.wanted(values()) is None
    assert targets.wanted(values(**PLACE, target_xid="700")) == "xid 700"


BACKUP = entry.Backup(Plain("/backup/base", "/backup/wal"), "host", 26, "", ())


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"restore_port": "5433"}, "another port"),
        ({"restore_dir": "/backup/base"}, "outside of /backup/base"),
        ({"restore_dir": "/backup/wal/x"}, "outside of /backup/wal"),
        ({"restore_dir": "/backup"}, "outside of /backup/base"),
        ({}, ""),
        ({"restore_dir": "/backup/base2"}, ""),
    ],
    ids=str,
)
def test_a_copy_has_a_place_of_its_own(given: dict[str, Any], said: str) -> None:
    chosen = values(**{**PLACE, **AT, **given})
    catalog = {"postgresql": {"port": 5433}}
    if not said:
        targets.against_catalog(chosen, "db", catalog, BACKUP)
        return
    with pytest.raises(InputError, match=said):
        targets.against_catalog(chosen, "db", catalog, BACKUP)


def test_a_copy_of_what_has_no_backup_is_none() -> None:
    with pytest.raises(InputError, match="backup: got"):
        targets.against_catalog(values(**PLACE, **AT), "db", {}, None)


def test_where_a_tool_keeps_its_backups_is_its_own_affair() -> None:
    backup = entry.of("backup", {"tool": "pgbackrest", "stanza": "shop"})
    targets.against_catalog(values(**PLACE, **AT), "db", {}, backup)

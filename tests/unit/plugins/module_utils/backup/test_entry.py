# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.backup import entry
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tool": "barmen"}, "one of plain"),
        ({"directory": "base"}, "an absolute path"),
        ({"archive": "/a b"}, "an absolute path"),
        ({"directory": "/backup/../etc"}, "an absolute path"),
        ({"max_age_hours": "soon"}, "a whole number"),
        ({"achive": "/x"}, "did you mean archive"),
        ({"integrity": [{"name": "x", "sql": "SELECT 1", "expect": 1}]}, "a text, in quotes"),
    ],
)
def test_what_is_wrong_in_the_catalog_is_one_line(given: dict[str, Any], said: str) -> None:
    whole = {"tool": "plain", "directory": "/backup/base", "archive": "/backup/wal", **given}
    with pytest.raises(InputError, match=said):
        entry.of("backup", whole)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tool": "pgbackrest"}, "backup.stanza: got 'None'; allowed is a name"),
        ({"tool": "pgbackrest", "stanza": "a b"}, "a name of letters"),
        ({"tool": "pgbackrest", "stanza": "--config=x"}, "a name of letters"),
        ({"tool": "pgbackrest", "stanza": "shop;id"}, "a name of letters"),
        ({"tool": "pgbackrest", "stanza": ["shop"]}, "a name of letters"),
        ({"tool": "pgbackrest", "stanza": "shop", "config": "pgbackrest.conf"}, "an absolute path"),
        ({"tool": "pgbackrest", "stanza": "shop", "config": ""}, "an absolute path"),
        ({"tool": "pgbackrest", "stanza": "shop", "repo": 0}, "from 1 to 256"),
        ({"tool": "pgbackrest", "stanza": "shop", "repo": "1 --x"}, "from 1 to 256"),
        (
            {"tool": "pgbackrest", "stanza": "shop", "run_as": "-x"},
            "a user of the operating system",
        ),
        ({"tool": "pgbackrest", "stanza": "shop", "run_as": "a$(id)"}, "a user of the operating"),
        (
            {"tool": "pgbackrest", "stanza": "shop", "run_as": None},
            "a user of the operating system",
        ),
        ({"tool": "pgbackrest", "stanza": "shop", "archive": "/wal"}, "known are .*stanza"),
        ({"tool": "pgbackrest", "stnza": "shop"}, "did you mean stanza"),
        ({"tool": "barman"}, "backup.server: got 'None'"),
        ({"tool": "barman", "server": "all'"}, "a name of letters"),
        ({"tool": "barman", "server": "shop", "config": "/etc/../x"}, "an absolute path"),
        ({"tool": "barman", "server": "shop", "directory": "/x"}, "unknown key"),
        ({"tool": "wal-g"}, "where WAL-G's variables are, or config"),
        ({"tool": "wal-g", "env_file": "/etc/wal g"}, "an absolute path"),
        ({"tool": "wal-g", "config": "/etc/wal-g.json", "run_as": "Postgres!"}, "a user of the"),
        ({"tool": "walg", "env_file": "/e"}, "one of plain, pgbackrest, barman, wal-g"),
        ({"tool": ["plain"]}, "one of plain"),
        ({"stanza": "shop"}, "one of plain"),
    ],
    ids=str,
)
def test_what_a_tool_needs_is_judged_before_it_gets_into_a_shell(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        entry.of("backup", given)
    assert "\n" not in str(caught.value)


def test_who_runs_a_tool() -> None:
    for given, user in (
        ({"tool": "pgbackrest", "stanza": "shop"}, "postgres"),
        ({"tool": "barman", "server": "shop"}, "barman"),
        ({"tool": "wal-g", "env_file": "/etc/wal-g/env"}, "postgres"),
        ({"tool": "wal-g", "env_file": "/etc/wal-g/env", "run_as": "walg"}, "walg"),
    ):
        found = entry.of("backup", given)
        assert found and getattr(found.tool, "run_as", None) == user

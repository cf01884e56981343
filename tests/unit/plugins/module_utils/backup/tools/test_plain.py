# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.backup import coverage
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools import plain

MIB16 = 16 * 1024 * 1024

LISTED = f"""now 5000
backup /b/two
kib 30
major 15
finished 2000
start {coverage.name_of(1, 5, 256)}
backup /b/one
kib 20
major 15
finished 1005
start {coverage.name_of(1, 2, 256)}
backup /b/half
kib 1
major 15
start {coverage.name_of(1, 7, 256)}
wal {MIB16} 900 {coverage.name_of(1, 1, 256)}
wal {MIB16} 1000 {coverage.name_of(1, 2, 256)}
wal banana
"""


def test_what_a_host_lists() -> None:
    found = plain.parsed(LISTED)
    assert found["now"] == 5000 and found["unreadable"] == []
    assert [one["path"] for one in found["backups"]] == ["/b/one", "/b/two"]
    assert found["unfinished"] == ["/b/half"]
    assert [one["at"] for one in found["segments"]] == [1000]
    assert plain.parsed("unreadable /b\n")["unreadable"] == ["/b"]
    assert plain.parsed("")["now"] is None


@pytest.mark.parametrize(
    ("rc", "status"), [(0, "ok"), (1, "corrupt"), (124, "unknown"), (127, "unknown")]
)
def test_what_pg_verifybackup_says(rc: int, status: str) -> None:
    assert plain.verified(rc, "said")["status"] == status

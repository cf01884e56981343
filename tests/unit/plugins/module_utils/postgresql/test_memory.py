# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.memory import available

MIB = 2**20
HOST = "MemTotal:        8388608 kB\nMemFree:  1 kB\nMemAvailable:    4194304 kB\n"
UNLIMITED_V1 = "9223372036854771712\n"


@pytest.mark.parametrize(
    ("files", "left", "limit"),
    [
        ({"meminfo": HOST}, 4096, None),
        ({}, None, None),
        ({"meminfo": ""}, None, None),
        ({"meminfo": HOST, "root_v2_max": "max\n", "root_v2_current": "1\n"}, 4096, None),
        ({"meminfo": HOST, "own_v1_max": UNLIMITED_V1, "own_v1_current": "1"}, 4096, None),
        (
            {"meminfo": HOST, "root_v2_max": f"{512 * MIB}\n", "root_v2_current": f"{500 * MIB}\n"},
            12,
            512,
        ),
        # Pages of files are given back.
        (
            {
                "meminfo": HOST,
                "own_v2_max": str(512 * MIB),
                "own_v2_current": str(500 * MIB),
                "own_v2_stat": f"anon 1\ninactive_file {200 * MIB}\nactive_file 9\n",
            },
            212,
            512,
        ),
        (
            {
                "root_v1_max": str(100 * MIB),
                "root_v1_current": str(90 * MIB),
                "root_v1_stat": f"inactive_file {MIB}\ntotal_inactive_file {2 * MIB}\n",
            },
            12,
            100,
        ),
        # The least of all that bound it, and never less than nothing.
        (
            {
                "meminfo": HOST,
                "own_v2_max": str(64 * MIB),
                "own_v2_current": str(80 * MIB),
                "root_v2_max": str(512 * MIB),
                "root_v2_current": "0",
            },
            0,
            64,
        ),
    ],
)
def test_available(files: dict[str, str | None], left: int | None, limit: int | None) -> None:
    found = available(files)
    assert found["available_bytes"] == (None if left is None else left * MIB)
    assert found["group_limit_bytes"] == (None if limit is None else limit * MIB)

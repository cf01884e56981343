# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import recap
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.terminal.items import (
    painted,
    texts,
)


def test_recap_counts_only_what_there_was() -> None:
    counts = {"ok": 9, "failures": 1, "unreachable": 0, "changed": 0, "skipped": 2}
    assert texts(recap.counts({"db": counts, "redis": {"ok": 0}})) == [
        "  db     9 ok, 1 failed, 2 skipped",
        "  redis  nothing was done",
    ]
    assert "<crit>db</>" in painted(recap.counts({"db": counts}))
    assert "<ok>db</>" in painted(recap.counts({"db": {"ok": 1}}))

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import postgres

testinfra_hosts = ["ansible://kind_postgresql"]

Report = dict[str, Any]


def kept(report: Report) -> dict[str, Path]:
    folder = Path(report["journal"]["path"]).parent
    return {item["what"]: folder / item["path"] for item in report["evidence"]}


def test_each_run_is_done(reports: list[Report]) -> None:
    assert [report["outcome"] for report in reports] == ["done"] * 3


def test_the_sessions_are_in_the_evidence(reports: list[Report]) -> None:
    for report in reports:
        document = json.loads(kept(report)["postgresql"].read_text())["document"]
        assert document["slots"]["used"] >= 14


def test_the_evidence_is_sealed(reports: list[Report]) -> None:
    for report in reports:
        for item in report["evidence"]:
            raw = kept(report)[item["what"]].read_bytes()
            assert hashlib.sha256(raw).hexdigest() == item["sha256"]


def test_nothing_was_changed(server: postgres.Server) -> None:
    assert server.sessions("app") == 14

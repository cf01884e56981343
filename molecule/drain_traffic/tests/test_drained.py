# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

Report = dict[str, Any]
GATEWAY = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "/nonexistent")) / "gateway"


def told(command: str) -> str:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.connect(str(GATEWAY / "admin.sock"))
        opened.sendall(f"{command}\n".encode())
        return b"".join(iter(lambda: opened.recv(65536), b"")).decode()


def test_each_run_ended_as_it_should(reports: list[Report]) -> None:
    # The last one finds it as it was asked for, and says that it is still so.
    assert [report["outcome"] for report in reports] == ["planned", "done", "attention"]


def test_it_has_an_expiry_and_a_way_back(reports: list[Report]) -> None:
    (change,) = reports[1]["changes"]
    assert (change["action"], change["status"]) == ("drain_upstream", "made")
    assert change["expires_at"] > reports[1]["ended_at"]
    assert change["undo"]["how"]["parameters"] == {"pool": "web", "upstream": "second"}


def test_only_that_server_is_drained() -> None:
    rows = [line.split() for line in told("show servers state").splitlines()]
    # Its name, and what somebody has set it to: 8 is a drain.
    assert [(row[3], row[6]) for row in rows if row[1:2] == ["web"]] == [
        ("first", "0"),
        ("second", "8"),
    ]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An inventory of ten lines is enough for a server that is managed elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults.drill import Drill, ended

pytestmark = pytest.mark.slow
lab = sys.modules["oncall_lab_postgres"]
harness = sys.modules["oncall_harness"]
TEN_LINES = """\
kind_postgresql:
  hosts: {{db: {{ansible_connection: local}}}}
all:
  vars:
    runbooks_services:
      db:
        kind: postgresql
        platform: external
        postgresql: {{via: tcp, host: {host}, port: {server.port}, database: {database}, user: oncall,
          password_file: {normal}, admin: {{user: postgres, password_file: {admin}}}}}
"""


def test_ten_lines(crowd: Any, tmp_path: Path) -> None:
    server = crowd.server
    inventory = tmp_path / "inventory.yml"
    passwords = {
        "normal": server.password_file("oncall"),
        "admin": server.password_file("postgres"),
    }
    text = TEN_LINES.format(server=server, host=lab.HOST, database=lab.DATABASE, **passwords)
    assert len(text.splitlines()) == 10
    inventory.write_text(text)
    case = Drill(server, harness.Site(inventory, tmp_path / "state"))
    case.healthy()
    opened = crowd.open()
    crowd.age()
    case.check()
    assert ended(case.run()) == opened[:4]
    case.healthy()

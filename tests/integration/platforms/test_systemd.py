# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Units of a real machine: what is wrong with them, and what each verb does about it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import until

pytestmark = pytest.mark.slow
SLEEP = "ExecStart=/bin/sleep infinity"
OK = [("ok", "ok")]


def test_a_unit_is_stopped_started_and_restarted(machine: Any) -> None:
    machine.unit("calm", SLEEP, install=True)
    machine.sh("systemctl start calm")
    calm = {"unit": "calm"}
    assert machine.graded(**calm) == OK
    machine.did("start", calm, changed=False)

    pid = machine.show("calm", "MainPID")
    answer = machine.did("restart", calm)
    assert machine.show("calm", "MainPID") != pid
    assert [one["state"] for one in answer["after"]["instances"]] == ["running"]

    machine.did("stop", calm)
    assert machine.show("calm", "ActiveState") == "inactive"
    machine.did("stop", calm, changed=False)
    assert machine.graded(**calm) == [("crit", "stopped")]
    machine.did("start", calm)
    assert machine.graded(**calm) == OK

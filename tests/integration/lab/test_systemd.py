# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A product as systemd units: they run, restart when they crash, and can be released."""

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.tests.lab import hosts, lab
from ansible_collections.oncall.runbooks.tests.lab.shell import wait_for

pytestmark = pytest.mark.lab
UNITS = ("postgresql@15-main", "redis-server", "tokpulse", "tokpulse-worker", "nginx")


def test_the_machine_runs(host: lab.Host) -> None:
    wait_for("systemd", lambda: hosts.state(host.name) == "running", seconds=20)
    assert [host.active(unit) for unit in UNITS] == ["active"] * len(UNITS)


def test_the_application_talks_to_its_database(host: lab.Host) -> None:
    lab.wait_healthy(f"http://{host.address()}")
    assert '"smoke": "ok"' in host.execute(
        "env", "API_URL=http://127.0.0.1:3000", "npm", "run", "smoke"
    )
    sql = "SELECT count(*) > 0 FROM orders"
    admin = ("runuser", "-u", "postgres", "--", "psql", "-X", "-At", "-d", "tokpulse", "-c", sql)
    assert host.execute(*admin).strip() == "t"


def test_a_unit_that_is_killed_comes_back(host: lab.Host) -> None:
    host.execute("systemctl", "kill", "--signal=KILL", "tokpulse")
    wait_for("the crash", lambda: host.active("tokpulse") != "active", seconds=10, every=0.05)
    lab.wait_healthy(f"http://{host.address()}:3000")
    assert "tokpulse.service" in host.execute("journalctl", "--no-pager", "--unit", "tokpulse")


def test_a_release_that_crashes_in_a_loop(host: lab.Host) -> None:
    host.release(3)
    host.execute("systemctl", "restart", "tokpulse")
    wait_for("the end", lambda: host.active("tokpulse") == "failed", seconds=40)
    host.release(2)
    host.execute("systemctl", "reset-failed", "tokpulse")
    host.execute("systemctl", "restart", "tokpulse")
    lab.wait_healthy(f"http://{host.address()}:3000")
    assert lab.get(f"http://{host.address()}:3000/version")[1]["version"] == "v2"


def test_labelmint_runs_the_same_way() -> None:
    with lab.systemd_host("labelmint_systemd") as host:
        lab.wait_healthy(f"http://{host.address()}:8080/api")

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A machine whose journal is too large, and one of whose units holds a file that was deleted."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.faults import drill
from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import connection

harness = sys.modules["oncall_harness"]
pytestmark = pytest.mark.slow
MIB = 2**20
QUICK = {"service": "it", "hold_seconds": 0, "timeout_seconds": 10, "journal_mib": 16}
JOURNALD = r"[Journal]\nStorage=persistent\nSystemMaxUse=1G\nSystemKeepFree=1M\nSystemMaxFileSize=4M\nCompress=no\n"
# Once: it writes, deletes what it wrote, and keeps it open.
LEAKY = """Type=exec
ExecStart=/bin/sh -c 'if [ -e /run/leak ]; then rm /run/leak; exec 3>/srv/small/app.log; \
head -c 18000000 /dev/zero >&3; rm /srv/small/app.log; fi; exec sleep infinity'"""


def site(machine: Any, unit: str, place: str) -> Any:
    entry = {
        "kind": "http",
        "platform": "systemd",
        "systemd": {"unit": unit},
        "disk": {"filesystems": [place]},
    }
    return harness.make_site(machine.folder, {"it": entry}, connection(machine.name))


def run(place: Any, *options: str, **variables: Any) -> Any:
    done = place.run("disk_full", *drill.extra({**QUICK, **variables}), *options)
    assert done.report, done.stdout + done.stderr
    drill.proven(done, [])
    return done


def test_the_oldest_of_the_journal_goes(machine: Any) -> None:
    machine.sh(
        "mkdir -p /var/log/journal /etc/systemd/journald.conf.d && "
        "mount -t tmpfs -o size=48m none /var/log/journal && "
        f"printf '{JOURNALD}' >/etc/systemd/journald.conf.d/lab.conf && "
        "systemctl restart systemd-journald && journalctl --flush && "
        "for part in 1 2 3 4 5 6 7 8 9; do head -c 4000000 /dev/urandom | base64 -w 1500 | "
        "systemd-cat -t noise; journalctl --sync; done; echo the last line | systemd-cat; journalctl --sync"
    )
    place = site(machine, "systemd-journald", "/var/log/journal")
    size = "du -sk /var/log/journal | cut -f1"
    before = int(machine.sh(size))
    checked = run(place, "--check")
    assert (checked.outcome, int(machine.sh(size))) == ("planned", before), checked.stdout
    done = run(place)
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    (change,) = done.report["changes"]
    assert change["action"] == "vacuum_journal" and change["after"]["freed_bytes"] > 10 * MIB
    assert int(machine.sh(size)) < before
    assert "the last line" in machine.sh("journalctl -n 50 -o cat")
    assert run(place).outcome == "healthy"


def test_its_own_unit_holds_a_deleted_file(machine: Any) -> None:
    machine.sh(
        "mkdir -p /srv/small && mount -t tmpfs -o size=20m none /srv/small && touch /run/leak"
    )
    machine.unit("leaky", LEAKY)
    machine.sh(
        "systemctl start leaky; until [ ! -e /run/leak ] && [ ! -e /srv/small/app.log ]; do sleep 0.1; done"
    )
    place = site(machine, "leaky", "/srv/small")
    pid = machine.show("leaky", "MainPID")
    done = run(place)
    assert done.outcome == "needs_approval", done.stdout + done.stderr
    assert "unit leaky.service" in done.finding("disk_space")["summary"] or any(
        "unit leaky.service" in found["summary"] for found in done.report["findings"]
    )
    assert machine.show("leaky", "MainPID") == pid
    done = run(place, approve="restart_holder")
    assert (done.outcome, done.rc) == ("recovered", 0), done.stdout + done.stderr
    assert machine.show("leaky", "MainPID") != pid
    assert run(place).outcome == "healthy"

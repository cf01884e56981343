# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Units of a real machine: what is wrong with them, and what each verb does about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.platforms.machine import until

pytestmark = pytest.mark.slow
SLEEP = "ExecStart=/bin/sleep infinity"
# Five starts within ten seconds are too many; on a busy machine they take longer than that.
PATIENT = "StartLimitIntervalSec=120"
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


def test_a_unit_that_fails_is_started_once(machine: Any) -> None:
    """SD01."""
    machine.unit(
        "fails", "ExecStart=/bin/sh -c '[ ! -e /run/broken ] || exit 3; exec sleep infinity'"
    )
    machine.sh("systemctl start fails && touch /run/broken && systemctl restart fails && sleep 1")
    fails = {"unit": "fails"}
    assert machine.graded(**fails) == [("crit", "unit_failed")]
    assert "status 3" in machine.read(**fails)["conditions"][0]["message"]

    starts = "journalctl -u fails -o cat | grep -c ^Started"
    before = int(machine.sh(starts))
    done, _answer = machine.do("start", fails)
    assert done.rc != 0 and "fails.service does not run" in done.stdout + done.stderr
    assert int(machine.sh(starts)) == before + 1

    machine.sh("rm /run/broken")
    machine.did("start", fails)
    assert machine.graded(**fails) == OK


def test_a_unit_that_was_started_too_often(machine: Any) -> None:
    """SD02."""
    crash = "ExecStart=/bin/sh -c '[ -e /run/mended ] || { echo no such table: orders; exit 1; }; exec sleep infinity'"
    machine.unit("often", f"{crash}\nRestart=on-failure\nRestartSec=50ms", PATIENT)
    machine.sh("systemctl start often")
    until(lambda: machine.show("often", "ActiveState") == "failed", "it gives up")
    often = {"unit": "often"}
    assert machine.graded(**often) == [("crit", "start_limit_hit")]
    assert "no such table: orders" in machine.read(**often)["conditions"][0]["message"]

    machine.sh("touch /run/mended")
    machine.did("start", often)
    assert machine.graded(**often) == OK


def test_a_masked_unit_stays_masked(machine: Any) -> None:
    """SD03."""
    machine.unit("kept", SLEEP)
    machine.sh("mv /etc/systemd/system/kept.service /run/ && systemctl mask -q kept")
    kept = {"unit": "kept"}
    assert machine.graded(**kept) == [("crit", "masked_by_operator")]
    for verb in ("start", "restart"):
        machine.failed(verb, kept, "kept.service is masked")


def test_a_unit_killed_for_want_of_memory(machine: Any) -> None:
    """SD04."""
    hog = "import os,time; time.sleep(.3); x = bytearray(0 if os.path.exists('/run/slim') else 10**9); time.sleep(9999)"
    machine.unit("hog", f'MemoryMax=48M\nExecStart=/usr/bin/python3 -c "{hog}"')
    machine.sh("systemctl start hog")
    until(lambda: machine.show("hog", "ActiveState") == "failed", "it is killed")
    assert machine.graded(unit="hog") == [("crit", "oom_killed")]
    machine.sh("touch /run/slim")
    answer = machine.did("restart", {"unit": "hog"})
    assert answer["after"]["limits"] == answer["before"]["limits"] == {"memory_bytes": 48 * 2**20}
    assert machine.graded(unit="hog") == OK


def test_nobody_elses_change_is_loaded(machine: Any) -> None:
    """SD05: of this unit, and of another one."""
    machine.unit("mine", SLEEP)
    machine.unit("other", SLEEP)
    machine.sh("systemctl start mine other")
    mine = {"unit": "mine"}
    settings: dict[str, dict[str, Any]] = {
        "set_env": {"environment": {"A": "1"}},
        "set_limits": {"limits": {"cpus": 0.5}},
    }
    for unit in ("mine", "other"):
        edit = f"/etc/systemd/system/{unit}.service.d"
        machine.sh(f"mkdir {edit} && printf '[Service]\\nEnvironment=X=1\\n' >{edit}/x.conf")
        assert machine.graded(unit=unit) == [("warn", "need_daemon_reload")]
        for verb, given in settings.items():
            machine.failed(verb, mine, f"nobody has loaded yet, of {unit}.service", **given)
        machine.sh(f"rm -r {edit}")

    edit = "/etc/systemd/system/mine.service.d"
    machine.sh(f"mkdir {edit} && printf '[Service]\\nEnvironment=X=1\\n' >{edit}/x.conf")
    machine.did("restart", mine)
    assert machine.show("mine", "NeedDaemonReload") == "yes"
    assert machine.show("mine", "Environment") == ""
    machine.sh(f"rm -r {edit}")


def test_a_process_that_hangs(machine: Any) -> None:
    """SD06: to systemd it runs; it is restarted all the same."""
    machine.unit("hung", "ExecStart=/opt/app/current/shop serve\nEnvironment=PORT=8090")
    machine.sh("systemctl start hung")
    ask = "curl -s -o /dev/null -m 2 -w %{http_code} http://127.0.0.1:8090/live || true"
    until(lambda: machine.sh(ask) == "200", "it answers")
    machine.sh("kill -STOP $(systemctl show -p MainPID --value hung)")
    assert machine.graded(unit="hung") == OK and machine.sh(ask) == "000"
    machine.did("restart", {"unit": "hung"})
    until(lambda: machine.sh(ask) == "200", "it answers again")


def test_back_to_an_earlier_release(machine: Any) -> None:
    """SD07."""
    machine.unit(
        "shop",
        "ExecStart=/opt/app/current/shop serve\nEnvironment=PORT=8091\nRestart=always\nRestartSec=200ms",
        PATIENT,
    )
    shop = {"unit": "shop", "releases_dir": "/opt/app/releases", "current": "/opt/app/current"}
    machine.sh("ln -sfn releases/3 /opt/app/current; systemctl start shop")
    until(lambda: machine.show("shop", "ActiveState") == "failed", "it gives up")
    assert machine.graded(**shop) == [("crit", "start_limit_hit")]
    found = machine.read(**shop)
    assert found["current"] == "/opt/app/releases/3"
    assert {one["title"] for one in found["releases"]} == {"1", "2", "3", "4"}
    machine.failed("rollback", shop, "none of the folders", release="/opt/app/releases/9")
    machine.failed("rollback", shop, "none of the folders", release="/etc")

    # At no moment is there no link.
    watch = "while [ -e /run/watch ]; do [ -L /opt/app/current ] || echo gone >>/run/gone; done"
    machine.sh(f"touch /run/watch; ({watch}) >/dev/null 2>&1 &")
    answer = machine.did("rollback", shop, release="/opt/app/releases/2")
    machine.sh("rm /run/watch")
    assert machine.sh("cat /run/gone || true") == ""
    assert answer["after"]["current"] == "/opt/app/releases/2"
    assert machine.sh("readlink /opt/app/current") == "releases/2"
    assert machine.sh("ls /opt/app/releases") == "1\n2\n3\n4"
    assert machine.graded(**shop) == OK

    pid = machine.show("shop", "MainPID")
    machine.did("rollback", shop, changed=False, release="/opt/app/releases/2")
    assert machine.show("shop", "MainPID") == pid


def test_what_a_unit_needs_is_the_root(machine: Any) -> None:
    """SD10."""
    machine.unit("base", SLEEP)
    machine.unit("middle", SLEEP, "Requires=base.service\nAfter=base.service")
    machine.unit("top", SLEEP, "Requires=middle.service\nAfter=middle.service")
    machine.sh("systemctl start top && systemctl stop base")
    top = {"unit": "top"}
    assert machine.graded(**top)[0] == ("crit", "dependency_down")
    (condition,) = machine.read(**top)["conditions"]
    assert condition["instance"] == "base.service"
    assert (
        "top.service needs base.service (by way of middle.service), which is stopped"
        in condition["message"]
    )

    machine.did("restart", top)
    began = [
        int(machine.show(unit, "ActiveEnterTimestampMonotonic"))
        for unit in ("base", "middle", "top")
    ]
    assert began == sorted(began)
    assert machine.graded(**top) == OK


def test_instances_of_a_template(machine: Any) -> None:
    machine.unit("worker@", SLEEP)
    machine.sh("systemctl start worker@1")
    workers, one = {"unit": "worker@*"}, {"unit": "worker@1"}
    running = "systemctl list-units --plain --no-legend --state=active 'worker@*' | cut -d' ' -f1"
    machine.did("scale", workers, replicas=3)
    assert machine.sh(running).split() == [f"worker@{n}.service" for n in (1, 2, 3)]
    machine.did("scale", workers, changed=False, replicas=3)

    pids = {n: machine.show(f"worker@{n}", "MainPID") for n in (1, 2, 3)}
    machine.did("restart", workers)
    assert all(machine.show(f"worker@{n}", "MainPID") != pid for n, pid in pids.items())

    machine.sh("systemctl kill -s KILL worker@2 worker@3; sleep 0.5")
    machine.did("scale", workers, replicas=2)
    assert machine.sh(running).split() == ["worker@1.service", "worker@2.service"]
    machine.did("scale", workers, replicas=1)
    assert machine.sh(running) == "worker@1.service"
    assert machine.graded(**workers) == OK
    machine.failed("scale", one, "is one unit", replicas=2)
    machine.sh("systemctl start worker@blue")
    machine.failed("scale", workers, "no numbered instance", replicas=2)


def test_variables_are_set_and_taken_out(machine: Any) -> None:
    """They win over the unit's own, and their values are nowhere to be read."""
    value = """two words "q" \\ $HOME `id` 100%% 'single' ä=1; #x"""
    machine.unit("env", f"EnvironmentFile=-/etc/env.env\nEnvironment=B=unit\n{SLEEP}")
    machine.sh("echo A=file >/etc/env.env; systemctl start env")
    before, env = machine.snapshot()["files"], {"unit": "env"}
    held = "tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value env)/environ | grep -E '^[ABC]='|sort"

    machine.did("set_env", env, environment={"A": value, "C": 5})
    assert machine.sh(held).splitlines() == [f"A={value}", "B=unit", "C=5"]
    machine.did("set_env", env, changed=False, environment={"A": value})
    folder = "/etc/systemd/system/env.service.d"
    assert machine.sh(f"stat -c '%a %U' {folder}/*").split("\n") == ["600 root"] * 2

    machine.did("set_env", env, environment={"C": None, "B": "ours"})
    assert machine.sh(held).splitlines() == [f"A={value}", "B=ours"]
    done, _answer = machine.do("set_env", env, "-vvvv", environment={"A": "canary-4711"})
    assert done.rc == 0, done.stdout + done.stderr
    # The test itself passes it with -e; the collection must not repeat it.
    said = [line for line in done.stdout.splitlines() if "runbooks_test_given" not in line]
    assert not any("canary-4711" in line for line in said)
    machine.did("set_env", env, environment={"A": None, "B": None})
    assert machine.sh(held).splitlines() == ["A=file", "B=unit"]
    assert machine.snapshot()["files"] == before
    machine.did("set_env", env, changed=False, environment={"A": None})
    machine.failed("set_env", env, "allowed is one line", environment={"A": "two\nlines"})


def test_limits_count_without_a_restart(machine: Any) -> None:
    machine.unit("bounded", f"MemoryMax=64M\n{SLEEP}")
    machine.sh("systemctl start bounded")
    before, bounded = machine.snapshot(), {"unit": "bounded"}
    group = machine.show("bounded", "ControlGroup")
    files = f"/sys/fs/cgroup/memory{group}/memory.limit_in_bytes /sys/fs/cgroup/cpu{group}/cpu.cfs_quota_us"

    answer = machine.did("set_limits", bounded, limits={"memory_bytes": 96 * 2**20, "cpus": 1.5})
    assert answer["after"]["limits"] == {"memory_bytes": 96 * 2**20, "cpus": 1.5}
    assert machine.sh(f"cat {files}").split() == [str(96 * 2**20), "150000"]
    machine.did("set_limits", bounded, limits={"cpus": None})
    assert machine.read(**bounded)["limits"] == {"memory_bytes": 96 * 2**20}
    machine.did("set_limits", bounded, limits={"memory_bytes": None})
    machine.did("set_limits", bounded, changed=False, limits={"memory_bytes": None})
    assert machine.snapshot() == before
    assert machine.sh(f"cat {files} || true").split()[0] == str(64 * 2**20)


def test_the_end_of_the_journal(machine: Any) -> None:
    machine.unit(
        "talks",
        "ExecStart=/bin/sh -c 'for n in 1 2 3 4; do echo line $n; done; exec sleep infinity'",
    )
    machine.sh("systemctl start talks && sleep 0.5 && systemctl stop talks")
    done, answer = machine.do("logs", {"unit": "talks"}, "-vvv")
    assert done.rc == 0, done.stdout + done.stderr
    (found,) = answer["after"]["logs"].items()
    assert found[0] == "talks.service"
    assert "line 1" in found[1] and "line 4" in found[1]
    assert "line 4" not in done.stdout


def test_units_of_a_user(machine: Any) -> None:
    """A manager of the user's own, which runs without anybody being logged in."""
    number = machine.sh("id -u oncall")
    mine = {"unit": "mine", "scope": "user"}
    user = replace(machine, user="oncall")
    refused = user.read(**mine)["refused"]
    assert refused["reason"] == "not_managed" and "enable-linger" in refused["message"]

    # What libpam-systemd and linger do.
    machine.sh(f"mkdir -p /run/user/{number} && chown oncall: /run/user/{number}")
    drop_in = "/etc/systemd/system/user@.service.d"
    machine.sh(
        f"mkdir -p {drop_in}; echo '[Service]\nEnvironment=XDG_RUNTIME_DIR=/run/user/%i' >{drop_in}/x.conf"
    )
    machine.sh(f"systemctl daemon-reload && systemctl start user@{number}")
    text = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n"
    folder = "/home/oncall/.config/systemd/user"
    machine.sh(
        f"mkdir -p {folder} && printf '{text}' >{folder}/mine.service && chown -R oncall: /home/oncall"
    )

    user.did("start", mine)
    assert user.graded(**mine) == OK
    before = user.snapshot()["files"]
    user.did("set_env", mine, environment={"A": "1"})
    assert (
        user.sh(f"ls {folder}/mine.service.d") == "90-oncall-runbooks.conf\n90-oncall-runbooks.env"
    )
    user.did("set_env", mine, environment={"A": None})
    assert user.snapshot()["files"] == before
    user.did("stop", mine)
    assert user.graded(**mine) == [("crit", "stopped_by_operator")]

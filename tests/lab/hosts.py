# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Machines with systemd: containers in which it is the first process."""

from __future__ import annotations

import secrets
from pathlib import Path

from ansible_collections.oncall.runbooks.tests.lab.places import LABEL, record
from ansible_collections.oncall.runbooks.tests.lab.shell import LabError, run, wait_for

IMAGE = "oncall-lab/host:1"
# What systemd needs in a container that is not privileged.
RIGHTS = (
    *("--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"),
    *("--security-opt", "apparmor=unconfined", "--cgroupns=host"),
    *("--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw", "--tmpfs", "/run", "--tmpfs", "/run/lock"),
)


def start(name: str = "", *more: str, image: str = IMAGE) -> str:
    """A new machine, up and well; `more` are arguments of `docker run`. Returns its name."""
    name = name or f"oncall-host-{secrets.token_hex(4)}"
    label = ("--label", LABEL, "--hostname", name, "--pull", "never")
    try:
        run("docker", "run", "--detach", "--name", name, *label, *RIGHTS, *more, image)
        wait_for(f"systemd in {name}", lambda: state(name) in ("running", "degraded"), seconds=60)
        if state(name) != "running":
            raise LabError(f"{name} is degraded: {execute(name, 'systemctl', '--failed')}")
    except LabError:
        remove(name)
        raise
    return name


def state(name: str) -> str:
    return run("docker", "exec", name, "systemctl", "is-system-running", check=False).stdout.strip()


def execute(name: str, *command: str, given: str | None = None) -> str:
    words = ("docker", "exec", *(["--interactive"] if given is not None else []), name, *command)
    return run(*words, given=given).stdout


def copy(name: str, source: Path, target: str) -> None:
    run("docker", "cp", source, f"{name}:{target}")


def remove(name: str) -> None:
    run("docker", "rm", "--force", "--volumes", name, check=False)


def up() -> None:
    """Proof that they work here: one comes up, and goes."""
    remove(start())
    record(systemd={"image": IMAGE})


def down() -> None:
    record(systemd=None)


def status() -> str:
    return f"hosts are made from {IMAGE}"

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Docker engine: the one that answers is taken as it is; else one of our own is started.

Ours keeps its data in the cache, so that images survive, and gets a runtime that does
without CAP_SYS_RESOURCE, which many build machines lack.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import shutil
import signal
from pathlib import Path

from ansible_collections.oncall.runbooks.tests.lab import daemons, packages
from ansible_collections.oncall.runbooks.tests.lab.places import (
    HERE,
    LAB,
    LABEL,
    RUN,
    load,
    record,
    why_not,
)
from ansible_collections.oncall.runbooks.tests.lab.shell import (
    LabError,
    Skipped,
    output,
    run,
    succeeds,
    unmount,
    wait_for,
)

NAME = "dockerd"
DATA = LAB / "docker"
EXEC_ROOT = RUN / "docker"
SOCKET = Path("/var/run/docker.sock")
RUNTIME = HERE / "images" / "runc-lab"


def answers() -> bool:
    return shutil.which("docker") is not None and succeeds("docker", "info", seconds=20)


def ours() -> bool:
    return daemons.pid_of(NAME) is not None


def up() -> None:
    if not answers():
        _start()
    if ours():
        _mend_bridge()
    state = {"ours": ours(), "version": output("docker", "version", "-f", "{{.Server.Version}}")}
    record(docker=state)


def _start() -> None:
    if "DOCKER_HOST" in os.environ:
        raise Skipped(f"the Docker engine at {os.environ['DOCKER_HOST']} does not answer")
    if reason := why_not():
        raise Skipped(f"no Docker engine answers, and to start one: {reason}")
    packages.need("docker.io", "iptables")
    # On a system with services the package has just started one.
    with contextlib.suppress(LabError):
        wait_for("the packaged engine", answers, seconds=5 if _has_services() else 0.1)
        return
    daemons.stop(NAME)
    _clear_leftovers()
    runtime = LAB / "bin" / RUNTIME.name
    runtime.parent.mkdir(parents=True, exist_ok=True)
    # A copy: the checkout may go while the engine runs.
    shutil.copy2(RUNTIME, runtime)
    daemons.start(
        NAME,
        *("dockerd", "--data-root", DATA, "--exec-root", EXEC_ROOT),
        *("--pidfile", RUN / "dockerd.pid", "--host", f"unix://{SOCKET}"),
        *("--add-runtime", f"lab={runtime}", "--default-runtime", "lab"),
        # Logs of containers that crash in a loop must not fill the disk.
        *("--log-opt", "max-size=10m", "--log-opt", "max-file=2"),
    )
    wait_for("the Docker engine", lambda: daemons.alive(NAME) and answers(), seconds=60)


def address() -> str:
    """Of the engine's bridge: reached from this machine and its containers only; or empty."""
    form = '{{index .Options "com.docker.network.bridge.name"}}'
    bridge = output("docker", "network", "inspect", "bridge", "-f", form)
    shown = run("ip", "-json", "-4", "address", "show", "dev", bridge, check=False)
    found = json.loads(shown.stdout) if shown.returncode == 0 else []
    return str(found[0]["addr_info"][0]["local"]) if found and found[0].get("addr_info") else ""


def _mend_bridge() -> None:
    """A bridge that somebody removed comes back without a restart, which would end all containers."""
    if address():
        return
    subnet = output(
        "docker", "network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Subnet}}"
    )
    network = ipaddress.ip_network(subnet)
    own = f"{next(network.hosts())}/{network.prefixlen}"
    run("ip", "link", "add", "docker0", "type", "bridge", check=False)
    run("ip", "address", "replace", own, "dev", "docker0")
    run("ip", "link", "set", "docker0", "up")


def _has_services() -> bool:
    return Path("/run/systemd/system").is_dir()


def _clear_leftovers() -> None:
    """What a killed engine leaves: its containerd, shims, sockets, and files with process ids."""
    for pid in _processes_below(EXEC_ROOT):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    unmount(EXEC_ROOT, DATA)
    shutil.rmtree(EXEC_ROOT, ignore_errors=True)
    (RUN / "dockerd.pid").unlink(missing_ok=True)
    SOCKET.unlink(missing_ok=True)


def _processes_below(folder: Path) -> list[int]:
    """Those with the folder in their arguments: containerd and its shims of our engine."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0")
            program = Path(os.fsdecode(words[0])).name
            if program.startswith("containerd") and any(
                os.fsencode(folder) in word for word in words
            ):
                found.append(int(entry.name))
    return found


def remove_labelled() -> None:
    """Containers, networks and volumes of the lab; nothing else."""
    marked = f"label={LABEL}"
    for kind, listing, removal in (
        ("container", ["ls", "-aq"], ["rm", "-f", "-v"]),
        ("network", ["ls", "-q"], ["rm"]),
        ("volume", ["ls", "-q"], ["rm", "-f"]),
    ):
        names = output("docker", kind, *listing, "--filter", marked).split()
        if names:
            run("docker", kind, *removal, *names, check=False)


def down() -> None:
    if answers():
        remove_labelled()
    if ours():
        # Those of Kubernetes, too: nothing else runs in an engine of our own.
        names = output("docker", "ps", "-aq").split()
        if names:
            run("docker", "rm", "-f", "-v", *names, check=False)
        daemons.stop(NAME, seconds=30)
        _clear_leftovers()
    record(docker=None)


def status() -> str:
    if not answers():
        return "stopped"
    kept = load().get("docker", {})
    return f"running, {'our own' if ours() else 'the one that was here'}, {kept.get('version', '')}"

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small process manager and the services it keeps, without root and without Docker.

    python tests/lab/services.py make    --dir DIR NAME [--needs HOST:PORT] [--replicas N] [--program FILE]
    python tests/lab/services.py release --dir DIR NAME RELEASE [--behaviour fine|crash|sick|hang]
    python tests/lab/services.py start|stop|restart|status|logs --dir DIR NAME
    python tests/lab/services.py switch  --dir DIR NAME RELEASE      another release, then a restart
    python tests/lab/services.py scale   --dir DIR NAME NUMBER
    python tests/lab/services.py memory  --dir DIR NAME              bytes of each instance
    python tests/lab/services.py limit   --dir DIR NAME BYTES        of memory, which nobody enforces
    python tests/lab/services.py set     --dir DIR NAME KEY VALUE    maintenance or processing
    python tests/lab/services.py set     --dir DIR NAME KEY VALUE    maintenance, processing or polling

A service is a supervisor with real processes, each an HTTP server (tests/lab/service.py). The
supervisor starts again what ended, counts it, and writes what it knows to `state.json`.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
PROGRAM = Path(__file__).with_name("service.py")
# What ends so soon after its start is a crash; from so many in a row on it waits longer.
SOON_S = 3.0
PATIENCE = 3


def folder_of(directory: Path, name: str) -> Path:
    return directory.resolve() / name


def read(path: Path, otherwise: Any = None) -> Any:
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return otherwise


def write(path: Path, value: Any) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(value))
    temporary.replace(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def moment(seconds: float) -> str:
    at = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def make(
    directory: Path, name: str, needs: str = "", replicas: int = 1, program: Path = PROGRAM
) -> int:
    """A service with one release, not started; its port."""
    folder = folder_of(directory, name)
    folder.mkdir(parents=True)
    port = free_port()
    write(folder / "service.json", {"port": port, "needs": needs, "program": str(program)})
    write(folder / "wanted.json", replicas)
    release(directory, name, "1")
    (folder / "current").symlink_to("releases/1")
    return port


def release(directory: Path, name: str, label: str, behaviour: str = "fine") -> None:
    place = folder_of(directory, name) / "releases" / label
    place.mkdir(parents=True, exist_ok=True)
    write(place / "release.json", {"behaviour": behaviour, "since": time.time()})


def supervisor(folder: Path) -> int | None:
    """The process id of a live one."""
    known = read(folder / "supervisor.json")
    if known:
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{known}/cmdline").read_bytes()
            if b"supervise" in command and str(folder.name).encode() in command:
                return int(known)
    return None


def start(directory: Path, name: str) -> None:
    folder = folder_of(directory, name)
    if supervisor(folder):
        return
    (folder / "state.json").unlink(missing_ok=True)
    supervise_it = [sys.executable, __file__, "supervise", "--dir", str(directory.resolve()), name]
    with (folder / "log").open("ab") as log:
        # It must outlive us, and nobody waits for it.
        subprocess.run(
            ["setsid", "--fork", *supervise_it],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=True,
        )
    wait_for(lambda: read(folder / "state.json") is not None, 10)


def stop(directory: Path, name: str) -> None:
    folder = folder_of(directory, name)
    pid = supervisor(folder)
    if pid:
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: supervisor(folder) is None, 10)
    write(folder / "state.json", {"instances": []})


def wait_for(done: Any, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not done():
        if time.monotonic() > ends:
            raise SystemExit(f"not within {seconds} s")
        time.sleep(0.05)


def switch(directory: Path, name: str, label: str) -> None:
    """The link is renamed over the old one: there is no moment without a release."""
    folder = folder_of(directory, name)
    if not (folder / "releases" / label).is_dir():
        raise SystemExit(f"release {label} is not there")
    new = folder / f".current.{os.getpid()}"
    new.symlink_to(f"releases/{label}")
    new.replace(folder / "current")
    stop(directory, name)
    start(directory, name)


def set_key(directory: Path, name: str, key: str, value: str) -> None:
    write(folder_of(directory, name) / f"{key}.json", value)


def status(directory: Path, name: str) -> dict[str, Any]:
    """The document that the platform 'command' takes for a reading."""
    folder = folder_of(directory, name)
    running = supervisor(folder) is not None
    state = read(folder / "state.json", {"instances": []})
    instances = state["instances"] if running else []
    if not running:
        instances = [{"name": f"{name}-1", "state": "stopped"}]
    releases = sorted(
        (
            {"name": path.parent.name, "since": moment(read(path)["since"])}
            for path in folder.glob("releases/*/release.json")
        ),
        key=lambda one: one["since"],
        reverse=True,
    )
    return {
        "instances": instances,
        "desired": read(folder / "wanted.json"),
        "releases": releases,
        "current": (folder / "current").readlink().name,
        "limits": {"memory_bytes": read(folder / "limit.json")},
    }


def memory(directory: Path, name: str) -> dict[str, int]:
    """What each instance has resident."""
    pids = read(folder_of(directory, name) / "pids.json", {})
    found = {}
    for instance, pid in pids.items():
        with contextlib.suppress(OSError):
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            found[instance] = pages * os.sysconf("SC_PAGE_SIZE")
    return found


class Instance:
    """One process, started again when it ends."""

    def __init__(self, folder: Path, number: int) -> None:
        self.folder = folder
        self.number = number
        self.restarts = 0
        self.quick = 0
        self.exit_code: int | None = None
        self.not_before = 0.0
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0

    def look(self) -> None:
        if self.process is None:
            if time.monotonic() >= self.not_before:
                self.begin()
            return
        code = self.process.poll()
        if code is None:
            return
        self.exit_code, self.process = code, None
        self.restarts += 1
        self.quick = self.quick + 1 if time.time() - self.started < SOON_S else 0
        self.not_before = time.monotonic() + min(2.0, 0.1 * 2**self.quick)

    def begin(self) -> None:
        service = read(self.folder / "service.json")
        place = (self.folder / "current").resolve()
        # Each instance but the first has a port of its own, after the service's.
        port = service["port"] if self.number == 1 else 0
        self.started = time.time()
        self.process = subprocess.Popen(
            [
                sys.executable,
                service["program"],
                str(self.folder),
                str(place),
                str(port),
                service["needs"],
            ],
            stdin=subprocess.DEVNULL,
        )

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def told(self) -> dict[str, Any]:
        running = self.process is not None
        state = "running" if running and self.quick < PATIENCE else "restarting"
        return {
            "name": f"{self.folder.name}-{self.number}",
            "state": state,
            "started_at": moment(self.started),
            "restarts": self.restarts,
            "exit_code": self.exit_code,
            "release": (self.folder / "current").readlink().name,
        }


def supervise(directory: Path, name: str) -> None:
    folder = folder_of(directory, name)
    write(folder / "supervisor.json", os.getpid())
    going = True

    def leave(_signal: int, _frame: object) -> None:
        nonlocal going
        going = False

    signal.signal(signal.SIGTERM, leave)
    instances: list[Instance] = []
    while going:
        wanted = int(read(folder / "wanted.json", 1))
        while len(instances) < wanted:
            instances.append(Instance(folder, len(instances) + 1))
        while len(instances) > wanted:
            instances.pop().end()
        for instance in instances:
            instance.look()
        pids = {one.told()["name"]: one.process.pid for one in instances if one.process}
        write(folder / "pids.json", pids)
        write(folder / "state.json", {"instances": [one.told() for one in instances]})
        time.sleep(0.1)
    for instance in instances:
        instance.end()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("verb")
    parser.add_argument("name")
    parser.add_argument("values", nargs="*")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--needs", default="")
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--program", type=Path, default=PROGRAM)
    parser.add_argument("--behaviour", default="fine", choices=["fine", "crash", "sick", "hang"])
    given = parser.parse_args()
    directory, name = given.dir, given.name
    if given.verb == "make":
        print(make(directory, name, given.needs, given.replicas, given.program.resolve()))
    elif given.verb == "release":
        release(directory, name, given.values[0], given.behaviour)
    elif given.verb in ("status", "memory"):
        print(json.dumps({"status": status, "memory": memory}[given.verb](directory, name)))
    elif given.verb == "logs":
        print("\n".join((folder_of(directory, name) / "log").read_text().splitlines()[-500:]))
    elif given.verb == "restart":
        stop(directory, name)
        start(directory, name)
    elif given.verb == "switch":
        switch(directory, name, given.values[0])
    elif given.verb in ("scale", "limit"):
        file = {"scale": "wanted", "limit": "limit"}[given.verb]
        write(folder_of(directory, name) / f"{file}.json", int(given.values[0]))
    elif given.verb == "set":
        set_key(directory, name, *given.values)
    elif given.verb == "get":
        print(read(folder_of(directory, name) / f"{given.values[0]}.json", "off"))
    else:
        {"start": start, "stop": stop, "supervise": supervise}[given.verb](directory, name)


if __name__ == "__main__":
    main()

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real queues on a laboratory's Redis: the npm package bullmq, kept in the cache, and a worker of it.

python tests/lab/bullmq.py add     --dir DIR [--jobs N]    DIR is a Redis of redis_server.py
python tests/lab/bullmq.py fail    --dir DIR --text TEXT   jobs fail with this text; none: they succeed
python tests/lab/bullmq.py start   --dir DIR               one more worker
python tests/lab/bullmq.py stop    --dir DIR               all of them
python tests/lab/bullmq.py restart --dir DIR
python tests/lab/bullmq.py scale   --dir DIR N
python tests/lab/bullmq.py status  --dir DIR               what the runbooks read as a workload
python tests/lab/bullmq.py ask     --dir DIR               what BullMQ itself says
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":  # a command of a catalog knows nothing of where collections lie
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".ansible" / "collections"))

from ansible_collections.oncall.runbooks.tests.lab import redis_server
from ansible_collections.oncall.runbooks.tests.lab.places import CACHE

VERSIONS = {5: "5.81.5", 6: "6.7.0"}
PROGRAM = Path(__file__).with_name("bull") / "queue.js"
INSTALL_S, READY_S = 180, 30.0
QUEUE = "email"


def missing() -> str:
    """What stands in the way; empty if nothing does."""
    return next(
        (f"{name} is not installed" for name in ("node", "npm") if not shutil.which(name)), ""
    )


def package(generation: int = 6) -> Path:
    """The folder of modules with that version; installed once, by npm, without running its scripts."""
    folder = CACHE / f"bullmq-{VERSIONS[generation]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "bullmq.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund"]
            what = ["--ignore-scripts", f"bullmq@{VERSIONS[generation]}", "ioredis@5"]
            subprocess.run(
                [*command, *what], check=True, capture_output=True, timeout=INSTALL_S, cwd=folder
            )
            (folder / "complete").touch()
    return folder / "node_modules"


def places() -> dict[Path, str]:
    """This machine's Node and its BullMQ, and where a container that has neither is given them."""
    node = Path(shutil.which("node") or "/usr/bin/node").resolve()
    program, modules = "/opt/webhooks/queue.js", "/opt/webhooks/node_modules"
    return {node: "/usr/bin/node", PROGRAM: program, package(): modules}


def carried() -> list[str]:
    """The same as arguments of `docker run`."""
    return [f"--volume={here}:{there}:ro" for here, there in places().items()]


def environment(server: redis_server.Server, generation: int) -> dict[str, str]:
    return {
        **os.environ,
        "NODE_PATH": str(package(generation)),
        "LAB_REDIS_PORT": str(server.port),
        "LAB_REDIS_PASSWORD": server.password,
    }


def tell(
    server: redis_server.Server, verb: str, *words: str, generation: int = 6
) -> dict[str, Any]:
    """BullMQ's own counts and whether it is paused, after it was told something."""
    return told(environment(server, generation), verb, *words)


def told(given: dict[str, str], verb: str, *words: str) -> dict[str, Any]:
    done = subprocess.run(
        ["node", str(PROGRAM), verb, QUEUE, *words],
        env=given,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return dict(json.loads(done.stdout))


def note(server: redis_server.Server, name: str, value: str | int | None) -> None:
    """`broken`: how jobs fail. `ms`: how long they take."""
    with server.client(db=1) as connection:
        connection.delete(name) if value is None else connection.set(name, value)


def ledger(server: redis_server.Server, name: str = "ledger") -> dict[str, int]:
    with server.client(db=1) as connection:
        return {key.decode(): int(value) for key, value in connection.hgetall(name).items()}


def _file(server: redis_server.Server) -> Path:
    return server.directory / "workers.json"


def workers(server: redis_server.Server) -> list[int]:
    """The processes that run now; another one may have the number by now."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for pid in json.loads(_file(server).read_text()):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                line = Path(f"/proc/{pid}/cmdline").read_bytes()
                state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
                if PROGRAM.name.encode() in line and state != "Z":
                    found.append(pid)
    return found


def start(server: redis_server.Server, many: int = 1, generation: int = 6) -> None:
    """Each is a child of nobody here: whoever started it may end before it does."""
    log = server.directory / "worker.log"
    log.touch()
    for _one in range(many):
        before, running = log.read_text().count("ready"), workers(server)
        done = subprocess.run(
            [
                "sh",
                "-c",
                '"$@" >> "$0" 2>&1 & echo $!',
                str(log),
                "node",
                str(PROGRAM),
                "work",
                QUEUE,
            ],
            env=environment(server, generation),
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
            cwd="/",
            text=True,
        )
        _file(server).write_text(json.dumps([*running, int(done.stdout)]))
        end = time.monotonic() + READY_S
        while log.read_text().count("ready") <= before:
            if time.monotonic() > end:
                raise redis_server.LabError(f"the worker does not start: {log.read_text()[-500:]}")
            time.sleep(0.05)


def stop(server: redis_server.Server, many: int | None = None) -> None:
    running = workers(server)
    chosen = running if many is None else running[:many]
    for word, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        for pid in set(chosen) & set(workers(server)):
            os.kill(pid, word)
        end = time.monotonic() + seconds
        while set(chosen) & set(workers(server)) and time.monotonic() < end:
            time.sleep(0.05)
    _file(server).write_text(json.dumps(workers(server)))


def scale(server: redis_server.Server, wanted: int) -> None:
    more = wanted - len(workers(server))
    if more > 0:
        start(server, more)
    elif more < 0:
        stop(server, -more)


def status(server: redis_server.Server) -> dict[str, Any]:
    """A workload, as a command of the catalog prints it."""
    names = [{"name": f"worker-{pid}", "state": "running"} for pid in workers(server)]
    return {
        "instances": names or [{"name": "worker", "state": "stopped"}],
        "desired": max(1, len(names)),
    }


def idle(server: redis_server.Server, seconds: float = 30.0) -> dict[str, Any]:
    """What BullMQ says when all that waited is done or has failed."""
    end = time.monotonic() + seconds
    while True:
        found = tell(server, "ask")
        if not found["waiting"] and not found["active"]:
            return found
        if time.monotonic() > end:
            raise redis_server.LabError(f"jobs are left: {found}")
        time.sleep(0.1)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    verbs = ("add", "fail", "start", "stop", "restart", "scale", "status", "ask", "wait")
    parser.add_argument("verb", choices=verbs)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=100)
    parser.add_argument("--text")
    parser.add_argument("number", type=int, nargs="?", default=1)
    options = parser.parse_intermixed_args(arguments)
    server = redis_server.load(options.dir)
    if options.verb in ("stop", "restart"):
        stop(server)
    if options.verb in ("start", "restart"):
        start(server)
    elif options.verb == "scale":
        scale(server, options.number)
    elif options.verb == "add":
        tell(server, "add", str(options.jobs))
    elif options.verb == "fail":
        note(server, "broken", options.text)
    elif options.verb == "status":
        print(json.dumps(status(server)))
    elif options.verb in ("ask", "wait"):
        print(json.dumps(idle(server) if options.verb == "wait" else tell(server, "ask")))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except redis_server.LabError as error:
        sys.exit(f"error: {error}")

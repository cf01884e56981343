# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small shop that really runs: an HTTP API, a worker, an indexer, and ways to break them.

    shop serve | work | index | chain      stays in the foreground; each answers HTTP on PORT
    shop pause | resume | status [QUEUE]   of processing; kept in Redis, else in STATE_DIR
    shop failed | clean | replay [QUEUE]   the jobs that went wrong
    shop maintenance on|off|status         for all who share the Redis or STATE_DIR
    shop smoke                             buys something and waits until it is delivered
    shop lag | ping | migrations           the indexer, its chain, the tables
    shop payments list | reconcile | process | add ID DESTINATION NANO     the ledger of the payouts

It is set by its environment (Settings below). What breaks it, by name: health, ready, errors,
slow, hang, memory, cpu, exit, jobs. `POST /break/NAME` lasts until the process ends,
`DELETE /break` mends; a name in STATE_DIR/break, in BREAK, or in the release stays.
"""

from __future__ import annotations

import collections
import contextlib
import importlib
import json
import os
import queue
import signal
import socket
import statistics
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

HERE = Path(__file__).resolve().parent
SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id bigserial PRIMARY KEY, customer text NOT NULL, cents integer NOT NULL,
    state text NOT NULL DEFAULT 'new', created_at timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz);
CREATE TABLE IF NOT EXISTS blocks (
    height bigint PRIMARY KEY, indexed_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS payouts (
    id text PRIMARY KEY, destination text NOT NULL, value bigint NOT NULL, comment text NOT NULL,
    status text NOT NULL DEFAULT 'new', sent_at bigint, valid_until bigint, added bigserial);
"""
TRUE = ("1", "true", "yes", "on")


def _flag(name: str) -> bool:
    return os.environ.get(name, "").lower() in TRUE


def _number(name: str, default: float) -> float:
    return float(os.environ.get(name) or default)


def _release() -> dict[str, Any]:
    path = HERE / "release.json"
    return dict(json.loads(path.read_text())) if path.exists() else {"version": "v0"}


@dataclass(frozen=True)
class Settings:
    """Everything that the environment decides, with what holds without it."""

    name: str = field(default_factory=lambda: os.environ.get("SERVICE_NAME", "shop"))
    port: int = field(default_factory=lambda: int(_number("PORT", 8080)))
    database_url: str = field(default_factory=lambda: os.environ.get("DATABASE_URL", ""))
    pool_max: int = field(default_factory=lambda: int(_number("DATABASE_POOL_MAX", 5)))
    redis_url: str = field(default_factory=lambda: os.environ.get("REDIS_URL", ""))
    queue: str = field(default_factory=lambda: os.environ.get("QUEUE", "jobs"))
    job_seconds: float = field(default_factory=lambda: _number("JOB_SECONDS", 0))
    maintenance: bool = field(default_factory=lambda: _flag("MAINTENANCE_MODE"))
    # Requests a minute from one client; 0 is no limit.
    rate_limit: int = field(default_factory=lambda: int(_number("RATE_LIMIT", 0)))
    emergency: bool = field(default_factory=lambda: _flag("RATE_LIMIT_EMERGENCY"))
    cache_ttl: int = field(default_factory=lambda: int(_number("CACHE_TTL", 60)))
    chain_url: str = field(default_factory=lambda: os.environ.get("RPC_URL", ""))
    # Blocks that the indexer takes in a second.
    index_rate: int = field(default_factory=lambda: int(_number("INDEX_RATE", 50)))
    # What payouts are sent over, and from; without a wallet there are none.
    ton_url: str = field(default_factory=lambda: os.environ.get("TON_URL", ""))
    wallet: str = field(default_factory=lambda: os.environ.get("WALLET", ""))
    api_url: str = field(default_factory=lambda: os.environ.get("API_URL", ""))
    log_file: str = field(default_factory=lambda: os.environ.get("LOG_FILE", ""))
    state_dir: Path = field(
        default_factory=lambda: Path(os.environ.get("STATE_DIR", "/var/lib/shop"))
    )
    release: dict[str, Any] = field(default_factory=_release)


class Down(Exception):
    """Something that we need does not answer."""


class Redis:
    """As much of the protocol as a shop needs; each call has a connection of its own."""

    def __init__(self, url: str, timeout: float = 2.0) -> None:
        parts = urllib.parse.urlsplit(url)
        self.address = (parts.hostname or "127.0.0.1", parts.port or 6379)
        self.password = parts.password
        self.timeout = timeout

    def __call__(self, *words: object) -> Any:
        try:
            with socket.create_connection(self.address, self.timeout) as line:
                stream = line.makefile("rwb")
                if self.password:
                    self._ask(stream, "AUTH", self.password)
                return self._ask(stream, *words)
        except OSError as error:
            raise Down(f"redis does not answer: {error}") from error

    def _ask(self, stream: Any, *words: object) -> Any:
        parts = [str(word).encode() for word in words]
        stream.write(b"*%d\r\n" % len(parts))
        stream.write(b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))
        stream.flush()
        return self._read(stream)

    def _read(self, stream: Any) -> Any:
        head = stream.readline()
        kind, rest = head[:1], head[1:].strip()
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else stream.read(int(rest) + 2)[:-2].decode()
        if kind == b"*":
            return [self._read(stream) for _each in range(max(int(rest), 0))]
        raise Down(f"redis refuses: {rest.decode() or 'the connection ended'}")


def _ended(connection: psycopg.Connection[Any]) -> bool:
    return bool(connection.closed)


class Pool:
    """Holds as many real connections as it may, all the time, as many shops do."""

    def __init__(self, url: str, size: int, name: str) -> None:
        self.url, self.size, self.name = url, size, name
        self.free: queue.LifoQueue[psycopg.Connection[Any]] = queue.LifoQueue()
        self.held = 0
        self.error = "none yet"
        threading.Thread(target=self._fill, daemon=True).start()

    def _open(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            self.url, autocommit=True, connect_timeout=2, application_name=self.name
        )

    def _fill(self) -> None:
        while True:
            try:
                while self.held < self.size:
                    connection = self._open()
                    if not self.held:
                        with connection.transaction():
                            connection.execute("SELECT pg_advisory_xact_lock(7)")
                            connection.execute(SCHEMA)
                    self.free.put(connection)
                    self.held += 1
            except psycopg.Error as error:
                if str(error) != self.error:
                    self.error = str(error).strip()
                    log("ERROR", f"database: {self.error}")
            time.sleep(0.3)

    @contextlib.contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        end = time.monotonic() + 2
        while True:
            try:
                connection = self.free.get(timeout=max(end - time.monotonic(), 0.01))
            except queue.Empty:
                raise Down(f"no database connection: {self.error}") from None
            # The server may have ended it while it lay here.
            with contextlib.suppress(psycopg.Error):
                connection.execute("SELECT 1")
            if not _ended(connection):
                break
            self.held -= 1
        try:
            yield connection
        except psycopg.OperationalError as error:
            raise Down(f"database: {error}") from error
        finally:
            if _ended(connection):
                self.held -= 1
            else:
                self.free.put(connection)


SETTINGS = Settings()


def log(level: str, text: str) -> None:
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    line = f"{moment}Z {level} {SETTINGS.name} {text}"
    print(line, flush=True)
    if SETTINGS.log_file:
        with contextlib.suppress(OSError), Path(SETTINGS.log_file).open("a") as file:
            file.write(line + "\n")


# ---------------------------------------------------------------- what is kept for all


class Memory:
    """Small facts that all processes of the shop share: in Redis, else in files."""

    def __init__(self, settings: Settings) -> None:
        self.redis = Redis(settings.redis_url) if settings.redis_url else None
        self.folder = settings.state_dir

    def get(self, name: str) -> bool:
        if self.redis:
            return self.redis("GET", f"state:{name}") is not None
        return (self.folder / name).exists()

    def set(self, name: str, value: bool) -> None:
        if self.redis:
            self.redis(*(("SET", f"state:{name}", 1) if value else ("DEL", f"state:{name}")))
        elif value:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / name).touch()
        else:
            (self.folder / name).unlink(missing_ok=True)


class Faults:
    """What is broken at the moment, and why it acts broken."""

    def __init__(self, settings: Settings) -> None:
        self.file = settings.state_dir / "break"
        lasting = [*settings.release.get("break", []), *os.environ.get("BREAK", "").split(",")]
        self.lasting = {name.strip() for name in lasting if name.strip()}
        self.passing: set[str] = set()
        self.hoard: list[bytes] = []

    def __contains__(self, name: str) -> bool:
        return name in self.lasting or name in self.passing or name in self._from_file()

    def _from_file(self) -> list[str]:
        try:
            return self.file.read_text().split()
        except OSError:
            return []

    def watch(self) -> None:
        """The faults that need no request to show."""
        while True:
            if "exit" in self:
                log("FATAL", "cannot go on: the setting PAYMENT_PROVIDER is missing")
                os._exit(1)
            if "memory" in self:
                self.hoard.append(os.urandom(1024) * 8 * 1024)
            if "cpu" in self:
                end = time.monotonic() + 0.1
                while time.monotonic() < end:
                    pass
            else:
                time.sleep(0.1)


# ---------------------------------------------------------------- the application


class Shop:
    """State of one process, and what its pages answer."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.faults = Faults(settings)
        self.redis = Redis(settings.redis_url) if settings.redis_url else None
        self.memory = Memory(settings)
        self.pool = (
            Pool(settings.database_url, settings.pool_max, settings.name)
            if settings.database_url
            else None
        )
        self.errors: collections.deque[dict[str, str]] = collections.deque(maxlen=200)
        self.durations: collections.deque[float] = collections.deque(maxlen=1000)
        self.statuses: collections.Counter[int] = collections.Counter()
        self.started = time.time()
        self.extra: Callable[[], dict[str, Any]] = dict

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        if not self.pool:
            raise Down("no database is configured")
        with self.pool.connection() as connection:
            cursor = connection.execute(sql.encode(), values)
            return cursor.fetchall() if cursor.description else []

    def checks(self) -> dict[str, str]:
        """Each dependency and what is wrong with it; an empty text is well."""
        found = {"self": "broken by release or by hand" if "health" in self.faults else ""}
        tries: dict[str, Callable[[], Any]] = {}
        if self.pool:
            tries["database"] = lambda: self.query("SELECT 1")
        if self.redis:
            tries["redis"] = partial(self.redis, "PING")
        for name, attempt in tries.items():
            try:
                attempt()
                found[name] = ""
            except Down as error:
                found[name] = str(error)
        return found

    # Pages. Each returns a status and what becomes its JSON.

    def health(self) -> tuple[int, Any]:
        checks = self.checks()
        status = 200 if not any(checks.values()) else 500 if checks["self"] else 503
        shown = {name: wrong or "ok" for name, wrong in checks.items()}
        return status, {
            "status": "ok" if status == 200 else "failing",
            "version": self.settings.release["version"],
            "checks": shown,
            **self.extra(),
        }

    def ready(self) -> tuple[int, Any]:
        wrong = [name for name, text in self.checks().items() if text]
        if "ready" in self.faults:
            wrong.append("readiness")
        return (503 if wrong else 200), {"ready": not wrong, "waits_for": wrong}

    def performance(self) -> tuple[int, Any]:
        taken = sorted(self.durations) or [0.0]
        at = [taken[min(int(len(taken) * part), len(taken) - 1)] for part in (0.5, 0.95, 0.99)]
        total = sum(self.statuses.values()) or 1
        bad = sum(count for status, count in self.statuses.items() if status >= 500)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return 200, {
            "p50_ms": round(at[0] * 1000, 1),
            "p95_ms": round(at[1] * 1000, 1),
            "p99_ms": round(at[2] * 1000, 1),
            "mean_ms": round(statistics.fmean(taken) * 1000, 1),
            "requests": sum(self.statuses.values()),
            "error_rate": round(bad / total, 4),
            "memory_mb": round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1),
            "uptime_s": round(time.time() - self.started),
        }

    def new_order(self, body: dict[str, Any]) -> tuple[int, Any]:
        sql = "INSERT INTO orders (customer, cents) VALUES (%s, %s) RETURNING id"
        number = self.query(sql, body.get("customer", "somebody"), body.get("cents", 100))[0][0]
        if self.redis:
            job = {"order": number, "queued_at": time.time()}
            self.redis("RPUSH", self.settings.queue, json.dumps(job))
        return 201, {"order": number}

    def order(self, number: str) -> tuple[int, Any]:
        key = f"cache:order:{number}"
        if self.redis and (cached := self.redis("GET", key)):
            return 200, json.loads(cached)
        rows = self.query("SELECT customer, cents, state FROM orders WHERE id = %s", number)
        if not rows:
            return 404, {"error": "no such order"}
        found = dict(zip(("customer", "cents", "state"), rows[0], strict=True))
        if self.redis and found["state"] == "delivered":
            self.redis("SET", key, json.dumps(found), "EX", self.settings.cache_ttl)
        return 200, found

    def too_many(self, client: str) -> bool:
        limit = 5 if self.settings.emergency else self.settings.rate_limit
        if not limit or not self.redis:
            return False
        key = f"rate_limit:{client}"
        used = self.redis("INCR", key)
        if used == 1:
            self.redis("EXPIRE", key, 60)
        return int(used) > limit

    def product(self, method: str, path: str, client: str, body: Any) -> tuple[int, Any]:
        """What customers come for; the pages for operators answer without these gates."""
        if self.settings.maintenance or self.memory.get("maintenance"):
            return 503, {"error": "maintenance"}
        if self.too_many(client):
            log("WARN", f"rate limit exceeded for {client}")
            return 429, {"error": "too many requests"}
        if "slow" in self.faults:
            time.sleep(3)
        if "errors" in self.faults:
            raise RuntimeError("an order got lost between two services")
        if method == "POST" and path == "/orders":
            return self.new_order(body)
        if path == "/orders":
            return 200, {"orders": self.query("SELECT count(*) FROM orders")[0][0]}
        if path.startswith("/orders/") and path[8:].isdigit():
            return self.order(path[8:])
        if path == "/":
            return 200, {"shop": self.settings.name, "version": self.settings.release["version"]}
        return 404, {"error": "no such page"}

    def page(self, method: str, path: str, client: str, body: Any) -> tuple[int, Any]:
        if "hang" in self.faults:
            time.sleep(3600)
        pages: dict[str, Callable[[], tuple[int, Any]]] = {
            "/health": self.health,
            "/ready": self.ready,
            "/live": lambda: (200, {"live": True}),
            "/version": lambda: (200, self.settings.release),
            "/errors": lambda: (200, {"errors": list(self.errors)}),
            "/performance/status": self.performance,
            **CHAIN_PAGES,
        }
        if method == "GET" and path in pages:
            return pages[path]()
        if path == "/break" or path.startswith("/break/"):
            if method == "DELETE":
                self.faults.passing.clear()
                self.faults.hoard.clear()
            elif path[7:]:
                self.faults.passing.add(path[7:])
            return 200, {"broken": sorted(self.faults.passing | self.faults.lasting)}
        return self.product(method, path, client, body)


CHAIN_PAGES: dict[str, Callable[[], tuple[int, Any]]] = {}


class Handler(BaseHTTPRequestHandler):
    """From a request to a page, with a line in the log."""

    shop: Shop
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """The library's own lines; ours are written in _answer."""

    def _answer(self) -> None:
        began = time.monotonic()
        path = urllib.parse.urlsplit(self.path).path
        client = self.headers.get("X-Forwarded-For") or self.client_address[0]
        length = int(self.headers.get("Content-Length") or 0)
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
            status, content = self.shop.page(self.command, path, client, body)
        except Down as error:
            status, content = 503, {"error": str(error)}
        except Exception as error:
            status, content = 500, {"error": f"{type(error).__name__}: {error}"}
        took = time.monotonic() - began
        if status >= 500:
            moment = datetime.now(UTC).isoformat()
            self.shop.errors.appendleft({"at": moment, "path": path, **_text(content)})
        if path not in ("/health", "/ready", "/live", "/performance/status"):
            self.shop.durations.append(took)
            self.shop.statuses[status] += 1
        level = "ERROR" if status >= 500 else "INFO"
        slow = " slow request" if took > 1 else ""
        reason = f" {json.dumps(content)}" if status >= 500 else ""
        log(level, f"{self.command} {path} {status} {took * 1000:.0f}ms {client}{slow}{reason}")
        data = json.dumps(content).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status in (429, 503):
            self.send_header("Retry-After", "30")
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(data)

    do_GET = do_POST = do_DELETE = do_PUT = _answer


def _text(content: Any) -> dict[str, str]:
    return {key: str(value) for key, value in content.items()}


# ---------------------------------------------------------------- worker, indexer, chain


class Jobs:
    """A queue in Redis: waiting, in hand, failed."""

    def __init__(self, settings: Settings, name: str = "") -> None:
        self.redis = Redis(settings.redis_url)
        self.memory = Memory(settings)
        self.name = name or settings.queue

    def take(self) -> str | None:
        found = self.redis("LMOVE", self.name, f"{self.name}:active", "LEFT", "RIGHT")
        return None if found is None else str(found)

    def finish(self, job: str) -> None:
        self.redis("LREM", f"{self.name}:active", 1, job)

    def fail(self, job: str, reason: str) -> None:
        record = {**json.loads(job), "error": reason, "failed_at": time.time()}
        self.redis("RPUSH", f"{self.name}:failed", json.dumps(record))
        self.finish(job)

    def paused(self) -> bool:
        return self.memory.get(f"paused:{self.name}")

    def status(self) -> dict[str, Any]:
        parts = {"waiting": "", "active": ":active", "failed": ":failed"}
        counts = {word: self.redis("LLEN", self.name + end) for word, end in parts.items()}
        oldest = self.redis("LINDEX", self.name, 0)
        age = time.time() - json.loads(oldest).get("queued_at", 0) if oldest else 0
        return {
            "queue": self.name,
            "paused": self.paused(),
            **counts,
            "oldest_s": round(age, 1),
            "delivered": int(self.redis("GET", f"{self.name}:delivered") or 0),
        }


def work(shop: Shop) -> None:
    """Deliver what was ordered, one job after the other."""
    jobs = Jobs(shop.settings)
    log("INFO", f"worker takes jobs from {jobs.name}")
    while True:
        try:
            job = None if jobs.paused() else jobs.take()
            if job is None:
                time.sleep(0.2)
                continue
            _deliver(shop, jobs, job)
        except Down as error:
            log("ERROR", f"worker waits: {error}")
            time.sleep(1)


def _deliver(shop: Shop, jobs: Jobs, job: str) -> None:
    try:
        time.sleep(shop.settings.job_seconds)
        if "jobs" in shop.faults:
            raise RuntimeError("the mail provider answered 429")
        number = json.loads(job)["order"]
        sql = "UPDATE orders SET state = 'delivered', delivered_at = now() WHERE id = %s"
        shop.query(sql, number)
        jobs.finish(job)
        jobs.redis("INCR", f"{jobs.name}:delivered")
        log("INFO", f"delivered order {number}")
    except Down:
        # Not the job's fault: back to the front.
        jobs.redis("LPUSH", jobs.name, job)
        jobs.finish(job)
        raise
    except Exception as error:
        log("ERROR", f"job failed: {error}")
        jobs.fail(job, f"{type(error).__name__}: {error}")


LEDGER = "SELECT id, destination, value::text, comment, status, sent_at, valid_until FROM payouts ORDER BY added"
ENTER = """INSERT INTO payouts (id, destination, value, comment, status, sent_at, valid_until)
    VALUES (%(id)s, %(destination)s, %(value)s, %(comment)s, %(status)s, %(sent_at)s, %(valid_until)s)
    ON CONFLICT (id) DO UPDATE
    SET status = excluded.status, sent_at = excluded.sent_at, valid_until = excluded.valid_until"""


def payouts_of(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LEDGER).fetchall()


@contextlib.contextmanager
def ledger(settings: Settings) -> Iterator[dict[str, Any]]:
    """The books of payments.py in the database: one at a time, and kept when they are left."""
    with psycopg.connect(settings.database_url, connect_timeout=3) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(8)")
        found = payouts_of(connection)
        before = [dict(one) for one in found]
        yield {"url": settings.ton_url, "wallet": settings.wallet, "payments": found}
        for one in found:
            if one not in before:
                connection.execute(ENTER, {"sent_at": None, "valid_until": None, **one})


def books() -> Any:
    """payments.py, which lies beside the shop where that is installed."""
    return importlib.import_module("payments")


def pay(shop: Shop) -> None:
    """The payouts of the ledger, one after the other, from the wallet."""
    paused = f"paused:{shop.settings.queue}"
    while True:
        try:
            books().step(partial(ledger, shop.settings), shop.memory.get(paused))
        except (Down, psycopg.Error) as error:
            log("ERROR", f"payouts wait: {error}")
        time.sleep(0.3)


def chain_height(url: str) -> int:
    try:
        with urllib.request.urlopen(f"{url}/height", timeout=2) as answer:
            return int(json.load(answer)["height"])
    except (OSError, ValueError) as error:
        raise Down(f"the chain does not answer: {error}") from error


def indexed_height(shop: Shop) -> int:
    return int(shop.query("SELECT coalesce(max(height), 0) FROM blocks")[0][0])


def index(shop: Shop) -> None:
    """Follow the chain, block by block."""
    memory, paused = shop.memory, f"paused:{shop.settings.queue}"
    while True:
        try:
            head, done = chain_height(shop.settings.chain_url), indexed_height(shop)
            if not memory.get(paused) and head > done:
                until = min(head, done + shop.settings.index_rate)
                sql = "INSERT INTO blocks SELECT generate_series(%s::int, %s::int) ON CONFLICT DO NOTHING"
                shop.query(sql, done + 1, until)
            log("INFO", f"indexer lag {head - indexed_height(shop)} blocks at {head}")
        except Down as error:
            log("ERROR", f"indexer waits: {error}")
        time.sleep(1)


def lag(shop: Shop) -> dict[str, Any]:
    try:
        head, done = chain_height(shop.settings.chain_url), indexed_height(shop)
    except Down as error:
        return {"lag": None, "why": str(error)}
    return {"chain": head, "indexed": done, "lag": head - done}


def chain(shop: Shop) -> None:
    """A chain that grows by a block a second from 1000; BREAK=height stops it."""
    state = {"height": 1000}
    CHAIN_PAGES["/height"] = lambda: (200, dict(state))
    while True:
        time.sleep(1)
        if "height" not in shop.faults:
            state["height"] += 1


# ---------------------------------------------------------------- commands


def _show(content: Any) -> int:
    print(json.dumps(content))
    return 0


def pause(settings: Settings, *words: str) -> int:
    Memory(settings).set(f"paused:{words[0] if words else settings.queue}", True)
    return status(settings, *words)


def resume(settings: Settings, *words: str) -> int:
    Memory(settings).set(f"paused:{words[0] if words else settings.queue}", False)
    return status(settings, *words)


def status(settings: Settings, *words: str) -> int:
    name = words[0] if words else settings.queue
    if settings.redis_url:
        return _show(Jobs(settings, name).status())
    return _show({"queue": name, "paused": Memory(settings).get(f"paused:{name}")})


def failed(settings: Settings, *words: str) -> int:
    jobs = Jobs(settings, words[0] if words else "")
    return _show([json.loads(job) for job in jobs.redis("LRANGE", f"{jobs.name}:failed", 0, 99)])


def clean(settings: Settings, *words: str) -> int:
    jobs = Jobs(settings, words[0] if words else "")
    return _show({"cleaned": jobs.redis("DEL", f"{jobs.name}:failed")})


def replay(settings: Settings, *words: str) -> int:
    """Failed jobs once more; `--dry-run` only counts."""
    names = [word for word in words if not word.startswith("--")]
    jobs = Jobs(settings, names[0] if names else "")
    count = jobs.redis("LLEN", f"{jobs.name}:failed")
    if "--dry-run" not in words:
        for _each in range(count):
            jobs.redis("LMOVE", f"{jobs.name}:failed", jobs.name, "LEFT", "RIGHT")
    return _show({"replayed": 0 if "--dry-run" in words else count, "failed": count})


def maintenance(settings: Settings, *words: str) -> int:
    memory = Memory(settings)
    if words[:1] in (("on",), ("off",)):
        memory.set("maintenance", words[0] == "on")
    return _show({"maintenance": memory.get("maintenance")})


def smoke(settings: Settings, *words: str) -> int:
    """The path that must work: an order is taken, and delivered."""
    base = words[0] if words else settings.api_url or f"http://127.0.0.1:{settings.port}"
    request = urllib.request.Request(f"{base}/orders", b'{"customer": "smoke"}', method="POST")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            number = json.load(answer)["order"]
        end = time.monotonic() + 15
        while time.monotonic() < end:
            with urllib.request.urlopen(f"{base}/orders/{number}", timeout=5) as answer:
                if json.load(answer)["state"] == "delivered":
                    return _show({"smoke": "ok", "order": number})
            time.sleep(0.2)
    except (OSError, ValueError, KeyError) as error:
        _show({"smoke": "failed", "why": str(error)})
        return 1
    _show({"smoke": "failed", "why": f"order {number} is not delivered"})
    return 1


def migrations(settings: Settings, *words: str) -> int:
    with psycopg.connect(settings.database_url, connect_timeout=3) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted(row[0] for row in rows)
    return _show(
        {"tables": tables, "pending": sorted({"orders", "blocks", "payouts"} - set(tables))}
    )


def payments(settings: Settings, *words: str) -> int:
    if words[0] == "list":
        with psycopg.connect(settings.database_url, connect_timeout=3) as connection:
            return _show(payouts_of(connection))
    return int(books().answer(partial(ledger, settings), *words))


def ping(settings: Settings, *words: str) -> int:
    return _show({"height": chain_height(settings.chain_url)})


def show_lag(settings: Settings, *words: str) -> int:
    with psycopg.connect(settings.database_url, connect_timeout=3) as connection:
        row = connection.execute("SELECT coalesce(max(height), 0) FROM blocks").fetchone()
    head, done = chain_height(settings.chain_url), int(row[0]) if row else 0
    paused = Memory(settings).get(f"paused:{settings.queue}")
    return _show({"chain": head, "indexed": done, "lag": head - done, "paused": paused})


COMMANDS: dict[str, Callable[..., int]] = {
    "pause": pause,
    "resume": resume,
    "status": status,
    "failed": failed,
    "clean": clean,
    "replay": replay,
    "maintenance": maintenance,
    "smoke": smoke,
    "migrations": migrations,
    "payments": payments,
    "ping": ping,
    "lag": show_lag,
}
# What runs beside the pages of each long-lived process.
BESIDE: dict[str, Callable[[Shop], None] | None] = {
    "serve": None,
    "work": work,
    "index": index,
    "chain": chain,
}


def stay(what: str) -> None:
    # As the first process of a container, nothing is done on SIGTERM unless we say so.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    shop = Shop(SETTINGS)
    log("INFO", f"{what}, release {SETTINGS.release['version']}, port {SETTINGS.port}")
    threading.Thread(target=shop.faults.watch, daemon=True).start()
    if what == "index":
        shop.extra = lambda: lag(shop)
    if beside := BESIDE[what]:
        threading.Thread(target=beside, args=(shop,), daemon=True).start()
    if what == "work" and SETTINGS.wallet:
        threading.Thread(target=pay, args=(shop,), daemon=True).start()
    Handler.shop = shop
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("", SETTINGS.port), Handler).serve_forever()


def main(words: list[str]) -> int:
    what = words[0] if words else ""
    if what in BESIDE:
        stay(what)
        return 0
    if what not in COMMANDS:
        print((__doc__ or "").partition("\n\n")[2], file=sys.stderr)
        return 2
    try:
        return COMMANDS[what](SETTINGS, *words[1:])
    except (Down, psycopg.Error) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's shop with a rate limit, whose counters lie in a Redis of redis_server.py.

python tests/lab/limited_shop.py start  --dir DIR     DIR is that Redis'
python tests/lab/limited_shop.py ask    --dir DIR --client CLIENT [--times N]
python tests/lab/limited_shop.py logs   --dir DIR
python tests/lab/limited_shop.py status --dir DIR
python tests/lab/limited_shop.py stop   --dir DIR
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import redis

HERE = Path(__file__).resolve().parent
HOST = "127.0.0.1"
# Requests of a client within a minute.
LIMIT = 5
START_S = 30.0


@dataclass(frozen=True)
class Shop:
    directory: Path
    port: int
    pid: int

    @property
    def log(self) -> Path:
        return self.directory / "shop.log"

    def ask(self, client: str, times: int = 1) -> int:
        """The last status of so many requests of a client."""
        status = 0
        for _time in range(times):
            connection = http.client.HTTPConnection(HOST, self.port, timeout=5)
            try:
                connection.request("GET", "/orders/none", headers={"X-Forwarded-For": client})
                status = connection.getresponse().status
            finally:
                connection.close()
        self._hold()
        return status

    def _hold(self) -> None:
        """A window is a minute, and a test may take longer."""
        place = json.loads((self.directory / "lab.json").read_text())
        password = (self.directory / "oncall.password").read_text().strip()
        connection = redis.Redis(host=HOST, port=place["port"], password=password)
        with contextlib.closing(connection):
            for key in connection.scan_iter("rate_limit:*"):
                connection.expire(key, 3600)

    def runs(self) -> bool:
        with contextlib.suppress(OSError):
            return b"shop.py" in Path(f"/proc/{self.pid}/cmdline").read_bytes()
        return False


def load(directory: Path) -> Shop:
    found = json.loads((directory / "shop.json").read_text())
    return Shop(directory, found["port"], found["pid"])


def start(directory: Path) -> Shop:
    place = json.loads((directory / "lab.json").read_text())
    password = (directory / "oncall.password").read_text().strip()
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    given = {
        "PORT": str(port),
        "REDIS_URL": f"redis://:{password}@{HOST}:{place['port']}",
        "RATE_LIMIT": str(LIMIT),
        "STATE_DIR": str(directory),
    }
    # A child of nobody here: whoever started it may end before it does.
    command = ["sh", "-c", '"$@" >> "$0" 2>&1 & echo $!', str(directory / "shop.log")]
    done = subprocess.run(
        [*command, sys.executable, str(HERE / "app" / "shop.py"), "serve"],
        env={**os.environ, **given},
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    shop = Shop(directory, port, int(done.stdout))
    (directory / "shop.json").write_text(json.dumps({"port": port, "pid": shop.pid}))
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1):
            return shop
        time.sleep(0.1)
    raise SystemExit(f"error: the shop does not start: {shop.log.read_text()[-500:]}")


def stop(shop: Shop) -> None:
    if shop.runs():
        os.kill(shop.pid, signal.SIGKILL)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("verb", choices=("start", "ask", "logs", "status", "stop"))
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--client", default="203.0.113.7")
    parser.add_argument("--times", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.verb == "start":
        start(options.dir)
        return 0
    shop = load(options.dir)
    if options.verb == "stop":
        stop(shop)
    elif options.verb == "ask":
        print(shop.ask(options.client, options.times))
    elif options.verb == "logs":
        print(shop.log.read_text(), end="")
    return 0 if shop.runs() or options.verb == "stop" else 1


if __name__ == "__main__":
    sys.exit(main())

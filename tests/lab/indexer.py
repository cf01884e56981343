# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A chain and an index of it, each as a function of time: what is measured can be told beforehand.

    python tests/lab/indexer.py make --dir DIR [--behind N] [--pace BLOCKS] [--stuck]
    python tests/lab/indexer.py height|restart|alive --dir DIR
    python tests/lab/indexer.py serve|start|stop|running --dir DIR --port PORT    a node of the chain

The chain grows by one block a second, and the index by `pace` a second in whole steps until it is there.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FIRST = 1000


def head(kept: dict[str, Any]) -> int:
    return FIRST + int(time.time() - kept["began"])


def height(kept: dict[str, Any]) -> int:
    if kept["stuck"]:
        return int(kept["height"])
    return min(head(kept), int(kept["height"] + kept["pace"] * int(time.time() - kept["since"])))


def node_of(path: Path) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_words: object) -> None:
            pass

        def do_GET(self) -> None:
            body = json.dumps({"chain": head(json.loads(path.read_text()))}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


@contextmanager
def serving(path: Path) -> Iterator[str]:
    """The address of a node of the chain, which serves in a thread of its own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), node_of(path)) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def node(verb: str, folder: Path, port: int) -> int:
    """The node's process: started, stopped, or whether it runs."""
    pid, kept = 0, folder / "pid"
    with suppress(OSError, ValueError):
        known = int(kept.read_text())
        # Numbers of processes are given again: it must be this node.
        told = Path(f"/proc/{known}/cmdline").read_bytes().split(b"\0")
        pid = known if b"serve" in told and str(folder).encode() in told else 0
    if verb == "running":
        return 0 if pid else 1
    if verb == "stop" and pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    if verb == "start" and not pid:
        words = [sys.executable, __file__, "serve", "--dir", str(folder), "--port", str(port)]
        quiet: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        process = subprocess.Popen(words, start_new_session=True, **quiet)
        kept.write_text(str(process.pid))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("verb")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--behind", type=int, default=0)
    parser.add_argument("--pace", type=int, default=50)
    parser.add_argument("--stuck", action="store_true")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    if given.verb == "serve":
        handler = node_of(given.dir / "index.json")
        ThreadingHTTPServer(("127.0.0.1", given.port), handler).serve_forever()
    if given.verb in ("running", "start", "stop"):
        return node(given.verb, given.dir, given.port)
    path = given.dir / "index.json"
    if given.verb == "make":
        given.dir.mkdir(parents=True, exist_ok=True)
        now = time.time()
        content = {"began": now - given.behind, "since": now, "height": FIRST, "pace": given.pace}
        path.write_text(json.dumps({**content, "stuck": given.stuck, "restarts": 0}))
        return 0
    kept = json.loads(path.read_text())
    if given.verb == "height":
        print(json.dumps({"indexed": height(kept), "chain": head(kept)}))
    elif given.verb == "restart":
        kept.update(
            height=height(kept), since=time.time(), stuck=False, restarts=kept["restarts"] + 1
        )
        path.write_text(json.dumps(kept))
    return 0


if __name__ == "__main__":
    sys.exit(main())

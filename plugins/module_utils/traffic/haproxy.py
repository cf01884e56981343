# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HAProxy over its admin socket.

https://docs.haproxy.org/2.6/management.html#9.3
"""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Iterator, Mapping

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic.reading import (
    DRAINED,
    IN_USE,
    OTHERWISE,
    Member,
    Reading,
    member,
    reading,
    refused,
)

READ = "show cli level; show servers state; show stat\n"
LEVELS = ("user", "operator", "admin")
# Of srv_admin_state: put into draining by the socket, and all the ways into maintenance.
FORCED_DRAIN = 0x08
RUNNING, SERVER = "2", "2"
NOTHING = "oncall-haproxy: no client"
# Whatever is there that can speak to a socket; the commands come on standard input.
ASK = """\
if command -v socat >/dev/null 2>&1; then exec socat -t 5 STDIO UNIX-CONNECT:{socket}
elif command -v python3 >/dev/null 2>&1; then exec python3 -c {python} {socket}
elif command -v perl >/dev/null 2>&1; then exec perl -MIO::Socket::UNIX -e {perl} {socket}
elif nc -h 2>&1 | grep -q -e -U; then exec nc -U {socket}
else echo "{nothing}" >&2; exit 127
fi
"""
PYTHON = """\
import socket, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(5)
try: s.connect(sys.argv[1])
except OSError as e: sys.exit(str(e))
s.sendall(sys.stdin.buffer.read()); s.shutdown(socket.SHUT_WR)
for part in iter(lambda: s.recv(65536), b""): sys.stdout.buffer.write(part)
"""
PERL = """\
alarm 10;
$s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$!\n"; local $/;
print $s <STDIN>; shutdown($s, 1); print <$s>;
"""


def command(socket: str) -> str:
    return ASK.format(
        socket=shlex.quote(socket),
        python=shlex.quote(PYTHON),
        perl=shlex.quote(PERL),
        nothing=NOTHING,
    )


def change(one: Mapping[str, object], state: str) -> str:
    """`state` is drain or ready; the names are those that HAProxy itself told."""
    return f"set server {one['pool']}/{one['name']} state {state}\n"


def read(socket: str, done: Done) -> Reading:
    where = f"admin socket {socket}"
    if NOTHING in done.stderr:
        said = "none of socat, python3, perl and nc is there to speak to its socket"
        return refused("haproxy", where, "client_missing", said)
    states = dict(_states(done.stdout))
    if done.rc or not states:
        lines = (done.stderr.strip() or done.stdout.strip() or "it says nothing").splitlines()
        said = f"its {where} does not answer: {lines[-1][:200]}"
        return refused("haproxy", where, "traffic_unreadable", said)
    level = next((line for line in done.stdout.split() if line in LEVELS), "")
    why = f"its {where} has the level {level}, and a change needs admin"
    return reading(
        "haproxy", where, _members(done.stdout, states), () if level == "admin" else [why]
    )


def _states(text: str) -> Iterator[tuple[tuple[str, str], dict[str, str]]]:
    header: list[str] = []
    for line in text.splitlines():
        if line.startswith("# be_id "):
            header = line[2:].split()
        elif not line:
            header = []
        elif header:
            one = dict(zip(header, line.split(), strict=False))
            yield (one["be_name"], one["srv_name"]), one


def _members(text: str, states: Mapping[tuple[str, str], Mapping[str, str]]) -> Iterator[Member]:
    start = text.find("# pxname,")
    table = text[start + 2 :].split("\n\n")[0]
    for row in csv.DictReader(io.StringIO(table)):
        one = states.get((row["pxname"], row["svname"]))
        if row["type"] != SERVER or one is None:
            continue
        yield member(
            row["svname"],
            _state(one),
            pool=row["pxname"],
            address=_address(one),
            healthy=_healthy(one, row["status"]),
            load=int(row["scur"] or 0) + int(row["qcur"] or 0),
            said=row["status"],
        )


def _state(one: Mapping[str, str]) -> str:
    admin = int(one["srv_admin_state"])
    if admin == FORCED_DRAIN:
        return DRAINED
    return OTHERWISE if admin or one["srv_uweight"] == "0" else IN_USE


def _healthy(one: Mapping[str, str], status: str) -> bool | None:
    """Null where HAProxy does not look after it."""
    if status == "no check":
        return None
    return one["srv_op_state"] == RUNNING


def _address(one: Mapping[str, str]) -> str:
    host, port = one["srv_addr"], one.get("srv_port", "0")
    if host in ("", "-"):
        return ""  # a socket of the file system, or a name that is not resolved
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""nginx by its configuration: a server of an upstream block is marked down, and nginx reloads.

Its free version tells nothing of its servers. What is still open to one is known by this: those
workers that have the new configuration do not connect to it; until the old ones have ended, the
connections to it are counted.
"""

from __future__ import annotations

import base64
import binascii
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic import upstream_blocks
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic.entry import Proxy
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic.reading import (
    DRAINED,
    IN_USE,
    Member,
    Reading,
    member,
    reading,
    refused,
)

CONTENT = """\
f={file}
if [ ! -r "$f" ]; then echo "unreadable"; exit 0; fi
[ -w "$f" ] && echo "writable"
echo "content"
base64 < "$f"
"""
# What nginx says of its configuration as it lies there, and what runs: one line for each.
LOOK = r"""
out=$(nginx -T{config} 2>&1); echo "test $?"
printf '%s\n' "$out" | grep -e '^nginx: ' -e ' \[[a-z]*\] ' | tail -n 4 | sed 's/^/said /'
printf '%s\n' "$out" | sed -n 's/^# configuration file \(.*\):$/\1/p' | while read -r f; do
  echo "file $(stat -c %Y "$f") $f"
done
sed -n 's/^btime /boot /p' /proc/stat
for c in $(grep -l '^nginx: ' /proc/[0-9]*/cmdline 2>/dev/null); do
  echo "process $(cat "${{c%cmdline}}stat") $(tr '\0' ' ' < "$c")"
done
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk '
  $4 == "01" {{ n[$3]++ }} END {{ for (a in n) print "open", n[a], a }}'
"""
# From standard input, in place: a file that is mounted by itself is still the same one then.
WRITE = """\
f={file}
[ "$(sha256sum < "$f" | cut -d ' ' -f 1)" = {digest} ] || {{
  echo "somebody else has changed it meanwhile" >&2; exit 3
}}
cat > "$f"
"""
RELOAD = 'said=$(nginx -t{config} 2>&1) || {{ echo "$said" >&2; exit 4; }}; nginx -s reload{config}'
NAMES = 'for n in {names}; do getent ahosts "$n" | sed "s/^/$n /"; done'
# Linux' clock ticks, the same on all its platforms that nginx runs on.
TICKS = 100
# A file is saved, and the workers that read it start, within the same second.
SLACK_S = 2
OLD_WORKER = "worker process is shutting down"
WORKER = "worker process"


@dataclass(frozen=True)
class Worker:
    pid: int
    started: float
    old: bool


@dataclass(frozen=True)
class Look:
    """What was seen where nginx lives."""

    tested: bool = False
    said: str = ""
    files: Mapping[str, float] = field(default_factory=dict)  # when each was changed
    workers: Sequence[Worker] = ()
    open: Mapping[str, int] = field(default_factory=dict)  # connections by address

    @property
    def active(self) -> list[Worker]:
        return [one for one in self.workers if not one.old]

    @property
    def ending(self) -> bool:
        return any(one.old for one in self.workers)


def content_command(proxy: Proxy) -> str:
    return CONTENT.format(file=shlex.quote(proxy.file))


def look_command(proxy: Proxy) -> str:
    return LOOK.format(config=_config(proxy))


def write_command(proxy: Proxy, digest: str) -> str:
    return WRITE.format(file=shlex.quote(proxy.file), digest=digest)


def reload_command(proxy: Proxy) -> str:
    return RELOAD.format(config=_config(proxy))


def names_command(names: Iterable[str]) -> str:
    return NAMES.format(names=shlex.join(names))


def _config(proxy: Proxy) -> str:
    return f" -c {shlex.quote(proxy.config)}" if proxy.config else ""


def content(done: Done) -> str | None:
    """The file byte for byte; None when it cannot be read."""
    _head, mark, encoded = done.stdout.partition("content\n")
    try:
        return base64.b64decode(encoded, validate=False).decode() if mark else None
    except (binascii.Error, UnicodeDecodeError):
        return None


def look(done: Done) -> Look:
    words: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        kind, _space, rest = line.partition(" ")
        words.setdefault(kind, []).append(rest)
    boot = float(words.get("boot", ["0"])[0])
    return Look(
        tested=words.get("test") == ["0"],
        said=" ".join(words.get("said", ()))[:300],
        files={
            path: float(at)
            for at, _s, path in (one.partition(" ") for one in words.get("file", ()))
            if at.isdigit()
        },
        workers=[one for line in words.get("process", ()) for one in _worker(line, boot)],
        open=_open(words.get("open", ())),
    )


def _worker(line: str, boot: float) -> Iterable[Worker]:
    """A line of /proc/PID/stat with the command's words behind it."""
    head, _paren, rest = line.rpartition(") ")
    fields = rest.split()
    if WORKER in line and len(fields) > 20:
        yield Worker(int(head.split()[0]), boot + int(fields[19]) / TICKS, OLD_WORKER in line)


def _open(lines: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        number, _space, place = line.partition(" ")
        if address := _address(place):
            found[address] = found.get(address, 0) + int(number)
    return found


def _address(place: str) -> str:
    """Of /proc/net/tcp: words of four bytes as the machine has them, which is little-endian."""
    raw, _colon, port = place.partition(":")
    words = [bytes.fromhex(raw[at : at + 8])[::-1] for at in range(0, len(raw), 8)]
    if len(words) == 4 and words[:3] == [bytes(4), bytes(4), b"\x00\x00\xff\xff"]:
        words = words[3:]
    if len(words) == 1:
        return f"{'.'.join(map(str, words[0]))}:{int(port, 16)}"
    return f"{b''.join(words).hex()}:{int(port, 16)}" if words else ""


def hosts(servers: Iterable[upstream_blocks.Server]) -> list[str]:
    """Names that have to be looked up where nginx lives."""
    places = (upstream_blocks.with_port(one.address).rpartition(":")[0] for one in servers)
    return sorted(
        {name for name in places if name and not name.startswith("unix") and not _is_ip(name)}
    )


def _is_ip(name: str) -> bool:
    return name.startswith("[") or name.replace(".", "").isdigit()


def addresses(done: Done) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in done.stdout.splitlines():
        name, address, *_kind = [*line.split(), "", ""]
        found.setdefault(name, set()).add(address)
    return found


def read(
    proxy: Proxy,
    given: Done,
    seen: Look,
    known: Mapping[str, set[str]],
    healthy: Mapping[str, bool | None],
) -> Reading:
    where = f"{proxy.file}{' on its host' if proxy.on_host else ''}"
    text = content(given)
    if text is None:
        said = f"{where} cannot be read: it is not there, or no text, or not ours to read"
        return refused("nginx", where, "traffic_unreadable", said)
    if not seen.tested:
        said = f"its configuration is invalid as it lies there: {seen.said or 'nginx does not run there'}"
        return refused("nginx", where, "config_invalid", said)
    found = upstream_blocks.servers(text)
    if not found:
        return refused("nginx", where, "traffic_unreadable", f"{where} holds no upstream block")
    members = [_member(one, seen, known, healthy.get(one.address)) for one in found]
    return reading("nginx", where, members, obstacles(proxy, given, seen, where))


def _member(
    one: upstream_blocks.Server,
    seen: Look,
    known: Mapping[str, set[str]],
    healthy: bool | None,
) -> Member:
    return member(
        one.address,
        DRAINED if one.down else IN_USE,
        pool=one.pool,
        address=upstream_blocks.with_port(one.address),
        healthy=healthy,
        load=0 if one.down and not seen.ending else connections(one, seen, known),
        said="down" if one.down else "up",
    )


def connections(
    one: upstream_blocks.Server, seen: Look, known: Mapping[str, set[str]]
) -> int | None:
    """Null where nobody counts, as of sockets of the file system."""
    host, _colon, port = upstream_blocks.with_port(one.address).rpartition(":")
    if host in ("", "unix") or host.startswith("["):
        return None
    return sum(seen.open.get(f"{each}:{port}", 0) for each in known.get(host, {host}))


def obstacles(proxy: Proxy, given: Done, seen: Look, where: str) -> list[str]:
    found = []
    if not given.stdout.startswith("writable"):
        hint = "" if proxy.on_host else "; where it is mounted, name it as host_file"
        found.append(f"{where} is not ours to write{hint}")
    if not seen.active:
        found.append("nginx does not run there")
    if late := pending(seen):
        found.append(
            f"a reload would make a change count that nobody has loaded yet, of {', '.join(late)}; "
            "review it, then nginx -s reload"
        )
    return found


def pending(seen: Look) -> list[str]:
    """Files that were changed after the workers had read them."""
    oldest = min((one.started for one in seen.active), default=0.0)
    return [path for path, at in seen.files.items() if seen.active and at > oldest + SLACK_S]


def reloaded(before: Look, now: Look) -> bool:
    """All workers that take connections are new ones."""
    former = {one.pid for one in before.active}
    return bool(now.active) and not former & {one.pid for one in now.active}

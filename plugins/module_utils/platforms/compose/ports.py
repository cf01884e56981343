# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who has a port that a container needs: another process, or another container."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.answers import (
    Container,
    Look,
)

# Docker's words, when it is another container and when it is another process.
TAKEN = re.compile(r"port is already allocated|address already in use")


def conflicts(look: Look, service: str) -> list[tuple[str, str]]:
    """The containers that cannot start, and why."""
    found = []
    for one in look.of(service):
        if one["status"] in ("running", "paused"):
            continue
        for address, port in _needed(one):
            owner = _owner(look, address, port)
            if owner:
                found.append((one["name"], f"{one['name']} needs port {port}, which {owner} has"))
        if not found and TAKEN.search(one["error"]):
            found.append((one["name"], f"{one['name']} could not start: {one['error'][:200]}"))
    return found


def _needed(one: Container) -> Iterator[tuple[str, int]]:
    """A range is no need: Docker takes a free one of it."""
    for container_port, bindings in (one["ports"] or {}).items():
        for binding in bindings or []:
            if (
                container_port.endswith("/tcp")
                and binding["HostPort"].isdigit()
                and binding["HostPort"] != "0"
            ):
                yield binding["HostIp"], int(binding["HostPort"])


def _owner(look: Look, address: str, port: int) -> str:
    for name, ports in look.published:
        for theirs in re.findall(r"(\S+):(\d+)->\d+/tcp", ports):
            if int(theirs[1]) == port and _overlap(address, theirs[0]):
                return f"container {name}"
    for line in look.listeners:
        words = line.split()
        theirs_address, _colon, theirs_port = (words[3] if len(words) > 3 else "").rpartition(":")
        if theirs_port == str(port) and _overlap(address, theirs_address):
            who = re.search(r'\("([^"]*)",pid=(\d+)', line)
            return f"process {who[2]} ({who[1]})" if who else "another process"
    return ""


def _overlap(one: str, other: str) -> bool:
    first, second = _plain(one), _plain(other)
    return first == second or "" in (first, second)


def _plain(address: str) -> str:
    """Empty for all addresses."""
    text = address.strip("[]").partition("%")[0]
    if text in ("", "*"):
        return ""
    try:
        return "" if ipaddress.ip_address(text).is_unspecified else text
    except ValueError:
        return text

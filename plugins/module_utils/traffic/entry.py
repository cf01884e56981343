# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalog's proxy entry: which program it is, and how it is told to leave a server out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.oncall.runbooks.plugins.module_utils.entries import (
    known_keys,
    mapping,
    one_of,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import refusal

EXAMPLES = {
    "haproxy": "proxy: {software: haproxy, socket: /run/haproxy/admin.sock}",
    "nginx": "proxy: {software: nginx, file: /etc/nginx/conf.d/upstreams.conf}",
}
EXAMPLE = EXAMPLES["haproxy"]
KEYS = {
    "haproxy": ("software", "page", "socket"),
    "nginx": ("software", "page", "file", "host_file", "config"),
}
PATH = r"/[^\0\n]+"


@dataclass(frozen=True)
class Proxy:
    software: str
    page: str  # what a server is asked for, where the proxy itself does not look after it
    socket: str = ""
    file: str = ""
    on_host: bool = False  # the file is the host's, also where the proxy lives in a container
    config: str = ""  # nginx's own when empty


def of(path: str, given: object) -> Proxy | None:
    """None without an entry; an InputError for one that cannot be acted on."""
    if given is None:
        return None
    entry = mapping(path, given, EXAMPLE)
    one_of(f"{path}.software", entry.get("software"), tuple(KEYS))
    software = entry["software"]
    known_keys(path, entry, KEYS[software], EXAMPLES[software])
    page = entry.get("page", "/")
    if not isinstance(page, str) or not re.fullmatch(r"/[!-~]*", page):
        raise refusal(f"{path}.page", page, "a path that begins with /", "page: /health")
    if software == "haproxy":
        return Proxy(software, page, socket=place(path, entry, "socket", software))
    if ("file" in entry) == ("host_file" in entry):
        raise refusal(path, sorted(entry), "one of file and host_file", EXAMPLES[software])
    key = "file" if "file" in entry else "host_file"
    config = place(path, entry, "config", software) if "config" in entry else ""
    file = place(path, entry, key, software)
    return Proxy(software, page, file=file, on_host=key == "host_file", config=config)


def place(path: str, entry: Mapping[str, object], key: str, software: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not re.fullmatch(PATH, value):
        raise refusal(f"{path}.{key}", value, "an absolute path", EXAMPLES[software])
    return value

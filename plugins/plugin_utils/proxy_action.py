# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Reading a proxy, and asking after its servers, where the proxy lives."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.health import on_host
from ansible_collections.oncall.runbooks.plugins.module_utils.health.entry import Health
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic import (
    entry,
    haproxy,
    nginx,
    reading,
    upstream_blocks,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction

SECONDS = 5
# More servers than that are not asked one by one in an incident.
ASKED = 20


class ProxyAction(PlatformAction):
    def proxy(self, service: str) -> entry.Proxy | None:
        path = f"runbooks_services.{service}.proxy"
        return entry.of(path, self.entry(service).get("proxy"))

    def read_proxy(self, service: str, proxy: entry.Proxy) -> reading.Reading:
        """Raises Unreachable."""
        if proxy.software == "haproxy":
            return self._haproxy(service, proxy)
        given, seen = self.file(service, proxy), self.look(service, proxy)
        servers = upstream_blocks.servers(nginx.content(given) or "")
        names = nginx.hosts(servers)
        known = nginx.addresses(self.inside(service, nginx.names_command(names))) if names else {}
        healthy = self._healthy(service, proxy, [one.address for one in servers])
        return nginx.read(proxy, given, seen, known, healthy)

    def file(self, service: str, proxy: entry.Proxy) -> Done:
        return self.where_files_are(service, proxy, nginx.content_command(proxy))

    def look(self, service: str, proxy: entry.Proxy) -> nginx.Look:
        return nginx.look(self.inside(service, nginx.look_command(proxy)))

    def where_files_are(
        self, service: str, proxy: entry.Proxy, command: str, stdin: str = ""
    ) -> Done:
        if proxy.on_host:
            return self.shell(command, stdin)
        return self.inside(service, command, stdin)

    def _haproxy(self, service: str, proxy: entry.Proxy) -> reading.Reading:
        done = self.inside(service, haproxy.command(proxy.socket), haproxy.READ)
        found = haproxy.read(proxy.socket, done)
        unasked = [one for one in found["members"] if one["healthy"] is None]
        healthy = self._healthy(service, proxy, [one["address"] for one in unasked])
        for one in unasked:
            one["healthy"] = healthy.get(one["address"])
        return found

    def _healthy(
        self, service: str, proxy: entry.Proxy, addresses: Iterable[str]
    ) -> dict[str, bool | None]:
        """Whether each answers, asked from where the proxy asks; null where it cannot be asked."""
        found: dict[str, bool | None] = {}
        for address in list(dict.fromkeys(addresses))[:ASKED]:
            if not address or address.startswith("unix:"):
                continue
            place = upstream_blocks.with_port(address)
            url = f"http://{place}{posixpath.join('/', proxy.page)}"
            health = Health("inside", url, (), (), "", SECONDS)
            found[address] = well(
                on_host.answer(health, self.inside(service, *on_host.script(health)))
            )
        return found


def well(answer: dict[str, Any]) -> bool | None:
    """Any answer but an error of the server's own; whoever knows better names a page."""
    if answer["reason"] == "client_missing":
        return None
    return answer["reason"] == "ok" and answer["status"] is not None and answer["status"] < 500

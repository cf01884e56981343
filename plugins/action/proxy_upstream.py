# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import hashlib
import time
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import redaction
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import boot_clock
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic import (
    entry,
    haproxy,
    nginx,
    reading,
    upstream_blocks,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.proxy_action import ProxyAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

PAUSE_S = 0.2
# How long nginx may take until new workers have the new configuration.
RELOAD_S = 10.0
LINES_MAX = 1000
WORDS = {reading.DRAINED: "drain", reading.IN_USE: "ready"}


class ActionModule(ProxyAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "pool": {"type": "str", "required": True},
        "upstream": {"type": "str", "required": True},
        "state": {"type": "str", "choices": [*WORDS], "required": True},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        self.incident = self.this_run()
        self.service = self.incident.services[self.host]
        wanted = self.arguments["state"]
        try:
            proxy = self._proxy()
            before = self._one(proxy)
            if before["state"] == wanted:
                return {"changed": False, "after": before}
            if before["state"] == reading.OTHERWISE:
                raise self._not_ours(before)
            if self.check_mode:
                return {"changed": True, "after": {**before, "state": wanted}}
            self.confirm_lock(self.incident, self.service)
            change = self._set_haproxy if proxy.software == "haproxy" else self._set_nginx
            change(proxy, before, wanted)
            after = self._one(proxy)
        except Unreachable as error:
            raise self._failed(str(error)) from None
        if after["state"] != wanted:
            raise self._failed(f"{reading.label(after)} is {after['said']} all the same")
        return {"changed": True, "after": after}

    def _not_ours(self, one: reading.Member) -> Stop:
        said = f"somebody else has put {reading.label(one)} into {one['said']}"
        return Stop(f"refused: {said}: ask who, and undo it by hand", "refused")

    def _failed(self, why: str) -> Stop:
        return Stop(f"unrecovered: {self.service}: {why}", "unrecovered")

    def _proxy(self) -> entry.Proxy:
        found = self.proxy(self.service)
        if found is None:
            raise Stop(f"refused: the catalog names no proxy of {self.service}", "refused")
        return found

    def _one(self, proxy: entry.Proxy) -> reading.Member:
        found = self.read_proxy(self.service, proxy)
        if found["refused"]:
            raise self._failed(found["refused"]["message"])
        asked = f"{self.arguments['pool']}/{self.arguments['upstream']}"
        chosen = [one for one in found["members"] if reading.label(one) == asked]
        if len(chosen) != 1:
            raise self._failed(f"it has {len(chosen) or 'no'} {asked}")
        one: reading.Member = chosen[0]
        return one

    def _set_haproxy(self, proxy: entry.Proxy, one: reading.Member, wanted: str) -> None:
        words = haproxy.change(one, WORDS[wanted])
        done = self.inside(self.service, haproxy.command(proxy.socket), words)
        if said := done.stdout.strip() or done.stderr.strip():
            raise self._failed(f"HAProxy says to '{words.strip()}': {said[:200]}")

    def _set_nginx(self, proxy: entry.Proxy, one: reading.Member, wanted: str) -> None:
        """Written, tested, and only then loaded; else all is as it was."""
        former = nginx.content(self.file(self.service, proxy)) or ""
        (server,) = (
            each
            for each in upstream_blocks.servers(former)
            if (each.pool, each.address) == (one["pool"], one["name"])
        )
        text = upstream_blocks.marked(former, server, wanted == reading.DRAINED)
        kept = {proxy.file: redaction.lines(former, LINES_MAX)}
        self.incident.keep_evidence(self.service, "nginx_before", {"texts": kept})
        before = self.look(self.service, proxy)
        if late := nginx.pending(before):
            raise self._failed(
                f"somebody has changed {', '.join(late)} meanwhile; nothing is changed"
            )
        self._done(self._write(proxy, former, text), "it cannot be written; nothing is changed")
        try:
            self._done(self.inside(self.service, nginx.reload_command(proxy)), "it was not loaded")
            self._wait_until_reloaded(proxy, before)
        except Stop as stop:
            self._done(self._write(proxy, text, former), f"{stop}; nor can its text be put back")
            raise self._failed(f"{stop}; its text is as it was") from None

    def _write(self, proxy: entry.Proxy, old: str, new: str) -> Done:
        digest = hashlib.sha256(old.encode()).hexdigest()
        command = nginx.write_command(proxy, digest)
        return self.where_files_are(self.service, proxy, command, new)

    def _done(self, done: Done, otherwise: str) -> None:
        if done.rc:
            said = redaction.excerpt(done.stderr or done.stdout)
            raise Stop(f"{otherwise}: {said}", "unrecovered")

    def _wait_until_reloaded(self, proxy: entry.Proxy, before: nginx.Look) -> None:
        end = boot_clock() + RELOAD_S
        while not nginx.reloaded(before, self.look(self.service, proxy)):
            if boot_clock() > end:
                raise Stop("nginx runs on with what it had; see its error log", "unrecovered")
            time.sleep(PAUSE_S)

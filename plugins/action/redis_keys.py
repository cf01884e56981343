# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.lock import boot_clock
from ansible_collections.oncall.runbooks.plugins.module_utils.rate_limit import counters
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import keys, snapshot
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import Fault
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import safe
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import LEASE_S
from ansible_collections.oncall.runbooks.plugins.plugin_utils.redis_action import RedisAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    FENCE_OPTION,
    RUN_OPTION,
    Stop,
)

# Each takes the server about a millisecond, and others are served in between.
LOOKED_AT, BATCH = 1000, 200
PAUSE_S = 0.01
LISTING_S = 120.0


class ActionModule(RedisAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "state": {"type": "str", "choices": ["unlinked"], "required": True},
        "prefixes": {"type": "list", "elements": "str", "required": True},
        "free_bytes": {"type": "int"},
        "at_most": {"type": "int", "required": True},
        "kept_in": {"type": "str"},
        "client": {"type": "str"},
        **FENCE_OPTION,
    }

    def act(self) -> dict[str, Any]:
        self.incident = self.this_run()
        self.service = self.incident.services[self.host]
        # The counters of an application lie in another service than itself.
        self.server = self.arguments["kept_in"] or self.service
        with self.unrecovered("not all was unlinked"):
            before = self._used()
            names = self._listed()
            if self.check_mode or not names:
                return {"changed": bool(names), "after": {"unlinked": len(names), "freed_bytes": 0}}
            # Surrogates are bytes that are no text; they stay readable in the listing.
            text = "\n".join(ascii(name)[1:-1] for name in names) + "\n"
            listing = self.incident.keep_text(self.service, "unlinked_keys", text, "txt")
            gone = self._unlink(names, before)
            freed = max(0, before - self._used())
        return {
            "changed": bool(gone),
            "after": {"unlinked": gone, "freed_bytes": freed, "listing": listing},
        }

    def _prefixes(self) -> list[str]:
        """The catalog's own, as it is now, whatever a plan says."""
        space = self.keyspace(self.server)
        known = (*space.cache_prefixes, *space.rate_limit_prefixes)
        foreign = [one for one in self.arguments["prefixes"] if one not in known]
        if foreign or not self.arguments["prefixes"]:
            raise Stop(
                "refused: the catalog does not say that these keys may be deleted", "refused"
            )
        return list(self.arguments["prefixes"])

    def _most(self) -> int:
        allowed = self.incident.inputs[self.service]["max_unlink"]
        return int(min(self.arguments["at_most"], allowed))

    def _used(self) -> int:
        info = self.ask(self.server, [("INFO",)])[0]
        if not isinstance(info, str):
            raise Stop("unrecovered: it does not tell how much memory it uses", "unrecovered")
        said = snapshot.fields(info)
        if said.get("role") != "master":
            raise Stop("refused: it is a replica by now", "refused")
        return snapshot.number(said.get("used_memory"))

    def _listed(self) -> list[str]:
        """As many names as may go. What begins with a prefix is judged here, not by the pattern."""
        found: dict[str, None] = {}
        end = boot_clock() + LISTING_S
        for prefix in self._prefixes():
            cursor = "0"
            while len(found) < self._most() and boot_clock() < end:
                cursor, names = self._scanned(cursor, prefix)
                wanted = self.arguments["client"]
                found.update(dict.fromkeys(n for n in names if counters.meant(n, prefix, wanted)))
                if cursor == "0":
                    break
        return list(found)[: self._most()]

    def _scanned(self, cursor: str, prefix: str) -> tuple[str, list[str]]:
        pattern = keys.pattern(prefix, self.arguments["client"])
        scan = ("SCAN", cursor, "MATCH", pattern, "COUNT", str(LOOKED_AT))
        (answer,) = self.ask(self.server, [scan])
        if not isinstance(answer, list) or len(answer) != 2 or not isinstance(answer[1], list):
            said = answer.text if isinstance(answer, Fault) else "another answer than a list"
            raise Stop(f"unrecovered: its keys cannot be listed: {safe(said)}", "unrecovered")
        return str(answer[0]), [str(name) for name in answer[1]]

    def _unlink(self, names: Sequence[str], before: int) -> int:
        """Batch by batch, until enough is free where it is about that."""
        gone = 0
        for at in range(0, len(names), BATCH):
            if at % (10 * BATCH) == 0:
                self.confirm_lock(self.incident, self.service, LEASE_S)
            answer, info = self.ask(self.server, [("UNLINK", *names[at : at + BATCH]), ("INFO",)])
            if not isinstance(answer, int):
                said = answer.text if isinstance(answer, Fault) else "no number"
                raise Stop(
                    f"unrecovered: {gone} keys were unlinked, then: {safe(said)}", "unrecovered"
                )
            gone += answer
            used = snapshot.number(snapshot.fields(str(info)).get("used_memory"))
            enough = self.arguments["free_bytes"]
            if enough is not None and before - used >= enough:
                break
            self.stay(self.incident, PAUSE_S)
        return gone

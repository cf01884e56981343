# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions on Redis share: the way to the server, and one exchange with it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import kinds
from ansible_collections.oncall.runbooks.plugins.module_utils.entries import mapping
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import client, snapshot
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.errors import classify
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.exchange import (
    Answer,
    Fault,
    Steps,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.way import Keyspace, Way
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction


class RedisAction(PlatformAction):
    def way(self, service: str) -> Way:
        """With its password, read here and now."""
        return kinds.redis_way(*self._redis(service))

    def keyspace(self, service: str) -> Keyspace:
        return kinds.redis_keyspace(*self._redis(service))

    def _redis(self, service: str) -> tuple[str, Mapping[str, Any]]:
        path = f"runbooks_services.{service}.redis"
        given = self.entry(service).get("redis")
        return path, mapping(path, given, kinds.REDIS_EXAMPLE)

    def ask_elsewhere(self, service: str, steps: Steps) -> list[Answer]:
        """The same of a server that is another service than the run's own."""
        path, given = self._redis(service)
        local = all(map(self.is_local, self.hosts_of(service)))
        kinds.refuse_loopback(path, kinds.redis_way(path, given), local)
        return self.ask(service, steps)

    def ask(self, service: str, steps: Steps) -> list[Answer]:
        """Raises Refused. Its host is this task's, or one and the same with it."""
        return client.ask(self.way(service), steps, partial(self.executed, service))

    def snapshot(self, service: str, steps: Steps, idle_seconds: int) -> dict[str, Any]:
        """A reading; a refusal is one, too. `steps` begin as snapshot.FIRST does."""
        way, keyspace = self.way(service), self.keyspace(service)
        refused, document = None, None
        try:
            answers = self.ask(service, steps)
        except Refused as error:
            refused = vars(error.refusal)
        else:
            document = snapshot.document(answers, keyspace.protected_clients, idle_seconds)
            # PING is what says that it serves: it is refused while it loads, or is busy. Without INFO
            # nothing is known of it, whatever it answers.
            faults = [one for one in answers[:2] if isinstance(one, Fault)]
            if faults:
                refused = vars(classify(faults[0].text, way.password))
        return {
            "user": way.user,
            "via": way.via,
            "version": snapshot.version(document),
            "refused": refused,
            "document": document,
            "declared": {"role": keyspace.role, "cache_prefixes": list(keyspace.cache_prefixes)},
        }

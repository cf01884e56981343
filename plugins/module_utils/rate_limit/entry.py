# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a service counts its clients' requests: its `rate_limit` entry of the catalog."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.oncall.runbooks.plugins.module_utils.entries import known_keys, mapping
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import Input, refusal

EXAMPLE = "rate_limit: {redis: redis, limit: 100}"


@dataclass(frozen=True)
class RateLimit:
    redis: str  # the catalog's name of the server; its rate_limit_prefixes name the counters
    limit: int  # requests that a client has within a window


def of(path: str, given: object) -> RateLimit | None:
    if given is None:
        return None
    entry = mapping(path, given, EXAMPLE)
    known_keys(path, entry, ("redis", "limit"), EXAMPLE)
    redis = entry.get("redis")
    if not isinstance(redis, str) or not redis:
        allowed = "the catalog's name of the Redis that keeps the counters"
        raise refusal(f"{path}.redis", redis, allowed, "redis: redis")
    spec = Input("limit", 100, 1, 1000000000, "requests", "")
    return RateLimit(redis, spec.parse(entry.get("limit"), f"{path}.limit"))

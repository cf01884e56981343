# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service of the catalog: the keys it may have, judged before anything is read or changed."""

from __future__ import annotations

import difflib
import hashlib
import json
import re

from ansible_collections.oncall.runbooks.plugins.module_utils import platforms
from ansible_collections.oncall.runbooks.plugins.module_utils.chain import entry as chains
from ansible_collections.oncall.runbooks.plugins.module_utils.entries import (
    Entry,
    known_keys,
    mapping,
    one_of,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import (
    Input,
    InputError,
    refusal,
    shown,
)

KINDS = (
    "postgresql",
    "redis",
    "http",
    "worker",
    "queue",
    "bot",
    "wallet",
    "chain_node",
    "indexer",
    "proxy",
)
KEYS = (
    "kind",
    "platform",
    "compose",
    "systemd",
    "kubernetes",
    "command",
    "health",
    "proxy",
    "smoke",
    "disk",
    "backup",
    "depends_on",
    "replicas",
    "releases",
    "commands",
    "limits",
    "postgresql",
    "redis",
    "queue",
    "rate_limit",
    "telegram",
    "wallet",
    "chain_node",
    "indexer",
    "rpc",
)
DEFAULT_PORTS = {"postgresql": 5432, "redis": 6379}


def entry_of(services: object, name: str) -> Entry:
    catalog = mapping(
        "runbooks_services",
        services,
        "runbooks_services: {db: {kind: postgresql, platform: external}}",
    )
    if name not in catalog:
        close = difflib.get_close_matches(name, [str(key) for key in catalog], n=1, cutoff=0.6)
        hint = f"did you mean {close[0]}? " if close else ""
        raise InputError(
            f"service: {shown('', name)} is not in runbooks_services; {hint}"
            f"known: {', '.join(map(str, catalog)) or 'none'}; "
            f"for example runbooks_services: {{{name}: {{kind: postgresql, platform: external}}}}"
        )
    return mapping(
        f"runbooks_services.{name}", catalog[name], "{kind: postgresql, platform: external}"
    )


def check(name: str, entry: Entry, kind: str) -> None:
    """Refuse an entry that cannot be acted on safely."""
    path = f"runbooks_services.{name}"
    known_keys(path, entry, KEYS)
    one_of(f"{path}.kind", entry.get("kind"), KINDS)
    one_of(f"{path}.platform", entry.get("platform"), platforms.NAMES)
    if kind and entry["kind"] != kind:
        raise InputError(
            f"{path}.kind: got '{entry['kind']}', but its host stands in the group kind_{kind}; "
            f"allowed is one kind in both places; for example kind: {kind}"
        )
    platforms.platform(entry["platform"]).check(
        f"{path}.{entry['platform']}", entry.get(entry["platform"])
    )
    check_commands(f"{path}.commands", entry.get("commands", {}))
    check_replicas(f"{path}.replicas", entry.get("replicas", {}))
    mapping(f"{path}.limits", entry.get("limits", {}), "limits: {max_terminate: 10}")
    if "rpc" in entry:
        chains.rpc(f"{path}.rpc", entry["rpc"])


def check_commands(path: str, given: object) -> None:
    for name, argv in mapping(path, given, "commands: {pause: [npm, run, pause]}").items():
        if (
            not isinstance(argv, (list, tuple))
            or not argv
            or not all(isinstance(a, str) for a in argv)
        ):
            allowed = "a list of arguments, which no shell reads"
            raise refusal(f"{path}.{name}", argv, allowed, f"{name}: [npm, run, {name}]")


def check_replicas(path: str, given: object) -> None:
    bounds = mapping(path, given, "replicas: {min: 1, max: 4}")
    known_keys(path, bounds, ("min", "max"))
    for name in bounds:
        Input(name, 1, 0, 1000, "instances", "").parse(bounds[name], f"{path}.{name}")
    if bounds and bounds.get("min", 0) > bounds.get("max", 1000):
        raise refusal(
            path, f"{bounds['min']} to {bounds['max']}", "min no more than max", "{min: 1, max: 4}"
        )


def section(entry: Entry) -> Entry:
    """What the entry says about the platform it runs on, and the releases that a person knows of."""
    return {**(entry.get(entry["platform"]) or {}), "releases": entry.get("releases") or {}}


def lock_name(name: str, entry: Entry) -> str:
    """The same thing is one lock, whatever the catalogs of two products call it."""
    kind, platform = entry["kind"], entry["platform"]
    where = platforms.platform(platform).identity(entry.get(platform) or {})
    # A unit is the same one, whether a catalog calls it a worker or a bot.
    what = platform if where else kind
    where = where or address_of(entry) or {"service": name}
    stem = re.sub(r"[^A-Za-z0-9.-]+", "_", "-".join([what, *where.values()])).strip("_")[:80]
    seal = hashlib.sha256(json.dumps([what, where], sort_keys=True).encode()).hexdigest()
    return f"{stem}-{seal[:8]}"


def address_of(entry: Entry) -> dict[str, str]:
    """Where a server listens, when the entry says so."""
    given = entry.get(entry["kind"]) or {}
    where = {key: str(given[key]) for key in ("host", "port") if given.get(key) is not None}
    if "host" in where:
        where["host"] = where["host"].lower().rstrip(".")
        where.setdefault("port", str(DEFAULT_PORTS.get(entry["kind"], "")))
    return where

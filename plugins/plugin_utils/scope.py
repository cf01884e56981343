# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a playbook that only reads means by a service or a host: more than it names.

The keyword 'hosts' is evaluated before Ansible knows any variable of the inventory, so the play
holds all that may be meant, and the run is opened for what is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import dependencies
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.plugin_utils import targets

# By scope, the extra variable that names less than the whole play.
NARROWED_BY = {"closure": "service", "machine": "host"}
# By scope, what a service must say of itself to be meant when none is named.
DECLARED = {
    "smoke": ("smoke", "commands.smoke"),
    "watch": ("health", "smoke", "commands.smoke"),
}


def meant(
    scope: str,
    extra: Mapping[str, Any],
    hosts: Sequence[str],
    task_vars: Mapping[str, Any],
    entry_of: Callable[[str], Mapping[str, Any]],
) -> list[str]:
    """The hosts of the play that are meant, in its order."""
    if scope in DECLARED and "service" not in extra:
        return declaring(hosts, entry_of, DECLARED[scope], task_vars)
    name = NARROWED_BY.get(scope)
    if name is None or name not in extra:
        return list(hosts)
    groups = task_vars["groups"]
    if scope == "machine":
        hostvars = task_vars["hostvars"]
        addresses = {host: str(hostvars[host].get("ansible_host") or host) for host in hosts}
        return targets.on_machine(extra["host"], addresses)
    chosen: set[str] = set()
    for service in targets.wanted_names(extra["service"]):
        for needed in dependencies.closure(service, entry_of):
            chosen.update(targets.hosts_of(needed, "", targets.members("", groups), groups))
    return [host for host in hosts if host in chosen]


def declaring(
    hosts: Sequence[str],
    entry_of: Callable[[str], Mapping[str, Any]],
    keys: Sequence[str],
    task_vars: Mapping[str, Any],
) -> list[str]:
    """Those whose catalog entry has one of the keys."""
    raw, groups = task_vars.get("runbooks_services") or {}, task_vars["groups"]
    found = []
    for host in hosts:
        above = [name for name in raw if host in groups.get(name, ())]
        entry = entry_of(host if host in raw or not above else above[0])
        if any(has(entry, key) for key in keys):
            found.append(host)
    if not found:
        raise InputError(
            f"service: not given, and no service of the catalog has {' or '.join(keys)}; for example "
            "smoke: {home: {steps: [{url: http://127.0.0.1:3001/}]}}"
        )
    return found


def has(entry: Mapping[str, Any], key: str) -> bool:
    first, _dot, rest = key.partition(".")
    value = entry.get(first)
    return bool(value.get(rest) if rest and isinstance(value, Mapping) else value and not rest)


def refuse_both(extra: Mapping[str, Any]) -> None:
    if "service" in extra and "host" in extra:
        raise InputError(
            "host: given together with service; allowed is one of the two; for example -e host=app-1"
        )

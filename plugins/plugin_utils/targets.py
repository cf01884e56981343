# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which hosts a playbook may touch: from the kind's group, the raw 'service' and the limit.

An empty pattern, an empty group, a typo: to Ansible each of them is "all hosts" or a
success without work. Here each is an error.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager, split_host_pattern
from ansible.parsing.dataloader import DataLoader
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import (
    InputError,
    contains_template,
    refusal,
    shown,
)

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
Groups = Mapping[str, Sequence[str]]


def members(kind: str, groups: Groups) -> list[str]:
    """The hosts of a kind; of every kind when the playbook has none."""
    wanted = (
        [f"kind_{kind}"] if kind else sorted(name for name in groups if name.startswith("kind_"))
    )
    hosts: dict[str, None] = {}
    for group in wanted:
        hosts.update(dict.fromkeys(groups.get(group, ())))
    if not hosts:
        name = f"kind_{kind}" if kind else "kind_<kind>"
        raise InputError(
            f"inventory: the group {name} is empty or missing; every service stands in the group of its kind; "
            f"for example kind_{kind or 'postgresql'}: {{hosts: {{db: {{}}}}}}"
        )
    return list(hosts)


def wanted_names(value: object) -> list[str]:
    example = '-e service=db, or -e \'{"service": ["db1", "db2"]}\' for several'
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, (list, tuple)) or not given:
        raise refusal("service", value, "the name of a service or a list of names", example)
    if contains_template(list(given)):
        raise InputError(
            f"service: got a template; a name is data and is never evaluated; for example {example}"
        )
    for name in given:
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise refusal("service", name, "letters, digits, '.', '_' and '-'", example)
    return list(dict.fromkeys(given))


def hosts_of(name: str, kind: str, pool: Sequence[str], groups: Groups) -> list[str]:
    """An exact name wins: a host, else a group of hosts of the right kind."""
    if name in pool:
        of_one_kind(name, groups)
        return [name]
    # Ansible's own groups and those of a kind are no services.
    grouped = (
        () if name in ("all", "ungrouped") or name.startswith("kind_") else groups.get(name, ())
    )
    inside = [host for host in grouped if host in pool]
    if inside and len(inside) == len(grouped):
        return inside
    if inside:
        raise InputError(
            f"service: group {shown('', name)} holds hosts that are not in kind_{kind}: "
            f"{', '.join(h for h in grouped if h not in pool)}; for example -e service={pool[0]}"
        )
    close = difflib.get_close_matches(name, pool, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]}? " if close else ""
    what = f"{kind} service" if kind else "service"
    raise InputError(
        f"service: unknown {what} {shown('', name)}; {hint}known: {', '.join(pool)}; for example -e service={pool[0]}"
    )


def on_machine(value: object, addresses: Mapping[str, str]) -> list[str]:
    """The hosts of a machine, by the name of one of them or by its address."""
    example = f"-e host={next(iter(addresses.values()), 'app-1')}"
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise refusal("host", value, "the name or the address of a host", example)
    address = addresses.get(value, value)
    found = [name for name, other in addresses.items() if other == address]
    if not found:
        known = dict.fromkeys((*addresses, *addresses.values()))
        close = difflib.get_close_matches(value, known, n=1, cutoff=0.6)
        hint = f"did you mean {close[0]}? " if close else ""
        raise InputError(
            f"host: unknown host {shown('', value)}; {hint}known: {', '.join(known)}; for example {example}"
        )
    return found


def named(given: bool, hosts: Sequence[str]) -> None:
    """Where all of a catalog is too much to mean by saying nothing."""
    if not given and len(hosts) > 1:
        raise InputError(
            f"service: not given, and {len(hosts)} services could be meant: {', '.join(hosts[:10])}; "
            f"for example -e service={hosts[0]}, or -e host=ADDRESS for all of a machine"
        )


def of_one_kind(host: str, groups: Groups) -> None:
    """A host that is a service of its own is of one kind: in two, nobody knows what it is."""
    kinds = sorted(name for name in groups if name.startswith("kind_") and host in groups[name])
    if len(kinds) > 1:
        raise InputError(
            f"inventory: host {shown('', host)} stands in {', '.join(kinds)}; allowed is the group of one kind; "
            f"for example take it out of {kinds[-1]}"
        )


def limited(limit: str, groups: Groups) -> set[str]:
    """What --limit selects, as Ansible itself reads it.

    A part of it that selects nothing is an error, and so is an empty limit.
    """
    terms = [term for term in map(str.strip, split_host_pattern(limit)) if term]
    if not terms:
        raise InputError(
            f"--limit: got {shown('', limit)}, which Ansible takes for every host "
            f"({len(groups.get('all', ()))} here); for example --limit db, or leave it out"
        )
    inventory = inventory_of(groups)
    for term in terms:
        pattern = term.lstrip("!&")
        # After a comma Ansible reads a colon as part of a name.
        hopeless = pattern in ("", "~") or (
            "," in limit and ":" in re.sub(r"\[[^\]]*\]", "", pattern)
        )
        if hopeless or not selected(inventory, pattern):
            example = next(iter(groups.get("all", ())), "db")
            raise InputError(
                f"--limit: pattern {shown('', term)} matched nothing; for example --limit {example}"
            )
    return selected(inventory, limit)


def inventory_of(groups: Groups) -> InventoryManager:
    """The inventory again, only to ask it what a pattern means."""
    inventory = InventoryManager(loader=DataLoader(), sources=None, parse=False)
    for group, hosts in groups.items():
        inventory.add_group(group)
        for host in hosts:
            inventory.add_host(host, group)
    return inventory


def selected(inventory: InventoryManager, pattern: str) -> set[str]:
    try:
        names = {host.name for host in inventory.get_hosts(pattern)}
    except (AnsibleError, re.error):
        return set()  # a range or an expression that means nothing selects nothing
    return names & set(inventory.hosts)  # without the localhost that nobody wrote down


def resolve(kind: str, service: object, groups: Groups, limit: str | None) -> list[str]:
    """The hosts of this run, or an InputError. 'service' is None when it was not given."""
    pool = members(kind, groups)
    allowed = None if limit is None else limited(limit, groups)
    if service is not None:
        hosts = [
            host for name in wanted_names(service) for host in hosts_of(name, kind, pool, groups)
        ]
    else:
        hosts = [host for host in pool if allowed is None or host in allowed]
        if kind and len(hosts) > 1:
            raise InputError(
                f"service: not given, and {len(hosts)} services could be meant: {', '.join(hosts)}; "
                f"for example -e service={hosts[0]}"
            )
        for host in hosts if kind else ():
            of_one_kind(host, groups)
    outside = [host for host in hosts if allowed is not None and host not in allowed]
    if outside or not hosts:
        names = ", ".join(outside) or ", ".join(pool)
        raise InputError(
            f"--limit: {shown('', limit)} leaves out {names}; for example leave --limit out"
        )
    return list(dict.fromkeys(hosts))

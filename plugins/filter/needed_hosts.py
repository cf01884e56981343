# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: needed_hosts
author: The oncall.runbooks maintainers (@oncall-runbooks)
short_description: The hosts of services and of all that these need
version_added: 0.1.0
description:
  - >-
    Follows C(depends_on) of the catalog. A service that somebody else runs (C(platform=external)) is
    left out, unless it is one of the given: it is only read.
  - >-
    A catalog in which they cannot be followed gives the hosts themselves; the error is told by
    M(oncall.runbooks.incident_open).
options:
  _input:
    description: The catalog, C(runbooks_services).
    type: dict
    required: true
  hosts:
    description: Hosts of the services that are asked for.
    type: list
    elements: str
    required: true
  groups:
    description: The inventory's groups.
    type: dict
    required: true
positional: hosts, groups
"""

EXAMPLES = r"""
- name: Take along what they need
  ansible.builtin.add_host:
    name: "{{ item }}"
    groups: runbooks_needed
  loop: "{{ runbooks_services | oncall.runbooks.needed_hosts(ansible_play_hosts_all, groups) }}"
"""

RETURN = r"""
_value:
  description: Names of hosts, what is needed first.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.oncall.runbooks.plugins.module_utils.catalog import entry_of
from ansible_collections.oncall.runbooks.plugins.module_utils.dependencies import closure
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError

# Filled by the first play; hosts that stood in it before would be acted on unasked.
GROUP = "runbooks_needed"
Groups = Mapping[str, Sequence[str]]


def needed_hosts(services: Mapping[str, Any], hosts: Sequence[str], groups: Groups) -> list[str]:
    if GROUP in groups:
        raise AnsibleFilterError(
            f"inventory: the group {GROUP} is made by the run itself; allowed is any other name; for example my_{GROUP}"
        )
    found: dict[str, None] = {}
    for host in hosts:
        above = [group for group in services if host in groups.get(group, ())]
        own = host if host in services or not above else above[0]
        for name in names_needed(services, own):
            if name != own and services[name].get("platform") != "external":
                found.update(dict.fromkeys(groups.get(name, (name,))))
        found[host] = None
    known = set(groups["all"])
    return [host for host in found if host in known]


def names_needed(services: Mapping[str, Any], own: str) -> list[str]:
    try:
        return list(closure(own, lambda service: entry_of(services, service)))
    except InputError:
        return []


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"needed_hosts": needed_hosts}

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: target
author: The oncall.runbooks maintainers (@oncall-runbooks)
short_description: The hosts that a runbook may touch
version_added: 0.1.0
description:
  - >-
    Answers the hosts of a play, for the keyword C(hosts), as the example shows.
  - >-
    Reads the raw extra variable C(service), the inventory's groups and C(--limit).
    It never evaluates a template in a value given with C(-e).
  - >-
    An empty group, an unknown name, an empty or mistyped limit, and more than one possible
    service end the run with one line and exit status 1, where Ansible would select all hosts
    or succeed without work.
  - >-
    Refuses C(--tags), C(--skip-tags) and C(--start-at-task) where they would jump over the
    steps that make a change safe.
options:
  _terms:
    description:
      - The kind of service, the C(KIND) of the group C(kind_KIND). Without it, the members of every such group.
    type: list
    elements: str
  scope:
    description:
      - What may be meant besides the services that are named.
      - With V(closure), what they depend on, too; for playbooks that only read. Without a service
        it is the whole catalog.
      - With V(machine), the extra variable C(host) may name a host or its address instead, and means
        all services there.
      - With V(smoke) and V(watch), and without a service, those of the catalog that say how they are tried.
      - The play then holds more than is meant, and M(oncall.runbooks.incident_open) opens the run
        for the rest only. Nothing is done on the others.
    type: str
    choices: [service, closure, machine, smoke, watch]
    default: service
notes:
  - With C(--syntax-check) it answers the kind's group without looking at anything.
seealso:
  - name: Interface
    description: Names of variables, groups and outcomes.
    link: https://github.com/oncall-runbooks/oncall.runbooks/blob/main/docs/interface.md
"""

EXAMPLES = r"""
- name: Triage
  hosts: "{{ lookup('oncall.runbooks.target', scope='closure') }}"
  gather_facts: false

- name: Database connections exhausted
  hosts: "{{ lookup('oncall.runbooks.target', 'postgresql') }}"
  gather_facts: false
"""

RETURN = r"""
_raw:
  description: Names of hosts.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ansible import context
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.plugin_utils import targets
from ansible_collections.oncall.runbooks.plugins.plugin_utils.preload import preload
from ansible_collections.oncall.runbooks.plugins.plugin_utils.scope import (
    NARROWED_BY,
    refuse_both,
)

BAD_INPUT = 1


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        kind, scope = terms[0] if terms else "", kwargs.get("scope", "service")
        if context.CLIARGS.get("syntax"):
            return [f"kind_{kind}" if kind else "all"]
        try:
            extra, groups = load_extra_vars(self._loader), variables["groups"]
            hosts = resolve(kind, extra, groups)
            narrowed = NARROWED_BY.get(scope) in extra
            if narrowed:
                refuse_both(extra)
                hosts = resolve(kind, without_target(extra), groups)
            elif scope == "machine":
                targets.named("service" in extra, hosts)
        except InputError as error:
            # An exception from here would be shown wrapped in the template's own error, its
            # place in the playbook and an excerpt of it; a person needs the one line.
            Display().error(str(error), wrap_text=False)
            raise SystemExit(BAD_INPUT) from None
        kinds = [kind] if kind else kinds_of(hosts, groups) if scope == "closure" else []
        preload(scope, *kinds)
        return hosts


def kinds_of(hosts: list[str], groups: targets.Groups) -> list[str]:
    return [
        name.removeprefix("kind_")
        for name in groups
        if name.startswith("kind_") and set(groups[name]) & set(hosts)
    ]


def without_target(extra: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in extra.items() if name != "service"}


def resolve(kind: str, extra: Mapping[str, Any], groups: targets.Groups) -> list[str]:
    refuse_jumps(context.CLIARGS)
    if "service" in extra:
        targets.wanted_names(extra["service"])  # null is not the same as not given
    return targets.resolve(kind, extra.get("service"), groups, context.CLIARGS.get("subset"))


def refuse_jumps(options: Mapping[str, Any]) -> None:
    """Our tasks carry no tags, so any selection that leaves untagged tasks in is harmless."""
    chosen, skipped = set(options.get("tags") or ("all",)), set(options.get("skip_tags") or ())
    if options.get("start_at_task"):
        raise InputError("--start-at-task: would jump over the diagnosis; leave it out")
    if options.get("step"):
        raise InputError("--step: would let single steps be left out; leave it out, or use --check")
    if not chosen & {"all", "untagged"}:
        raise InputError(
            f"--tags: got {', '.join(sorted(chosen))}, which leaves out the whole runbook; leave it out"
        )
    if skipped & {"all", "untagged"}:
        raise InputError(
            f"--skip-tags: got {', '.join(sorted(skipped))}, which leaves out the whole runbook; leave it out"
        )

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
      - With V(closure), what they depend on is read, too; for playbooks that only read.
      - With V(machine), the extra variable C(host) may name a host or its address instead, and means
        all services there.
    type: str
    choices: [service, closure, machine]
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
from ansible_collections.oncall.runbooks.plugins.module_utils import catalog, dependencies
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.plugin_utils import targets
from ansible_collections.oncall.runbooks.plugins.plugin_utils.preload import preload

BAD_INPUT = 1


class LookupModule(LookupBase):
    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        kind, scope = terms[0] if terms else "", kwargs.get("scope", "service")
        if context.CLIARGS.get("syntax"):
            return [f"kind_{kind}" if kind else "all"]
        try:
            extra, groups = load_extra_vars(self._loader), variables["groups"]
            if scope == "machine" and "host" in extra:
                extra = on_machine(extra, variables["hostvars"], groups)
            hosts = resolve(kind, extra, groups)
            if scope == "closure" and "service" in extra:
                hosts = self._with_needed(hosts, variables, groups)
        except InputError as error:
            # An exception from here would be shown wrapped in the template's own error, its
            # place in the playbook and an excerpt of it; a person needs the one line.
            Display().error(str(error), wrap_text=False)
            raise SystemExit(BAD_INPUT) from None
        preload(scope, *([kind] if kind else kinds_of(hosts, groups) if scope == "closure" else []))
        return hosts


    def _with_needed(
        self, hosts: list[str], variables: Any, groups: targets.Groups
    ) -> list[str]:
        """And what the services depend on, directly or not."""
        raw = variables.get("runbooks_services")

        def entry_of(name: str) -> Mapping[str, Any]:
            given = catalog.entry_of(raw, name).get("depends_on", [])
            return {"depends_on": self._templar.template(given)}

        above = [name for name in raw if any(host in groups.get(name, ()) for host in hosts)]
        named = [*above, *(host for host in hosts if host in raw)]
        needed = {name: None for each in named for name in dependencies.closure(each, entry_of)}
        for name in needed:
            hosts += targets.hosts_of(name, "", targets.members("", groups), groups)
        return list(dict.fromkeys(hosts))


def kinds_of(hosts: list[str], groups: targets.Groups) -> list[str]:
    return [
        name.removeprefix("kind_")
        for name in groups
        if name.startswith("kind_") and set(groups[name]) & set(hosts)
    ]


def on_machine(
    extra: Mapping[str, Any], hostvars: Mapping[str, Any], groups: targets.Groups
) -> dict[str, Any]:
    """The same as if all services of the machine had been named."""
    if "service" in extra:
        raise InputError(
            "host: given together with service; allowed is one of the two; for example -e host=app-1"
        )
    pool = targets.members("", groups)
    addresses = {name: str(hostvars[name].get("ansible_host") or name) for name in pool}
    return {**extra, "service": targets.on_machine(extra["host"], addresses)}


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

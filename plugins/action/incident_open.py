# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from ansible import context
from ansible.utils.vars import load_extra_vars
from ansible_collections.oncall.runbooks.plugins.module_utils import (
    catalog,
    dependencies,
    entries,
    incident,
    inputs,
    kinds,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.backup import entry as backups
from ansible_collections.oncall.runbooks.plugins.module_utils.decision import (
    Scenario,
    goal,
    scenario,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.disk import entry as disks
from ansible_collections.oncall.runbooks.plugins.module_utils.health import entry as health
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError, NoSecret
from ansible_collections.oncall.runbooks.plugins.module_utils.processes import started_at
from ansible_collections.oncall.runbooks.plugins.module_utils.rate_limit import entry as rate_limits
from ansible_collections.oncall.runbooks.plugins.module_utils.smoke import entry as smoke
from ansible_collections.oncall.runbooks.plugins.module_utils.times import stamp
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic import entry as proxies
from ansible_collections.oncall.runbooks.plugins.plugin_utils import scope
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RunbookAction

# What a catalog may hold that nobody else must see, and a file where it might lie.
SECRETS = {"password": "db.password", "token": "bot.token", "secret": "bot.secret"}
COMMON = ("service", "approve", "incident", "severity")


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {"scenario": {"type": "str", "required": True}}

    def act(self) -> dict[str, Any]:
        name = self.arguments["scenario"]
        rules = scenario(name)
        extra = load_extra_vars(self._loader)
        known = [*COMMON, *(spec.name for spec in rules.INPUTS)]
        inputs.check_names(extra, known)
        inputs.check_data(extra, known)
        refuse_secrets(extra)
        run = self._run(name, rules, extra)
        incident.begin(run, opened(run))
        return {
            "changed": False,
            "directory": str(run.directory),
            "incident": run.incident,
            "services": run.services,
            "incident_show": [
                {
                    "kind": "run",
                    "directory": str(run.folder),
                    **opened(run),
                    "incident": run.incident,
                    "run": run.run,
                }
            ],
        }

    def _run(self, name: str, rules: Scenario, extra: Mapping[str, Any]) -> incident.Run:
        now = time.time()
        services = self._services(rules, extra)
        names = list(dict.fromkeys(services.values()))
        if rules.ACTIONS:  # who only reads may read the whole catalog
            self._check_number(self._named(extra, services))
        if scope_of(rules) == "watch":
            check_forks(names, int(context.CLIARGS.get("forks") or 5))
        values = {service: self._values(rules, extra, service) for service in names}
        for host, service in services.items():
            self._check_ways(service, host, rules)
        for service in names:
            self._check_dependencies(service, rules)
        others = self._others(rules, names)
        risks = {action: rule.risk for action, rule in rules.ACTIONS.items()}
        return incident.Run(
            incident=inputs.incident_id(extra["incident"])
            if "incident" in extra
            else incident.new_incident_id(now),
            run=incident.new_run_id(now),
            scenario=name,
            state_dir=str(incident.state_dir(self.setting("runbooks_state_dir"), os.environ)),
            environment=str(self.setting("runbooks_environment", "production")),
            check_mode=self.check_mode,
            severity=inputs.severity(extra["severity"]) if "severity" in extra else None,
            services=services,
            inputs=values,
            approvals=inputs.approvals(extra["approve"], risks, [*names, *others])
            if "approve" in extra
            else [],
            approve_up_to=inputs.approve_up_to(self.setting("runbooks_approve_up_to", "safe")),
            started_at=started_at(os.getppid()) or now,
            pid=os.getppid(),
        )

    def _services(self, rules: Scenario, extra: Mapping[str, Any]) -> dict[str, str]:
        """Each host of the play and the catalog's name for it: its own, else that of its group."""
        groups = self.task_vars["groups"]
        raw = self.setting_names("runbooks_services")
        services = {}
        play = self.task_vars["ansible_play_hosts_all"]
        for host in scope.meant(scope_of(rules), extra, play, self.task_vars, self.entry):
            above = [group for group in groups if host in groups[group] and group in raw]
            if host not in raw and len(above) > 1:
                raise InputError(
                    f"runbooks_services: host {host} is in several groups that are services: {', '.join(above)}; "
                    "allowed is one; for example name the host itself"
                )
            services[host] = above[0] if host not in raw and above else host
        return services

    def setting_names(self, name: str) -> list[str]:
        raw = self.task_vars.get(name)
        if raw is not None and not isinstance(raw, Mapping):
            raw = self.setting(name)
        return list(
            entries.mapping(
                name, raw if raw is not None else {}, f"{name}: {{db: {{kind: postgresql}}}}"
            )
        )

    def _named(self, extra: Mapping[str, Any], services: Mapping[str, str]) -> list[str]:
        """What the user asked for: the play may hold what that needs, too."""
        given = extra.get("service")
        if "host" in extra:
            return [str(extra["host"])]  # a machine is one, whatever runs there
        if given is None:
            return list(dict.fromkeys(services.values()))
        groups = self.task_vars["groups"]
        asked = [given] if isinstance(given, str) else list(given)
        hosts = [host for name in asked for host in ([name] if name in services else groups[name])]
        return list(dict.fromkeys(services[host] for host in hosts if host in services))

    def _check_number(self, services: list[str]) -> None:
        allowed = inputs.max_targets(self.setting("runbooks_max_targets", 1))
        if len(services) > allowed:
            raise InputError(
                f"runbooks_max_targets: got {len(services)} services ({', '.join(services[:5])}), "
                f"allowed are {allowed}; "
                f"for example -e service={services[0]}, or runbooks_max_targets: {len(services)}"
            )

    def _values(self, rules: Scenario, extra: Mapping[str, Any], service: str) -> dict[str, Any]:
        entry = self.entry(service)
        catalog.check(service, entry, rules.KIND)
        values = inputs.values(rules.INPUTS, extra, entry.get("limits") or {}, service)
        contradictions = getattr(rules, "contradictions", None)
        if contradictions:
            contradictions(values)
        against_catalog = getattr(rules, "against_catalog", None)
        if against_catalog:
            against_catalog(values, service, entry)
        return values

    def _check_ways(self, service: str, host: str, rules: Scenario) -> None:
        entry, local = self.entry(service), self.is_local(host)
        # Who reads the whole catalog tells which service is missing, and goes on with the others.
        with contextlib.suppress(*([NoSecret] if reads_catalog(rules) else [])):
            kinds.check(entry["kind"], service, entry, local)
        disks.of(f"runbooks_services.{service}.disk", entry.get("disk"))
        health.of(f"runbooks_services.{service}.health", entry.get("health"), local)
        proxies.of(f"runbooks_services.{service}.proxy", entry.get("proxy"))
        smoke.of(f"runbooks_services.{service}", entry, local)
        rate_limits.of(f"runbooks_services.{service}.rate_limit", entry.get("rate_limit"))
        backups.of(f"runbooks_services.{service}.backup", entry.get("backup"))

    def _others(self, rules: Scenario, names: list[str]) -> list[str]:
        """What the scenario reads and acts on beside the services of the run: judged like these."""
        of = getattr(rules, "others", None)
        found = (
            list(dict.fromkeys(name for own in names for name in of(own, self.entry))) if of else []
        )
        for name in found:
            catalog.check(name, self.entry(name), rules.KIND)
            for host in self.hosts_of(name):
                self._check_ways(name, host, rules)
        return found

    def _check_dependencies(self, service: str, rules: Scenario) -> None:
        """They are only read, but a reading of the wrong place would be believed."""
        for name in dependencies.closure(service, self.entry):
            if name != service:
                catalog.check(name, self.entry(name), "")
                for host in self.hosts_of(name):
                    self._check_ways(name, host, rules)


def check_forks(services: list[str], forks: int) -> None:
    """Each is watched by a worker of its own; the rest would wait for the end of the first."""
    if len(services) > forks:
        raise InputError(
            f"forks: got {forks}, for {len(services)} services; allowed is one for each that is watched; "
            f"for example --forks {len(services)}, or -e service={services[0]}"
        )


def reads_catalog(rules: Scenario) -> bool:
    return not rules.ACTIONS and scope_of(rules) in scope.NARROWED_BY


def scope_of(rules: Scenario) -> str:
    """Only a playbook that changes nothing may mean more than it names; a machine is named, too."""
    scope = str(getattr(rules, "SCOPE", "service"))
    return scope if scope == "machine" or not rules.ACTIONS else "service"


def opened(run: incident.Run) -> dict[str, Any]:
    """What the journal keeps of a run, and the terminal shows."""
    return {
        "scenario": run.scenario,
        "goal": goal(run.scenario),
        "environment": run.environment,
        "check_mode": run.check_mode,
        "severity": run.severity,
        "services": list(dict.fromkeys(run.services.values())),
        "inputs": run.inputs,
        "approvals": run.approvals,
        "user": getpass.getuser(),
        "controller": socket.gethostname(),
        "pid": run.pid,
        "version": incident.VERSION,
        "started_at": stamp(run.started_at),
    }


def refuse_secrets(extra: Mapping[str, Any], path: str = "") -> None:
    """What stands on a command line stands in the process list."""
    for key, value in extra.items():
        here = f"{path}{key}"
        if isinstance(value, Mapping):
            refuse_secrets(value, f"{here}.")
        elif (path and str(key) in SECRETS) or (
            str(key).startswith("runbooks_") and inputs.SECRET_NAME.search(str(key))
        ):
            what = str(key) if str(key) in SECRETS else "password"
            raise InputError(
                f"{here}: a {what} given with -e is visible in the process list; allowed is {what}_file, "
                f"{what}_env or a vaulted {what} in the inventory; "
                f"for example {what}_file: /etc/oncall/{SECRETS[what]}"
            )

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every action of a runbook shares. They run on the controller: a module would cost
twenty times as much, and the journal, the plan and the lock must not depend on a sick host."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible import context
from ansible.errors import AnsibleConnectionFailure, AnsibleError, AnsibleUndefinedVariable
from ansible.plugins.action import ActionBase
from ansible_collections.oncall.runbooks.plugins.module_utils import (
    catalog,
    entries,
    incident,
    inputs,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import (
    Lock,
    LockHeld,
    LockLost,
    LockUnavailable,
    ServiceLock,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.lock_on_host import (
    FOLDER,
    HostFiles,
    Place,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import lease
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_api import Clusters

RUN_OPTION = {"run": {"type": "path", "required": True}}
FENCE_OPTION = {"fence": {"type": "int", "required": True}}


class Stop(Exception):
    """End the task with one line and an outcome."""

    def __init__(self, message: str, outcome: str = "error", **result: Any) -> None:
        super().__init__(message)
        self.result = {"failed": True, "msg": message, "outcome": outcome, **result}


class RunbookAction(ActionBase):
    """A subclass gives SPEC and act(); what goes wrong as foreseen becomes one line."""

    TRANSFERS_FILES = False
    _requires_connection = False
    SPEC: ClassVar[dict[str, Any]] = {}
    arguments: dict[str, Any]
    task_vars: dict[str, Any]

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        self.task_vars = task_vars or {}
        # Here, because an action of one task is used for nothing else.
        self.clusters = Clusters()
        self.shown: list[dict[str, Any]] = []  # what the terminal is to tell
        _validated, self.arguments = self.validate_argument_spec({**self.SPEC})
        try:
            result.update(self.act())
        except Stop as stop:
            result.update(stop.result)
        except InputError as error:
            result.update(failed=True, msg=f"error: {error}", outcome="error")
        except LockHeld as error:
            result.update(failed=True, msg=f"locked: {error}", outcome="locked")
        except (LockLost, LockUnavailable) as error:
            result.update(failed=True, msg=f"error: {error}", outcome="error")
        finally:
            self.clusters.close()
        return result

    def act(self) -> dict[str, Any]:
        raise NotImplementedError

    @property
    def check_mode(self) -> bool:
        return bool(self._task.check_mode)

    @property
    def host(self) -> str:
        return str(self.task_vars["inventory_hostname"])

    def this_run(self) -> incident.Run:
        return incident.load(self.arguments["run"])

    def hosts_of(self, service: str) -> list[str]:
        """The inventory hosts that stand for a service: the one of its name, else its group's."""
        groups = self.task_vars["groups"]
        hosts = [service] if service in groups["all"] else list(groups.get(service, ()))
        if not hosts:
            raise InputError(
                f"inventory: no host stands for the service {service}; allowed is a host or a group of its name; "
                f"for example {service}: {{ansible_connection: local}}"
            )
        return hosts

    def is_local(self, host: str) -> bool:
        connection = self.task_vars["hostvars"][host].get(
            "ansible_connection"
        ) or context.CLIARGS.get("connection")
        return str(connection).rpartition(".")[2] == "local"

    def setting(self, name: str, default: Any = None) -> Any:
        """One of the collection's own settings, from the inventory or -e."""
        value = self.task_vars.get(name)
        return default if value is None else self.evaluated(name, value)

    def entry(self, service: str) -> entries.Entry:
        """The service's catalog entry with its credentials; only this one is evaluated, not the whole catalog."""
        raw = self.task_vars.get("runbooks_services")
        if not isinstance(raw, Mapping):
            raw = self.evaluated("runbooks_services", raw) if raw else {}
        catalog.entry_of(raw, service)
        path = f"runbooks_services.{service}"
        return entries.mapping(path, self.evaluated(path, raw[service]), "{kind: postgresql}")

    def evaluated(self, name: str, value: Any) -> Any:
        """What the inventory's own templates make of a value."""
        try:
            return self._templar.template(value)
        except AnsibleUndefinedVariable as error:
            problem = str(error.message).splitlines()[0]
        except AnsibleError:
            problem = "a template that fails"  # its text may hold what it worked on
        raise InputError(
            f"{name}: cannot be evaluated: {problem}; allowed are variables that the inventory defines; "
            f"for example look at it with: ansible-inventory --host {self.host}"
        )

    def shell(self, command: str, stdin: str = "") -> Done:
        """On the host of this task. What is secret travels on standard input."""
        try:
            # Ansible writes more behind the command, which cannot begin a line.
            done = self._low_level_execute_command(command.rstrip(), in_data=stdin.encode())
        except AnsibleConnectionFailure as error:
            raise Unreachable(f"the host does not answer: {str(error)[:200]}") from None
        return Done(done["rc"], done["stdout"], done["stderr"])

    def lock(self, run: incident.Run, service: str) -> Lock:
        """Where all who may change the service see it: its cluster, else its host; of one that
        somebody else runs, the state folder."""
        entry = self.entry(service)
        name, section = catalog.lock_name(service, entry), catalog.section(entry)
        if entry["platform"] == "external" or self.kept_here(run).exists():
            return ServiceLock(run.locks, name)
        if entry["platform"] == "kubernetes":
            return Lock(
                lease.Leases(lambda: self.clusters.api(section), section["namespace"], name)
            )
        memory = run.directory / f"lock-{incident.plain(self.host)}.json"
        return Lock(HostFiles(self.shell, self._lock_place(section), name, memory))

    def kept_here(self, run: incident.Run) -> Path:
        """There while the lock of this run lies on the control node, its own place being gone."""
        return run.directory / f"lock-here-{incident.plain(self.host)}"

    def stay(self, run: incident.Run, seconds: float = 0.0) -> None:
        """Wait, and go on only while the run is there: one that was killed leaves the worker of its
        task behind, which must neither change anything nor keep the lock."""
        until = time.monotonic() + seconds
        while os.getppid() == run.pid:
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(1.0, left))
        raise Stop(f"run {run.run} has ended before this task of it")

    def progress(self, run: incident.Run, service: str, text: str) -> None:
        """One line of a wait, for the terminal."""
        elapsed = time.time() - run.started_at
        self.shown.append(
            {"kind": "progress", "service": service, "elapsed_s": elapsed, "text": text}
        )

    def so_far(self, run: incident.Run, name: str) -> dict[str, Any]:
        """What an attempt left for the next. Each is an action of its own, and so it lies on the disk."""
        path = self._kept(run, name)
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def go_on(self, run: incident.Run, name: str, state: Mapping[str, Any], done: bool) -> None:
        if done:
            self._kept(run, name).unlink(missing_ok=True)
        else:
            incident.write_whole(self._kept(run, name), json.dumps(state))

    def _kept(self, run: incident.Run, name: str) -> Path:
        return run.directory / f"{name}-{incident.plain(self.host)}.json"

    def confirm_lock(
        self, run: incident.Run, service: str, lease_s: float = incident.LEASE_S
    ) -> None:
        """As late as can be, and by the process that makes the change. `fence` is the task's option."""
        self.stay(run)
        self.lock(run, service).confirm(run.run, self.arguments["fence"], lease_s, os.getpid())

    def _lock_place(self, section: Mapping[str, Any]) -> Place:
        given = inputs.lock_dir(self.setting("runbooks_lock_dir"))
        own = section.get("scope") == "user"
        return Place(self.host, given or ("" if own else FOLDER))

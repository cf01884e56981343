# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small workload in a namespace, a verb carried out on it as a playbook does, and what it was like."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import kubernetes
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done, Reach
from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_api import Clusters
from ansible_collections.oncall.runbooks.tests.integration import prefork
from ansible_collections.oncall.runbooks.tests.lab import lab

harness = sys.modules["oncall_harness"]
SERVE = "trap 'exit 0' TERM; while :; do sleep 0.2; done"
# What a controller writes, or the API server by itself; all else must be as it was.
VOLATILE = ("generation", "resourceVersion", "managedFields", "uid", "creationTimestamp")
REVISION = "deployment.kubernetes.io/revision"
PLAYBOOK = """
- hosts: "{{ lookup('oncall.runbooks.target') }}"
  gather_facts: false
  tasks:
    - ansible.builtin.import_role: {name: oncall.runbooks.incident, tasks_from: open}
      vars: {incident_scenario: revert}
    - ansible.builtin.include_role: {name: oncall.runbooks.workload, tasks_from: VERB}
      vars: VARIABLES
    - ansible.builtin.copy: {content: "{{ workload_done | to_json }}", dest: ANSWER, mode: "0600"}
      check_mode: false
      no_log: true
"""


# The same with one step of a verb alone.
STEP = """
    - oncall.runbooks.kubernetes_workload:
        {run: "{{ incident_opened.directory }}", service: it, verb: VERB, release: RELEASE}
      register: workload_done
"""


@dataclass(frozen=True)
class Carried:
    """A verb that was carried out, or not."""

    rc: int
    output: str
    done: Mapping[str, Any]

    @property
    def changed(self) -> bool:
        assert self.rc == 0, self.output
        return bool(self.done["changed"])

    def refused(self) -> str:
        assert self.rc != 0
        assert "refused: it: " in self.output, self.output
        return self.output


@dataclass
class Bench:
    space: lab.Namespace
    folder: Path
    incident: str = field(default_factory=lambda: f"INC-{secrets.token_hex(4)}")
    made: list[str] = field(default_factory=list)

    def deploy(self, spec: Mapping[str, Any] | None = None, **container: Any) -> str:
        """A Deployment with a name of its own, rolled out."""
        name = self.apply("Deployment", spec or {}, container)
        self.space.kubectl("rollout", "status", f"deployment/{name}", "--timeout=90s")
        return name

    def apply(
        self, kind: str, spec: Mapping[str, Any], container: Mapping[str, Any], **pod: Any
    ) -> str:
        name = f"api-{secrets.token_hex(3)}"
        own = {
            "name": "app",
            "image": "shop:v1",
            "imagePullPolicy": "Never",
            "command": ["sh", "-c", SERVE],
            **container,
        }
        template = {
            "metadata": {"labels": {"app": name}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [own], **pod},
        }
        whole = {
            "apiVersion": "apps/v1",
            "kind": kind,
            "metadata": {"name": name, "labels": {"app": name}},
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": template, **spec},
        }
        self.create(whole)
        return name

    def create(self, one: Mapping[str, Any]) -> None:
        self.space.kubectl("apply", "-f", "-", given=json.dumps(one))
        self.made.append(f"{one['kind'].lower()}/{one['metadata']['name']}")

    def clear(self) -> None:
        if self.made:
            self.space.kubectl("delete", "--wait=false", "--ignore-not-found", *self.made)

    def patch(self, what: str, body: Mapping[str, Any]) -> None:
        self.space.kubectl("patch", what, "-p", json.dumps(body))

    def break_it(self, what: str, **container: Any) -> None:
        """A new release that differs in its container."""
        spec = {"containers": [{"name": "app", **container}]}
        self.patch(what, {"spec": {"template": {"spec": spec}}})

    def section(self, name: str, workload: str = "deployment", **more: Any) -> dict[str, Any]:
        return {
            "namespace": self.space.name,
            "workload": workload,
            "name": name,
            "kubeconfig": str(self.space.config),
            **more,
        }

    def read(self, section: Mapping[str, Any]) -> dict[str, Any]:
        return dict(with_clusters(lambda reach: kubernetes.read({"it": section}, reach)["it"]))

    def execute(self, section: Mapping[str, Any], command: str, stdin: str = "") -> Done:
        return Done(
            *with_clusters(lambda reach: kubernetes.execute(section, command, stdin, reach))
        )

    def conditions(self, section: Mapping[str, Any]) -> dict[str, str]:
        return {one["reason"]: one["message"] for one in self.read(section)["conditions"]}

    def until(self, section: Mapping[str, Any], reason: str, seconds: float = 60) -> str:
        """Wait until the reading has a condition, and say what it says."""
        end = time.monotonic() + seconds
        while reason not in (found := self.conditions(section)):
            assert time.monotonic() < end, f"no {reason}, but {found}"
            time.sleep(0.5)
        return found[reason]

    def carry_out(
        self, verb: str, section: Mapping[str, Any], *options: str, **variables: Any
    ) -> Carried:
        """The verb of the role, in a playbook that a user could write."""
        return self._carried(section, written(verb, variables), *options)

    def start(
        self, verb: str, section: Mapping[str, Any], *options: str, **variables: Any
    ) -> tuple[subprocess.Popen[str], Path]:
        """The same, while it runs, and the file that its answer will be in."""
        return self._started(section, written(verb, variables), *options)

    def step(self, verb: str, section: Mapping[str, Any], release: str) -> Carried:
        """One step of a verb, as a run leaves it that is killed after it."""
        before, _role, rest = PLAYBOOK.partition("    - ansible.builtin.include_role")
        answer = "    - ansible.builtin.copy" + rest.partition("    - ansible.builtin.copy")[2]
        one = STEP.replace("VERB", verb).replace("RELEASE", json.dumps(release))
        return self._carried(section, before.rstrip() + one + answer)

    def _carried(self, section: Mapping[str, Any], text: str, *options: str) -> Carried:
        command, environment, answer = self._prepared(section, text, *options)
        rc, stdout, stderr = prefork.run(command, harness.ROOT, environment, 300)
        told = json.loads(answer.read_text()) if answer.exists() else {}
        return Carried(rc, stdout + stderr, told)

    def _started(
        self, section: Mapping[str, Any], text: str, *options: str
    ) -> tuple[subprocess.Popen[str], Path]:
        command, environment, answer = self._prepared(section, text, *options)
        process = subprocess.Popen(
            command,
            cwd=harness.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return process, answer

    def _prepared(
        self, section: Mapping[str, Any], text: str, *options: str
    ) -> tuple[list[str], dict[str, str], Path]:
        entry = {"kind": "http", "platform": "kubernetes", "kubernetes": dict(section)}
        site = harness.make_site(self.folder, {"it": entry})
        answer = self.folder / "answer.json"
        answer.unlink(missing_ok=True)
        playbook = self.folder / "verb.yml"
        playbook.write_text(text.replace("ANSWER", json.dumps(str(answer))))
        yaml.safe_load(playbook.read_text())
        command = [harness.PLAYBOOK, "-i", str(site.inventory), str(playbook), *options]
        return [*command, "-e", f"incident={self.incident}"], site.environment(), answer

    def snapshot(self, what: str) -> dict[str, Any]:
        return essence(self.space.json(*what.split("/")))

    def generation(self, what: str) -> int:
        return int(self.space.json(*what.split("/"))["metadata"]["generation"])

    def pods(self, name: str) -> list[dict[str, Any]]:
        return list(self.space.json("pods", "-l", f"app={name}")["items"])


def written(verb: str, variables: Mapping[str, Any]) -> str:
    named = {f"workload_{name}": value for name, value in variables.items()}
    return PLAYBOOK.replace("VERB", verb).replace("VARIABLES", json.dumps(named))


def essence(one: Mapping[str, Any]) -> dict[str, Any]:
    """What somebody deployed of an object."""
    metadata = {key: value for key, value in one["metadata"].items() if key not in VOLATILE}
    notes = {
        key: value for key, value in (metadata.get("annotations") or {}).items() if key != REVISION
    }
    rest = {key: value for key, value in one.items() if key != "status"}
    return {**rest, "metadata": {**metadata, "annotations": notes}}


def with_clusters(ask: Callable[[Reach], Any]) -> Any:
    clusters = Clusters()
    try:
        return ask(Reach(shell=no_shell, api=clusters.api))
    finally:
        clusters.close()


def no_shell(_command: str, _stdin: str) -> Done:
    raise AssertionError("nothing is done on a host")

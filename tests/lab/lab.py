# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What tests ask of the lab: a Compose project, a machine with systemd, a namespace of one's own.

Each is new, has a name that nobody else has, and is removed at the end, so that tests may
run at the same time. A stack is a folder below `stacks/`.

    with lab.compose_project("labelmint") as project:
        project.execute("db", "psql", "-U", "labelmint", "-c", "SELECT 1")
    with lab.systemd_host("tokpulse") as host:
        host.execute("systemctl", "restart", "tokpulse")
    with lab.namespace("haste") as space:
        space.kubectl("rollout", "status", "deployment/api")

`inventory(FOLDER)` of each writes what the product's inventory does not know of the lab;
give it to Ansible beside that inventory: `-i inventories/labelmint -i FOLDER`.
"""

from __future__ import annotations

import contextlib
import json
import random
import re
import secrets
import shutil
import socket
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import cluster, engine, hosts, parts
from ansible_collections.oncall.runbooks.tests.lab.places import HERE, LAB, LABEL, load
from ansible_collections.oncall.runbooks.tests.lab.shell import LabError, Skipped, run, wait_for

__all__ = ["LabError", "Skipped", "compose_project", "namespace", "need", "systemd_host"]

STACKS = HERE / "stacks"
# Below the ports that the kernel gives to outgoing connections.
PORTS = range(20000, 32000)
# What a product's bot and wallet are given: secrets of so many bytes, and the zero address.
BOT_ID, BOT, NOBODY = "4242:", {"token": 18, "secret": 16}, f"0:{'0' * 64}"
# Services that their stack's gateway passes on: replicas cannot share a port of the machine.
BEHIND_GATEWAY = {"api": "/api", "web": ""}


def need(part: str) -> dict[str, Any]:
    """What the lab knows of a part that is up; Skipped tells how to get it."""
    known = load()
    missing = [name for name in parts.with_needs(part) if name not in known]
    if missing or not engine.answers() or not _alive(part, known):
        raise Skipped(f"the lab's {part} is not up: tools/lab up {part}")
    return dict(known[part])


def _alive(part: str, known: dict[str, Any]) -> bool:
    return part != "kubernetes" or cluster.ready(Path(known[part]["kubeconfig"]))


def fresh_name() -> str:
    return f"oncall-{secrets.token_hex(4)}"


def free_port() -> int:
    """One that nobody listens on."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise LabError("no free port")


def get(url: str, seconds: float = 5) -> tuple[int, Any]:
    """Status and JSON (or text) of a page; status 0 when nobody answers."""
    return _ask(urllib.request.Request(url), seconds)


def post(url: str, content: Any = None, seconds: float = 5) -> tuple[int, Any]:
    return _ask(
        urllib.request.Request(url, json.dumps(content or {}).encode(), method="POST"), seconds
    )


def _ask(request: urllib.request.Request, seconds: float) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            status, text = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            status, text = error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


def _write_inventory(
    folder: Path, variables: dict[str, Any], group: str, connection: dict[str, Any]
) -> Path:
    (folder / "group_vars").mkdir(parents=True, exist_ok=True)
    content = {"runbooks_environment": "drill", **variables}
    (folder / "group_vars" / "all.yml").write_text(json.dumps(content, indent=2) + "\n")
    groups = {"all": {"children": {group: {"vars": connection}}}}
    (folder / "hosts.yml").write_text(json.dumps(groups, indent=2) + "\n")
    return folder


# The releases that run well.
GOOD = ["shop:v1", "shop:v2"]
LOCAL = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
}


# ---------------------------------------------------------------- Compose


@dataclass(frozen=True)
class Project:
    """A Compose project of one test, with a folder of its own."""

    name: str
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def compose(self, *words: str, check: bool = True) -> str:
        done = run("docker", "compose", *words, folder=self.folder, check=check, seconds=180)
        return done.stdout

    def execute(self, service: str, *command: str) -> str:
        return self.compose("exec", "-T", service, *command)

    def container(self, service: str, number: int = 1) -> str:
        """The id of the container, also of one that has stopped."""
        found = self.compose("ps", "--all", "--quiet", service).split()
        if len(found) < number:
            raise LabError(f"{self.name} has no container {number} of {service}")
        return found[number - 1]

    def inspect(self, service: str, number: int = 1) -> dict[str, Any]:
        text = run("docker", "inspect", self.container(service, number)).stdout
        return dict(json.loads(text)[0])

    def set(self, **settings: str) -> None:
        """Change settings of the project, as its .env keeps them; `up` brings them in."""
        self.settings.update(settings)
        lines = [f"{name}={value}\n" for name, value in sorted(self.settings.items())]
        path = self.folder / ".env"
        path.touch(mode=0o600)
        path.write_text("".join(lines))

    def url(self, service: str) -> str:
        """Where this machine reaches a service that speaks HTTP."""
        port = self.settings.get(f"{service.upper()}_PORT")
        if port is None:
            return self.url("gateway") + BEHIND_GATEWAY[service]
        return f"http://127.0.0.1:{port}"

    def urls(self) -> dict[str, str]:
        ended = [name[:-5].lower() for name in self.settings if name.endswith("_PORT")]
        return {name: self.url(name) for name in ended}

    def up(self, *services: str) -> None:
        """Everything of it runs and says that it is well."""
        self.compose("up", "--detach", "--quiet-pull", "--wait", *services)

    def inventory(self, folder: Path, **wallet: Any) -> Path:
        """`wallet` is what its own wallet has other than nobody's."""
        where = {
            "stack_dir": str(self.folder),
            "stack_name": self.name,
            "stack_urls": self.urls(),
            "stack_releases": GOOD,
            "stack_bot": _private_files(self.folder, "bot", BOT),
            "stack_wallet": {
                "addresses": [NOBODY],
                **_private_files(self.folder, "toncenter", {"api_key": 32}),
                **wallet,
            },
        }
        return _write_inventory(folder, where, "engine", LOCAL)

    def remove(self) -> None:
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "1", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def _private_files(folder: Path, what: str, made: Mapping[str, int]) -> dict[str, str]:
    """Secrets that nobody knows, of so many bytes, as the inventory of a product names them."""
    found = {}
    for name, size in made.items():
        path = folder / f"{what}.{name}"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(f"{BOT_ID if name == 'token' else ''}{secrets.token_hex(size)}\n")
        found[f"{name}_file"] = str(path)
    return found


def _port_settings(stack: Path) -> dict[str, str]:
    """A free port for each NAME_PORT of its compose.yaml."""
    names = re.findall(r"\$\{(\w+_PORT):-", (stack / "compose.yaml").read_text())
    return {name: str(free_port()) for name in names}


@contextlib.contextmanager
def compose_project(
    stack: str, *services: str, wait: bool = True, **settings: str
) -> Iterator[Project]:
    """The stack in a new project; without `services`, all of them. `settings` go to its .env."""
    need("compose")
    folder = Path(tempfile.mkdtemp(prefix=f"{stack}-"))
    shutil.copytree(STACKS / stack, folder, dirs_exist_ok=True)
    project = Project(fresh_name(), folder)
    project.set(
        **{
            "COMPOSE_PROJECT_NAME": project.name,
            "DATABASE_PASSWORD": secrets.token_hex(16),
            **_port_settings(STACKS / stack),
            **settings,
        }
    )
    try:
        if wait:
            project.up(*services)
        yield project
    finally:
        project.remove()


# ---------------------------------------------------------------- systemd


@dataclass(frozen=True)
class Host:
    """A machine with systemd of one test."""

    name: str
    password: str

    def execute(self, *command: str, given: str | None = None) -> str:
        return hosts.execute(self.name, *command, given=given)

    def address(self) -> str:
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return run("docker", "inspect", "-f", form, self.name).stdout.strip()

    def active(self, unit: str) -> str:
        done = run("docker", "exec", self.name, "systemctl", "is-active", unit, check=False)
        return done.stdout.strip()

    def release(self, number: int) -> None:
        """Point `current` to a release, as a deployment does; the units are not restarted."""
        link = "ln -sfn releases/$0 /opt/app/current.new && mv -T /opt/app/current.new /opt/app/current"
        self.execute("sh", "-c", link, str(number))

    def inventory(self, folder: Path) -> Path:
        connection = {
            "ansible_connection": "community.docker.docker",
            "ansible_host": self.name,
            "ansible_user": "root",
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        return _write_inventory(folder, {"stack_address": self.address()}, "machine", connection)

    def remove(self) -> None:
        hosts.remove(self.name)


@contextlib.contextmanager
def systemd_host(stack: str = "", *arguments: str) -> Iterator[Host]:
    """A machine with the stack's services, or a bare one; `arguments` go to `docker run`."""
    need("systemd")
    host = Host(hosts.start(fresh_name(), *arguments), secrets.token_hex(16))
    try:
        if stack:
            hosts.copy(host.name, STACKS / stack, "/root/stack")
            host.execute("bash", "/root/stack/setup", given=host.password + "\n")
        yield host
    finally:
        host.remove()


# ---------------------------------------------------------------- Kubernetes


@dataclass(frozen=True)
class Namespace:
    """A namespace of one test, with the volumes that its claims name."""

    name: str
    config: Path

    def kubectl(self, *words: str, given: str | None = None) -> str:
        return cluster.kubectl("--namespace", self.name, *words, config=self.config, given=given)

    def execute(self, what: str, *command: str) -> str:
        """In a pod, `statefulset/postgres` or `deployment/api`."""
        return self.kubectl("exec", what, "--", *command)

    def json(self, *words: str) -> Any:
        return json.loads(self.kubectl("get", *words, "-o", "json"))

    def url(self, service: str) -> str:
        """By its cluster address, which this machine reaches."""
        spec = self.json("service", service)["spec"]
        return f"http://{spec['clusterIP']}:{spec['ports'][0]['port']}"

    def wait_rolled_out(self, seconds: int = 90) -> None:
        for kind in ("statefulset", "deployment"):
            for item in self.json(kind)["items"]:
                what = f"{kind}/{item['metadata']['name']}"
                self.kubectl("rollout", "status", what, f"--timeout={seconds}s")

    def inventory(self, folder: Path) -> Path:
        urls = {
            item["metadata"]["name"]: self.url(item["metadata"]["name"])
            for item in self.json("service")["items"]
        }
        show = ("config", "current-context")
        context = cluster.kubectl(*show, config=self.config).strip()
        where = {
            "stack_namespace": self.name,
            "stack_kubeconfig": str(self.config),
            "stack_context": context,
            "stack_releases": GOOD,
            "stack_urls": urls,
        }
        return _write_inventory(folder, where, "control", LOCAL)

    def remove(self) -> None:
        with contextlib.suppress(LabError):
            self.kubectl("delete", "pods", "--all", "--grace-period=0", "--force", "--wait=false")
            cluster.kubectl(
                *("delete", "namespace", self.name, "--ignore-not-found", "--wait=false"),
                config=self.config,
            )
            cluster.kubectl(
                *("delete", "persistentvolume", "-l", f"{LABEL}={self.name}", "--wait=false"),
                config=self.config,
            )


def _sweep(config: Path) -> None:
    """Volumes of namespaces that are gone: their pods wrote to the end, so it is done late."""
    form = "jsonpath={.items[*].metadata.name}"
    kept = cluster.kubectl("get", "namespaces", "-o", form, config=config).split()
    for folder in (LAB / "volumes").glob("*"):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _volume(space: Namespace, claim: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{space.name}-{claim}", "labels": {LABEL: space.name}},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "lab",
            # Nobody else's claim may take it.
            "claimRef": {"namespace": space.name, "name": claim},
            "hostPath": {
                "path": str(LAB / "volumes" / space.name / claim),
                "type": "DirectoryOrCreate",
            },
        },
    }


@contextlib.contextmanager
def namespace(stack: str = "", wait: bool = True) -> Iterator[Namespace]:
    """A namespace with the stack's objects, rolled out; without a stack, an empty one."""
    config = Path(need("kubernetes")["kubeconfig"])
    space = Namespace(fresh_name(), config)
    _sweep(config)
    cluster.kubectl("create", "namespace", space.name, config=config)
    try:
        cluster.kubectl("label", "namespace", space.name, f"{LABEL}=test", config=config)
        password = f"--from-literal=password={secrets.token_hex(16)}"
        space.kubectl("create", "secret", "generic", "database", password)
        if stack:
            folder = STACKS / stack
            if load()["kubernetes"]["ours"]:
                for claim in (folder / "claims").read_text().split():
                    cluster.kubectl(
                        "apply", "-f", "-", config=config, given=json.dumps(_volume(space, claim))
                    )
            manifest = (folder / "manifest").read_text()
            if "policy/v1" in cluster.kubectl("api-versions", config=config).split():
                manifest = manifest.replace("policy/v1beta1", "policy/v1")
            space.kubectl("apply", "-f", "-", given=manifest)
            if wait:
                space.wait_rolled_out()
        yield space
    finally:
        space.remove()


def wait_healthy(url: str, seconds: float = 30) -> None:
    wait_for(f"{url}/health", lambda: get(f"{url}/health")[0] == 200, seconds)

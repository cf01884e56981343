# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An ansible-playbook that has imported everything waits, and forks for each run.

A third of the CPU of a run is what Python imports before it begins, the same for each of a thousand
runs. A fork of this process is a run like any other: its own process group, arguments, environment
and working folder, and the exit status of the real command line. What Ansible reads while it is
imported (its settings) is that of this process, so a run with other settings has to be started anew.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

# What decides, while Ansible is imported, how it behaves.
SETTINGS = ("ANSIBLE_", "PYTHON", "HOME", "LANG", "LC_", "TMPDIR", "NO_COLOR", "TERM", "USER")
LIBRARIES = (
    "ansible.cli.playbook",
    "ansible.plugins.strategy.linear",
    "psycopg",
    "redis",
    "kubernetes.client",
    "kubernetes.config",
    "kubernetes.stream",
)

# A run needs less than a tenth of it; what has no bound would take the whole machine.
MEMORY = 6 << 30
# The one of this process.
WAITING: list[Prefork] = []
LOCK = threading.Lock()


def limit_memory(pid: int) -> None:
    resource.prlimit(pid, resource.RLIMIT_DATA, (MEMORY, MEMORY))


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(SETTINGS)}


def run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float
) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a run of ansible-playbook."""
    with LOCK:
        if not WAITING:
            WAITING.append(Prefork(environment, folder))
    if WAITING[0].fits(environment):
        return WAITING[0].run(command, folder, environment, timeout)
    done = subprocess.run(
        command, cwd=folder, env=environment, timeout=timeout, text=True, capture_output=True,
        stdin=subprocess.DEVNULL, start_new_session=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


class Prefork:
    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.settings = settings(environment)
        self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.process = subprocess.Popen(
            [sys.executable, "-P", __file__, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
        )
        theirs.close()

    def fits(self, environment: Mapping[str, str]) -> bool:
        return settings(environment) == self.settings

    def run(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], timeout: float
    ) -> tuple[int, str, str]:
        request = {"command": [*command], "folder": str(folder), "environment": dict(environment)}
        told, tells = os.pipe()
        with (
            tempfile.TemporaryFile() as out,
            tempfile.TemporaryFile() as err,
            os.fdopen(told, "rb", 0) as answer,
        ):
            try:
                socket.send_fds(
                    self.socket, [json.dumps(request).encode()], [out.fileno(), err.fileno(), tells]
                )
            finally:
                os.close(tells)
            group = number(answer, command, timeout)
            try:
                status = number(answer, command, timeout)
            except subprocess.TimeoutExpired:
                os.killpg(group, signal.SIGKILL)
                raise
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode())
        return os.waitstatus_to_exitcode(status), texts[0], texts[1]


def number(answer: IO[bytes], command: Sequence[str], timeout: float) -> int:
    """What is said next of this run."""
    if not select.select([answer], [], [], timeout)[0]:
        raise subprocess.TimeoutExpired([*command], timeout)
    return int(answer.readline())


def serve(asked: socket.socket) -> None:
    """Until the other end is closed. What it forks reports by itself."""
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    load_plugins()
    for name in collection():
        importlib.import_module(name)
    forget_temporary_folder()
    # What is here stays as it is, so that no fork copies it.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        message, files, _flags, _sender = socket.recv_fds(asked, 1 << 20, 3)
        if not message:
            return
        if os.fork() == 0:
            asked.close()
            watch(json.loads(message), files)
        for file in files:
            os.close(file)


def load_plugins() -> None:
    """What a run asks of Ansible's own plugins: their documentation holds their settings."""
    loader: Any = importlib.import_module("ansible.plugins.loader")
    loader.init_plugin_loader()
    # Where they have moved to is a long file.
    importlib.import_module("ansible_collections.ansible.builtin")
    # Not those of variables: whoever finds them loaded takes them for enabled, too.
    for kind in ("inventory", "callback"):
        list(getattr(loader, f"{kind}_loader").all(class_only=True))
    for kind, name in (("connection", "local"), ("shell", "sh"), ("strategy", "linear")):
        getattr(loader, f"{kind}_loader").get(name, class_only=True)


def collection() -> list[str]:
    """All that a run loads of the collection, which Ansible compiles anew each time."""
    root = Path(__file__).resolve().parents[2]
    files = [
        path.relative_to(root).with_suffix("")
        for folder in ("module_utils", "plugin_utils", "action")
        for path in sorted((root / "plugins" / folder).rglob("*.py"))
    ]
    ours = (".".join(path.parts) for path in files if path.name != "__init__")
    return [f"ansible_collections.oncall.runbooks.{name}" for name in ours]


def watch(request: Mapping[str, object], files: Sequence[int]) -> None:
    """Say the number of the run and, when it has ended, how."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    out, err, tells = files
    run = os.fork()
    if run == 0:
        os.setsid()
        limit_memory(0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        for file in files:
            os.close(file)
        become(request)
    os.write(tells, f"{run}\n".encode())
    _run, status = os.waitpid(run, 0)
    os.write(tells, f"{status}\n".encode())
    os._exit(0)


def become(request: Mapping[str, object]) -> None:
    playbook = importlib.import_module("ansible.cli.playbook")
    environment, command = request["environment"], request["command"]
    assert isinstance(environment, dict) and isinstance(command, list)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(str(request["folder"]))
    make_temporary_folder()
    # A short life leaves little to collect, and each look copies the pages that are shared.
    gc.set_threshold(50_000)
    # The command line sets up anew what serve() has set up.
    warnings.filterwarnings("ignore", "AnsibleCollectionFinder has already been configured")
    sys.argv = command
    playbook.main(command)
    sys.exit(0)


def forget_temporary_folder() -> None:
    """Ansible makes one while it is imported, which the first run that ends would remove."""
    cleanup = importlib.import_module("ansible.utils.path").cleanup_tmp_file
    atexit.unregister(cleanup)
    Path(importlib.import_module("ansible.constants").DEFAULT_LOCAL_TMP).rmdir()


def make_temporary_folder() -> None:
    constants: Any = importlib.import_module("ansible.constants")
    cleanup = importlib.import_module("ansible.utils.path").cleanup_tmp_file
    parent = Path(constants.DEFAULT_LOCAL_TMP).parent
    constants.DEFAULT_LOCAL_TMP = tempfile.mkdtemp(
        prefix=f"ansible-local-{os.getpid()}", dir=parent
    )
    atexit.register(cleanup, constants.DEFAULT_LOCAL_TMP)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))

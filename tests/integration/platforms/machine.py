# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A machine with systemd whose units the test writes, and the verbs done to them from outside."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.checks import workload
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import platform
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done, Reach
from ansible_collections.oncall.runbooks.tests.lab.shell import run

harness = sys.modules["oncall_harness"]
VERB = "../tests/integration/platforms/verb"
# What a run that changes nothing leaves as it was.
SHOWN = "Id,MainPID,NRestarts,ActiveState,ActiveEnterTimestampMonotonic,UnitFileState,MemoryMax,NeedDaemonReload"
FILES = r"""cd / && find etc/systemd/system home/oncall/.config opt/app \
  -type d -printf '%p %m\n' -o -printf '%p %l %T@ %s %m\n' 2>/dev/null | sort"""


def connection(name: str, user: str = "root") -> dict[str, str]:
    return {
        "ansible_connection": "community.docker.docker",
        "ansible_host": name,
        "ansible_user": user,
        "ansible_python_interpreter": "/usr/bin/python3",
    }


def until(
    holds: Callable[[], object], what: str, seconds: float = 20, told: Callable[[], str] = str
) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds} s: {what}; {told()}"
        time.sleep(0.3)


@dataclass(frozen=True)
class Machine:
    """`systemd` is always the section of the catalog."""

    name: str
    folder: Path
    user: str = "root"

    def sh(self, script: str, check: bool = True) -> str:
        return run("docker", "exec", self.name, "sh", "-c", script, check=check).stdout.strip()

    def unit(self, name: str, service: str, unit: str = "", install: bool = False) -> None:
        """Write a unit's file; `install` says whether it is started at boot."""
        text = f"[Unit]\n{unit}\n[Service]\n{service}\n[Install]\nWantedBy=multi-user.target\n"
        path = f"/etc/systemd/system/{name}.service"
        run("docker", "exec", "-i", self.name, "tee", path, given=text)
        self.sh(f"systemctl daemon-reload{f' && systemctl enable -q {name}' if install else ''}")

    def failed(self, verb: str, systemd: Mapping[str, Any], says: str, **given: Any) -> None:
        """Refused, or not done: nothing is changed, and one line says why."""
        before = self.snapshot()
        done, answer = self.do(verb, systemd, **given)
        assert done.rc != 0 and not answer, done.stdout + done.stderr
        assert says in done.stdout + done.stderr, done.stdout + done.stderr
        assert self.snapshot() == before

    def show(self, unit: str, what: str) -> str:
        return self.sh(f"systemctl show --property={what} --value -- {unit}")

    def snapshot(self) -> dict[str, str]:
        return {"files": self.files(), "units": self.units()}

    def files(self) -> str:
        return self.sh(FILES)

    def units(self) -> str:
        shown = self.sh(f"TZ=UTC systemctl show --all --property={SHOWN} -- '*.service'")
        return without_others(shown)

    def read(self, **systemd: Any) -> dict[str, Any]:
        def shell(command: str, given: str) -> Done:
            words = ("docker", "exec", "-i", "-u", self.user, self.name, "sh", "-c", command)
            done = run(*words, given=given, check=False)
            return Done(done.returncode, done.stdout, done.stderr)

        return platform("systemd").read({"it": systemd}, Reach(shell))["it"]

    def graded(self, **systemd: Any) -> list[tuple[str, str]]:
        found = workload.grade(self.read(**systemd), {})
        return [(one["severity"], one["reason"]) for one in found]

    def site(self, kind: str = "http", **systemd: Any) -> Any:
        entry = {"kind": kind, "platform": "systemd", "systemd": systemd}
        return harness.make_site(self.folder, {"it": entry}, connection(self.name, self.user))

    def do(
        self, verb: str, systemd: Mapping[str, Any], *options: str, **given: Any
    ) -> tuple[Any, dict[str, Any]]:
        """A verb, and what it answers; nothing when it failed."""
        answer = self.folder / "answer.json"
        answer.unlink(missing_ok=True)
        variables = {
            "service": "it",
            "runbooks_test_verb": verb,
            "runbooks_test_given": given,
            "runbooks_test_answer": str(answer),
        }
        done = self.site(**systemd).run(VERB, "-e", json.dumps(variables), *options)
        return done, json.loads(answer.read_text()) if answer.exists() else {}

    def did(
        self, verb: str, systemd: Mapping[str, Any], *, changed: bool = True, **given: Any
    ) -> dict[str, Any]:
        """Checked, done, and done again: the first and the last change nothing."""
        before = self.snapshot()
        done, answer = self.do(verb, systemd, "--check", **given)
        assert done.rc == 0, done.stdout + done.stderr
        assert answer["changed"] is changed
        assert self.snapshot() == before
        done, answer = self.do(verb, systemd, **given)
        assert done.rc == 0, done.stdout + done.stderr
        assert answer["changed"] is changed
        return answer


def without_others(shown: str) -> str:
    """Without the machine's own units, which come and go with its timers."""
    kept = [block for block in shown.split("\n\n") if "Id=systemd-" not in block]
    return "\n\n".join(sorted(kept))

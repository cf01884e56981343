# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions on disks share: the catalog's rules, and the program that works on files where they are."""

from __future__ import annotations

import inspect
import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.disk import entry, on_host
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refusal, Refused, safe
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction

# -I: neither a folder nor a variable of the host decides what it imports.
PYTHON = """for python in {given} python3 /usr/libexec/platform-python; do
  if command -v "$python" >/dev/null 2>&1; then exec "$python" -I -; fi
done
exit 127"""
NO_PYTHON = (
    "its host has no python3 (3.7 or later), without which a folder cannot be cleaned safely; by hand: look at what "
    "is listed, and delete it there"
)


class DiskAction(PlatformAction):
    def disk(self, service: str) -> entry.Disk:
        return entry.of(f"runbooks_services.{service}.disk", self.entry(service).get("disk"))

    def on_host(self, do: str, **request: Any) -> Any:
        """What the program answers that works on files. Raises Refused."""
        text = json.dumps({"do": do, **request})
        program = f"{inspect.getsource(on_host)}\nmain({text!r})\n"
        try:
            done = self.shell(
                shlex.join(["sh", "-c", PYTHON.format(given=self._python())]), program
            )
        except Unreachable as error:
            raise Refused(Refusal("host_unreachable", str(error))) from None
        return answered(done)

    def _python(self) -> str:
        """The one that the inventory names for this host; Ansible's own search is not asked for."""
        given = str(self.setting("ansible_python_interpreter", "") or "")
        return shlex.quote(given) if given.startswith("/") else ""


def answered(done: Done) -> Any:
    try:
        return json.loads(done.stdout)
    except ValueError:
        pass
    if done.rc == 127:
        raise Refused(Refusal("client_missing", NO_PYTHON))
    said = done.stderr.strip().splitlines()
    last = safe(said[-1]) if said else f"status {done.rc}"
    raise Refused(Refusal("client_missing", f"python3 on its host failed: {last}"))


def asked(rule: entry.Rule) -> Mapping[str, Any]:
    """A rule as the program takes it."""
    return asdict(rule)

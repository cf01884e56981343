# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a service is set to, by the names of its variables: shell commands for where it lives.

A container's commands have its environment. A unit's do not, so its main process is asked, which only its
own user and root may do: to everybody else nothing is known, and the command fails.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import systemd
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd.script import (
    OF_THE_USER,
)

# Elsewhere a command runs on the host, whose environment is not the service's.
PLATFORMS = ("compose", "kubernetes", "systemd")
# Of a template's instances the first that runs.
OF_A_UNIT = r"""
pid=$(timeout 10 systemctl {scope} show --property=MainPID --value -- {unit} | grep -m 1 '[1-9]') || exit 1
set_to() {{ grep -az "^$1=" "/proc/$pid/environ" | tr -d '\0' | cut -d= -f2-; }}
: <"/proc/$pid/environ" || exit 1
"""


def value(platform: str, section: Mapping[str, Any], name: str) -> str:
    """Prints it, or nothing."""
    if platform != "systemd":
        return shlex.join(["printenv", name])
    return _of_a_unit(section, f"set_to {name}")


def which_are_set(platform: str, section: Mapping[str, Any], names: Sequence[str]) -> str:
    """Prints their names. A value is never read out."""
    if platform != "systemd":
        script = "; ".join(f'[ -n "${{{name}+set}}" ] && echo {name}' for name in names)
        return shlex.join(["sh", "-c", f"{script}; true"])
    asked = (f'grep -qaz "^{name}=" "/proc/$pid/environ" && echo {name}' for name in names)
    return _of_a_unit(section, "\n".join([*asked, "true"]))


def _of_a_unit(section: Mapping[str, Any], then: str) -> str:
    found = systemd.identity(section)
    user = found["scope"] == "user"
    head = OF_A_UNIT.format(scope="--user" if user else "", unit=shlex.quote(found["unit"]))
    script = (OF_THE_USER if user else "") + head + then
    return shlex.join(["sh", "-c", script.strip()])

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keep a server from taking writes: it is stopped, and does not start again by itself.

By the catalog's own command, which runs on the control node, because the server's machine may be gone;
else by what the server runs on.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

EXAMPLE = "commands: {fence: [ipmitool, -H, db-1-ipmi, chassis, power, 'off']}"
# A unit whose file lies in /etc cannot be masked; then nothing but a person starts it.
SYSTEMD = """{control} mask --now {unit} 2>/dev/null || {{
  {control} disable {unit} 2>/dev/null; {control} stop {unit}
}}
state=$({control} is-active {unit} 2>/dev/null); enabled=$({control} is-enabled {unit} 2>/dev/null)
echo "{unit} is $state and $enabled"
case $state in inactive|failed|unknown) ;; *) exit 1 ;; esac
case $enabled in masked*|disabled|'') ;; *) exit 1 ;; esac
"""
COMPOSE = """docker update --restart=no {key} >/dev/null && docker stop {key} >/dev/null || exit 1
[ "$(docker inspect -f '{{{{.State.Running}}}} {{{{.HostConfig.RestartPolicy.Name}}}}' {key})" = 'false no' ] || exit 1
echo "{key} is stopped and is not restarted"
"""


def lacking(service: str, entry: Mapping[str, Any]) -> str:
    """Why it cannot be fenced."""
    if (entry.get("commands") or {}).get("fence") or entry["platform"] in ("systemd", "compose"):
        return ""
    return (
        f"{service} cannot be fenced: platform {entry['platform']} has no way to keep it from starting, and the "
        f"catalog has no command for it; for example runbooks_services.{service}.{EXAMPLE}"
    )


def script(platform: str, section: Mapping[str, Any], keys: Sequence[str]) -> str:
    """For a shell on the server's host. It ends with 0 when the server is fenced, and says so."""
    if not keys:
        raise ValueError("nothing of it is there that could be stopped")
    if platform == "systemd":
        control = "systemctl --user" if section.get("scope") == "user" else "systemctl"
        parts = [SYSTEMD.format(control=control, unit=shlex.quote(key)) for key in keys]
    elif platform == "compose":
        parts = [COMPOSE.format(key=shlex.quote(key)) for key in keys]
    else:
        raise ValueError(f"platform {platform} cannot keep it from starting")
    return "".join(parts)

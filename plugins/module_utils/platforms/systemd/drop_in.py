# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of a unit in two files of our own, which nobody else writes; both are private, and gone
when nothing is set any more.

Variables lie in a file that the drop-in names as the last EnvironmentFile: what such a file says
wins over Environment=, whoever wrote it, and nobody is shown it (systemd.exec(5)). Their values
go to the host on a standard input, and none ever comes back.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd.script import (
    HEAD,
    MARK,
    OF_THE_USER,
)

NAME = "90-oncall-runbooks"
SETTINGS = {"memory_bytes": "MemoryMax", "cpus": "CPUQuota"}
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LEAST_MEMORY = 1024 * 1024
FOLDERS = {
    "system": "/etc/systemd/system",
    "user": '"${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user"',
}


@dataclass(frozen=True)
class Told:
    """What became of it. `stale` are units whose files somebody changed and nobody has loaded."""

    changed: bool = False
    stale: tuple[str, ...] = ()
    failed: str = ""


def lines(environment: Mapping[str, Any], limits: Mapping[str, Any]) -> str:
    """The standard input of `script`. Null is no line: what is named and not given is taken out."""
    found = [f"env {name}={quoted(name, value)}" for name, value in given(environment)]
    found += [f"conf {SETTINGS[name]}={limit(name, value)}" for name, value in given(limits)]
    return "".join(f"{line}\n" for line in found)


def given(settings: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in settings.items() if value is not None]


def quoted(name: str, value: Any) -> str:
    """Within double quotes a backslash guards these four (systemd.exec(5), EnvironmentFile=)."""
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise InputError(f"{name}: allowed is a text or a number; for example '10'")
    text = str(value)
    # Never repeated: it may be a secret.
    if any(not c.isprintable() for c in text):
        raise InputError(f"{name}: allowed is one line without control characters")
    return '"' + re.sub(r'(["\\$`])', r"\\\1", text) + '"'


def limit(name: str, value: Any) -> str:
    allowed = f"{LEAST_MEMORY} or more, in bytes" if name == "memory_bytes" else "0.01 or more"
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0
    if not (LEAST_MEMORY if name == "memory_bytes" else 0.01) <= number < 2**60:
        raise InputError(f"{name}: got '{str(value)[:40]}'; allowed is {allowed}")
    # systemd knows whole percents of one processor.
    return str(int(number)) if name == "memory_bytes" else f"{round(number * 100)}%"


def script(
    unit: str,
    scope: str,
    environment: Mapping[str, Any],
    limits: Mapping[str, Any],
    check_mode: bool,
) -> str:
    """Writes `lines` into the files and has systemd load them. In check mode it only tells whether
    anything would change. What was there comes back when systemd cannot load it."""
    wrong = [name for name in environment if not VARIABLE.fullmatch(str(name))]
    if wrong:
        raise InputError(
            f"environment: got the name '{wrong[0][:40]}'; allowed are letters, digits and '_', "
            "no digit first; for example {DATABASE_POOL_MAX: '10'}"
        )
    words = {
        "mark": MARK,
        # The drop-in of a template counts for each of its instances.
        "unit": unit.replace("@*", "@"),
        "scope": "--user" if scope == "user" else "",
        "name": NAME,
        "named": " ".join([*environment, *(SETTINGS[name] for name in limits)]),
        "check": "yes" if check_mode else "",
    }
    parts = [
        *(f"{name}={shlex.quote(str(value))}" for name, value in words.items()),
        HEAD,
        OF_THE_USER if scope == "user" else "",
        f"root={FOLDERS[scope]}",
        SCRIPT,
    ]
    return "\n".join(part.strip() for part in parts if part)


def told(rc: int, stdout: str, stderr: str) -> Told:
    said = {
        line.split()[3]: tuple(line.split()[4:])
        for line in stdout.splitlines()
        if line.startswith(f"{MARK} told ")
    }
    if "changed" in said and rc == 0:
        return Told(said["changed"] == ("yes",))
    if "stale" in said:
        return Told(stale=said["stale"])
    words = " ".join(stderr.split())
    return Told(failed=words[-300:] or f"the host's shell ended with status {rc}")


SCRIPT = r"""
real() { bounded 10 systemctl $scope show --property=Id --value -- "$unit"; }
stale() {
  look_at_the_disk
  bounded 10 systemctl $scope show --all --no-pager --property=Id,NeedDaemonReload -- '*' |
    while IFS= read -r line; do
      case $line in
        Id=*) id=${line#Id=} ;;
        NeedDaemonReload=yes) printf ' %s' "$id" ;;
      esac
    done
}
own() { [ ! -e "$1" ] || grep '^[A-Za-z_]' -- "$1"; }
others() {
  while IFS= read -r line; do
    case " $named EnvironmentFile " in *" ${line%%=*} "*) ;; *) printf '%s\n' "$line" ;; esac
  done
}
put() {
  if [ -z "$2" ]; then rm -f -- "$1"; return; fi
  { printf '%s\n' '# Written by oncall.runbooks in an incident; revert takes it away.'
    [ -z "$3" ] || printf '%s\n' "$3"; printf '%s\n' "$2"; } >"$1.new" && mv -f -- "$1.new" "$1"
}
write() {
  mkdir -p -- "$folder" || return 1
  ( umask 077; put "$env_file" "$2" '' ) || return 1
  # A drop-in that is only written anew would be one that nobody has loaded.
  [ -n "$reload" ] || return 0
  ( umask 077; put "$conf_file" "$1" '[Service]' ) || return 1
  rmdir -- "$folder" 2>/dev/null
  bounded 60 systemctl $scope daemon-reload
}
case $unit in *@.*) ;; *) unit=$(real) || exit 1 ;; esac
folder=$root/$unit.d
conf_file=$folder/$name.conf env_file=$folder/$name.env
given=$(cat)
old_conf=$(own "$conf_file") old_env=$(own "$env_file")
env=$({ own "$env_file" | others; printf '%s\n' "$given" | sed -n 's/^env //p'; } | sort)
conf=$({ own "$conf_file" | others; printf '%s\n' "$given" | sed -n 's/^conf //p'
  [ -z "$env" ] || printf 'EnvironmentFile=%s\n' "$env_file"; } | sort)
changed= reload=
[ "$env" = "$old_env" ] || changed=yes
[ "$conf" = "$old_conf" ] || changed=yes reload=yes
if [ -n "$reload" ]; then
  unloaded=$(stale) || exit 1
  # A reload makes every change count that lies on the disk, not only this one.
  [ -z "$unloaded" ] || { say "told stale$unloaded"; exit 0; }
fi
if [ -n "$changed" ] && [ -z "$check" ]; then
  write "$conf" "$env" || { write "$old_conf" "$old_env"; exit 1; }
fi
say "told changed ${changed:-no}"
"""

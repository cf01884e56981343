# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All that is asked of a host with systemd, as one POSIX shell script: units, what they need, the
end of the journal of those that failed, what was killed for want of memory, and releases.

It only reads, needs no Python there, and every program in it has an end. `answer` reads what it says.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

# What a login shell prints by itself stands before the first of them.
MARK = "oncall.runbooks systemd:"
JOURNAL_LINES = 30
PROPERTIES = (
    *("Id", "Names", "LoadState", "ActiveState", "SubState", "UnitFileState", "Type"),
    *("Result", "ExecMainCode", "ExecMainStatus", "ExecMainExitTimestampMonotonic", "MainPID"),
    *("NRestarts", "Restart", "RestartUSec", "StartLimitBurst", "ActiveEnterTimestamp"),
    *(
        "ActiveEnterTimestampMonotonic",
        "NeedDaemonReload",
        "DropInPaths",
        "FragmentPath",
        "ControlGroup",
    ),
    *("Requires", "Requisite", "BindsTo", "MemoryMax", "MemoryLimit", "CPUQuotaPerSecUSec"),
)

# systemd keeps a list of the folders with drop-ins, and tells of a new folder as not loaded only
# once it has looked at the disk again. Asking for a unit that it does not know makes it look.
HEAD = r"""
LC_ALL=C TZ=UTC SYSTEMD_PAGER= SYSTEMD_COLORS=0 SYSTEMD_URLIFY=0
export LC_ALL TZ SYSTEMD_PAGER SYSTEMD_COLORS SYSTEMD_URLIFY
set -f
say() { printf '%s %s\n' "$mark" "$*"; }
bounded() { if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi; }
look_at_the_disk() {
  bounded 5 systemctl $scope show --property=Id -- oncall-runbooks-none.service >/dev/null 2>&1
}
"""
# The user's own manager is found by this variable, which sudo and become do not set.
OF_THE_USER = r"""
: "${XDG_RUNTIME_DIR:=/run/user/$(id -u)}"; export XDG_RUNTIME_DIR
"""
# sd_booted(3) asks for the same folder.
IS_THERE = r"""
command -v systemctl >/dev/null 2>&1 || { say no-systemctl; exit 0; }
[ -d /run/systemd/system ] || { say not-booted; exit 0; }
said=$(bounded 5 systemctl $scope show --property=Version 2>&1) || {
  say "no-answer $?"; printf '%s\n' "$said"; exit 0
}
"""
# --all: a pattern would leave out instances that are stopped. What the units need is asked for
# next, and what that needs, as far as it goes in practice.
UNITS = r"""
show() { bounded 10 systemctl $scope show --all --no-pager --property="$properties" -- "$@"; }
walk() {
  todo=$asked seen=" $asked " round=0
  while [ -n "$todo" ] && [ "$round" -lt 6 ]; do
    found=$(show $todo) || say "show-failed $?"
    printf '%s\n\n' "$found"
    todo= round=$((round + 1))
    for name in $(printf '%s\n' "$found" |
      sed -n -e 's/^Requires=//p' -e 's/^Requisite=//p' -e 's/^BindsTo=//p'); do
      case $name in *.slice) continue ;; esac
      case $seen in *" $name "*) ;; *) seen="$seen$name " todo="$todo $name" ;; esac
    done
  done
}
look_at_the_disk
say "now $(date +%s)"
say units
units=$(walk)
printf '%s\n' "$units"
"""
TROUBLED = r"""
troubled() {
  { printf '%s\n\n' "$units"; } | while IFS= read -r line; do
    case $line in
      Id=*) id=${line#Id=} ;;
      ActiveState=failed | SubState=auto-restart*) bad=yes ;;
      NRestarts=0 | NRestarts=) ;;
      NRestarts=*) bad=yes ;;
      '') [ -z "$bad" ] || printf '%s\n' "$id"; bad= id= ;;
    esac
  done
}
for name in $(troubled | head -n 12); do
  say "journal $name"
  bounded 5 journalctl -q --no-pager -o json --output-fields=MESSAGE,UNIT,USER_UNIT \
    -n "$lines" "$of_unit=$name" 2>/dev/null
  failed=yes
done
"""
# The kernel names the group of processes that it killed in; systemd itself hears of it only
# with cgroup v2. A counter of the group tells of processes that were not the main one.
MEMORY = r"""
say kernel
[ -z "$failed" ] || { bounded 5 dmesg 2>/dev/null ||
  bounded 5 journalctl -k -q --no-pager -o short-monotonic -n 5000 2>/dev/null; } |
  grep -e 'oom-kill:' -e 'killed as a result of limit' | tail -n 20
say memory
printf '%s\n' "$units" | sed -n 's/^ControlGroup=//p' | while IFS= read -r group; do
  [ -n "$group" ] || continue
  for file in "/sys/fs/cgroup$group/memory.events" "/sys/fs/cgroup/memory$group/memory.oom_control"; do
    count=$(sed -n 's/^oom_kill //p' "$file" 2>/dev/null)
    [ -z "$count" ] || printf '%s %s\n' "$count" "$group"
  done
done
"""
RELEASES = r"""
releases() (
  say "releases $1"
  [ ! -L "$3" ] || printf 'link %s\n' "$(readlink -f -- "$3")"
  cd -P -- "$2" 2>/dev/null || { printf 'unreadable\n'; exit 0; }
  printf 'folder %s\n' "$(pwd -P)"
  set +f
  stat -c '%Y|%F|%n' -- * 2>/dev/null
)
"""


def script(
    units: Sequence[str],
    scope: str,
    releases: Mapping[str, tuple[str, str]],
) -> str:
    """`releases` is the folder with releases and the link in use, by the service's name."""
    given = {
        "mark": MARK,
        "scope": "--user" if scope == "user" else "",
        "of_unit": "--user-unit" if scope == "user" else "--unit",
        "asked": " ".join(dict.fromkeys(units)),
        "properties": ",".join(PROPERTIES),
        "lines": str(JOURNAL_LINES),
    }
    parts = [
        *(f"{name}={shlex.quote(value)}" for name, value in given.items()),
        "bad= id= failed=",
        HEAD,
        OF_THE_USER if scope == "user" else "",
        *(IS_THERE, UNITS, TROUBLED, MEMORY),
        RELEASES if releases else "",
        *(
            f"releases {shlex.quote(name)} {shlex.quote(folder)} {shlex.quote(link)}"
            for name, (folder, link) in releases.items()
        ),
        "say end",
    ]
    return "\n".join(part.strip() for part in parts if part)

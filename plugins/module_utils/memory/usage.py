# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much memory each instance takes now: asked of its platform, read from what that answers.

Resident memory of all its processes. What the kernel keeps of files is left out: it gives that back.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    paths,
    quantities,
)

Sizes = dict[str, int]
EXAMPLE = (
    "commands: {memory: [/opt/shop/bin/memory]}, which prints a JSON object of bytes by instance"
)
COMPOSE = """LC_ALL=C; export LC_ALL
for id in {ids}; do echo "== $id"; docker top "$id" -o pid,rss 2>/dev/null; done
exit 0
"""
# The processes of a unit, and of the groups below it.
SYSTEMD = """LC_ALL=C; export LC_ALL
for unit in {units}; do
  echo "== $unit"
  group=$(systemctl {scope} show --property=ControlGroup --value -- "$unit" 2>/dev/null)
  [ -n "$group" ] || continue
  for tree in "/sys/fs/cgroup$group" "/sys/fs/cgroup/systemd$group"; do
    [ -d "$tree" ] || continue
    find "$tree" -name cgroup.procs -exec cat {{}} + 2>/dev/null | while read -r pid; do
      sed -n "s/^VmRSS:[^0-9]*\\([0-9]*\\).*/$pid \\1/p" "/proc/$pid/status" 2>/dev/null
    done
    break
  done
done
exit 0
"""


def script(platform: str, section: Mapping[str, Any], keys: Sequence[str]) -> str:
    words = " ".join(map(shlex.quote, keys))
    if platform == "compose":
        return COMPOSE.format(ids=words)
    scope = "--user" if section.get("scope") == "user" else ""
    return SYSTEMD.format(units=words, scope=scope)


def of_processes(text: str) -> Sizes:
    """The sum of each part; a part without a process is not there."""
    found: Sizes = {}
    for part in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        key, _newline, rest = part.partition("\n")
        rows = re.findall(r"^\s*\d+\s+(\d+)\s*$", rest, re.MULTILINE)
        if rows:
            found[key] = sum(map(int, rows)) * 1024
    return found


def of_command(text: str) -> Sizes | None:
    """Bytes by name; None when it is another document."""
    try:
        told = json.loads(text)
    except ValueError:
        return None
    if not isinstance(told, dict):
        return None
    sizes = {str(name): size for name, size in told.items() if is_size(size)}
    return {name: int(size) for name, size in sizes.items()} if len(sizes) == len(told) else None


def is_size(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def of_pods(api: Any, section: Mapping[str, Any], names: Iterable[str]) -> Sizes:
    """As the metrics server has measured it. Raises Unreachable."""
    found, wanted = {}, section.get("container")
    for name in names:
        told = api.get(paths.measured(section["namespace"], name))
        found[name] = sum(
            quantities.whole_bytes(one["usage"]["memory"])
            for one in told["containers"]
            if wanted in (None, one["name"])
        )
    return found

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file of ALTER SYSTEM, put right while the server is down: its own way to write it is gone then."""

from __future__ import annotations

import re
import shlex

# Written in place: it keeps its owner and mode. A file that is not there needs nothing put right.
SCRIPT = r"""
[ -f "$file" ] || exit 0
new=$(mktemp) || exit 1
trap 'rm -f "$new"' EXIT
LINE=$line NAME=$name awk '
  tolower($0) ~ "^[[:space:]]*" ENVIRON["NAME"] "[[:space:]]*=" {
    if (ENVIRON["LINE"] != "" && !done) print ENVIRON["LINE"]
    done = 1; next
  }
  { print }
  END { if (ENVIRON["LINE"] != "" && !done) print ENVIRON["LINE"] }
' "$file" >"$new" && cat "$new" >"$file" && sync
"""


def restore(file: str, name: str, line: str | None) -> str:
    """A shell command, for where the server's files are: the setting's line as it was, or none."""
    if not re.fullmatch(r"[a-z_]+", name) or not file.endswith("/postgresql.auto.conf"):
        raise ValueError("only a setting's line in postgresql.auto.conf is put back")
    words = {"file": file, "name": name, "line": line or ""}
    return "".join(f"{key}={shlex.quote(value)}\n" for key, value in words.items()) + SCRIPT

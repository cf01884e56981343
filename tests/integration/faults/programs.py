# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostgreSQL's own programs, of the version of a laboratory server."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

lab = sys.modules["oncall_lab_postgres"]


def folder(server: Any) -> Path:
    if server.engine == "embedded":
        return Path(lab._embedded_bin())
    return Path(lab.DEBIAN_ROOT, server.version, "bin")


def on_the_path(drill: Any) -> Any:
    """As on a server's own host, where psql is installed."""
    return with_path(drill, os.pathsep.join([str(folder(drill.server)), os.environ["PATH"]]))


def with_path(drill: Any, path: str) -> Any:
    return replace(drill, environment={"PATH": path})

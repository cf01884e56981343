# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the lab keeps its things, its lock, and the one file that tells where everything is."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "oncall-runbooks"
# What outlives the lab (images, binaries), and what it writes while it runs.
LAB = CACHE / "lab"
STATE = LAB / "lab.json"
LOGS = LAB / "log"
# Sockets and process ids, gone with a reboot on most systems; never trusted anyway.
RUN = Path("/run/oncall-lab")
# On every container, network and volume of the lab, so that nothing else is ever removed.
LABEL = "org.oncall-runbooks.lab"


def root() -> bool:
    return os.geteuid() == 0


def debian() -> bool:
    """Debian 12 itself: the recipes depend on the versions of its packages."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return False
    return release.get("ID") == "debian" and release.get("VERSION_CODENAME") == "bookworm"


def why_not() -> str:
    """What forbids to start system services of our own; empty if nothing does."""
    if not root():
        return "it needs root"
    return "" if debian() else "it needs Debian 12"


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """One `up` or `down` at a time; the kernel lets go when its owner dies."""
    LAB.mkdir(parents=True, exist_ok=True)
    with (LAB / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def load() -> dict[str, Any]:
    try:
        return dict(json.loads(STATE.read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def record(**parts: Any) -> None:
    """Add to the state; None removes. The file is replaced at once, never half written."""
    state = {key: value for key, value in {**load(), **parts}.items() if value is not None}
    LAB.mkdir(parents=True, exist_ok=True)
    draft = STATE.with_suffix(".new")
    draft.write_text(json.dumps(state, indent=2) + "\n")
    draft.replace(STATE)


def fingerprint(*sources: Path | str) -> str:
    """Of files, folders and texts: what was made from them is found again by it."""
    digest = hashlib.sha256()
    for source in sources:
        paths = [source] if isinstance(source, Path) else []
        if isinstance(source, Path) and source.is_dir():
            paths = sorted(path for path in source.rglob("*") if path.is_file())
        for path in paths:
            digest.update(f"{path.name} {path.stat().st_mode & 0o111}\n".encode())
            digest.update(path.read_bytes())
        if isinstance(source, str):
            digest.update(source.encode())
    return digest.hexdigest()[:12]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The folder of an incident and the run that works in it.

<state_dir>/incidents/<id>/journal.jsonl
                           evidence/<run>/<service>-<n>-<what>.json
                           runs/<run>/run.json, report.*
                           report.*                 the latest
<state_dir>/locks/
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import (
    InputError,
    refusal,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.journal import Journal

LEASE_S = 60
VERSION = "0.1.0"
STATE_DIR_EXAMPLE = "runbooks_state_dir: /var/lib/oncall-runbooks"


def state_dir(setting: str | None, environment: Mapping[str, str]) -> Path:
    """The setting, else ONCALL_RUNBOOKS_STATE, else the user's own state folder."""
    chosen = setting or environment.get("ONCALL_RUNBOOKS_STATE")
    if not chosen:
        base = environment.get("XDG_STATE_HOME") or "~/.local/state"
        chosen = f"{base}/oncall-runbooks"
    try:
        path = Path(chosen).expanduser()
    except (RuntimeError, TypeError):
        path = Path()  # a user that does not exist; no text at all
    if not path.is_absolute() or "\0" in str(path):
        raise refusal("runbooks_state_dir", chosen, "an absolute path", STATE_DIR_EXAMPLE)
    return path


def new_id(prefix: str, now: float, random_bytes: int) -> str:
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    return f"{prefix}{moment}-{secrets.token_hex(random_bytes)}"


def new_incident_id(now: float) -> str:
    return new_id("INC-", now, 2)


def new_run_id(now: float) -> str:
    """The lock tells two runs apart by it alone, and an alert storm starts many in one second."""
    return new_id("", now, 6)


@dataclass(frozen=True)
class Run:
    """What every later step needs to know; written once when the run is opened."""

    incident: str
    run: str
    scenario: str
    state_dir: str
    environment: str
    check_mode: bool
    severity: str | None
    services: dict[str, str]  # host -> service
    inputs: dict[str, dict[str, Any]]  # service -> variable -> value
    approvals: list[str]
    approve_up_to: str
    started_at: float
    pid: int

    @property
    def folder(self) -> Path:
        return Path(self.state_dir) / "incidents" / self.incident

    @property
    def directory(self) -> Path:
        return self.folder / "runs" / self.run

    @property
    def locks(self) -> Path:
        return Path(self.state_dir) / "locks"

    @property
    def journal(self) -> Journal:
        return Journal(self.folder / "journal.jsonl")

    def write(self, kind: str, data: dict[str, Any], service: str | None = None) -> dict[str, Any]:
        return self.journal.append(self.run, kind, data, service)

    def approved(self, action: str, service: str) -> bool:
        return action in self.approvals or f"{action}@{service}" in self.approvals

    def save(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self.directory / "run.json", json.dumps(asdict(self), sort_keys=True, indent=1))

    def keep_evidence(self, service: str | None, what: str, content: Any) -> str:
        """Save a reading and seal it in the journal; its path, relative to the incident.

        Without a service it is of all of them.
        """
        return self.keep_text(service, what, json.dumps(content, sort_keys=True, indent=1), "json")

    def keep_text(self, service: str | None, what: str, text: str, suffix: str) -> str:
        """The same of a text that is to be kept as it is."""
        folder = self.folder / "evidence" / self.run
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = free_name(folder, plain(service or "all"), f"{what}.{suffix}")
        raw = text.encode(errors="backslashreplace")
        write_whole(path, raw.decode())
        relative = str(path.relative_to(self.folder))
        data = {
            "path": relative,
            "sha256": hashlib.sha256(raw).hexdigest(),
            "bytes": len(raw),
            "what": what,
        }
        self.write("evidence", data, service)
        return relative


def plain(name: str) -> str:
    """As part of a file's name."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)


def free_name(folder: Path, stem: str, what: str) -> Path:
    """A name that nobody else gets: the hosts of one service keep their readings at the same time."""
    number = 1 + sum(1 for _unused in folder.glob(f"{stem}-[0-9]*"))
    while True:
        path = folder / f"{stem}-{number}-{what}"
        try:
            path.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            number += 1
        else:
            return path


def load(directory: str) -> Run:
    return Run(**json.loads((Path(directory) / "run.json").read_text()))


def begin(run: Run, data: dict[str, Any]) -> None:
    """Open the incident, or go on with it, and enter the run in its journal."""
    try:
        run.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        allowed = f"a folder that can be written to ({error.strerror})"
        raise refusal("runbooks_state_dir", run.state_dir, allowed, STATE_DIR_EXAMPLE) from None
    closed = [line for line in run.journal.read() if line["type"] == "incident_closed"]
    if closed:
        raise InputError(
            f"incident: got '{run.incident}', which was closed at {closed[-1]['at']}; allowed is an open or a new one; "
            "for example leave incident out to open a new one"
        )
    run.save()
    run.write("run_opened", data)


def lines_of(
    lines: Iterable[dict[str, Any]], run: str, service: str | None = None
) -> list[dict[str, Any]]:
    return [
        line
        for line in lines
        if line["run"] == run and (service is None or line["service"] == service)
    ]


def write_whole(path: Path, text: str) -> None:
    """A reader sees the old file or the new one, never half of it; on disk when it returns."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with open(temporary, "w", encoding="utf-8", opener=_private) as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The moment that a copy is wanted of: a time with its zone, or a transaction."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.backup.entry import EXAMPLE, Backup
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.restoring import LONGEST
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import (
    Input,
    InputError,
    Text,
    refusal,
)

INPUTS = (
    Text(
        "target_time",
        None,
        r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})",
        "a time with its zone",
        "2026-11-21T03:04:05Z",
        "restore a copy as it was then",
    ),
    Text("target_xid", None, r"[1-9]\d{0,9}", "the number of a transaction", "1234", "restore a copy up to it"),
    Text(
        "restore_dir",
        None,
        r"(/[A-Za-z0-9._@+-]+){1,20}",
        f"an absolute path of at most {LONGEST} characters that is not there yet",
        "/restore/db-1",
        "where the copy is put",
    ),
    Input("restore_port", None, 1024, 65535, "port", "the port of the copy"),
)  # fmt: skip


def judge(values: Mapping[str, Any]) -> None:
    """Before anything is read: exactly one target, that is a moment of the past, and a place for the copy."""
    at, xid = values["target_time"], values["target_xid"]
    if at and xid:
        raise InputError(
            f"target_time: got {at}, with target_xid {xid}; allowed is exactly one of the two; "
            "for example -e target_time=2026-11-21T03:04:05Z"
        )
    if at:
        moment(at)
    if not (at or xid):
        return
    for name, example in (("restore_dir", "/restore/db-1"), ("restore_port", "5499")):
        if values[name] is None:
            raise refusal(
                name, None, "where the copy is put, beside target_time", f"-e {name}={example}"
            )
    folder = values["restore_dir"]
    if len(folder) > LONGEST or ".." in folder.split("/"):
        raise refusal("restore_dir", folder, INPUTS[2].allowed, "-e restore_dir=/restore/db-1")


def moment(text: str) -> float:
    """Seconds of the epoch; a day that no calendar has, and a time that is still to come, are refused."""
    example = "-e target_time=2026-11-21T03:04:05Z"
    try:
        seconds = datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise refusal(
            "target_time", text, "a time of the calendar, with its zone", example
        ) from None
    if seconds > time.time():
        raise refusal("target_time", text, "a time of the past", example)
    return seconds


def wanted(values: Mapping[str, Any]) -> str | None:
    """As restoring.Copy has it, whatever zone it was given in."""
    if values.get("target_time"):
        at = datetime.fromtimestamp(moment(values["target_time"]), tz=UTC)
        return f"time {at.strftime('%Y-%m-%d %H:%M:%S.%f')}+00"
    return f"xid {values['target_xid']}" if values.get("target_xid") else None


def against_catalog(
    values: Mapping[str, Any], service: str, entry: Mapping[str, Any], backup: Backup | None
) -> None:
    """The copy has a place of its own: not the live server's, nor the backups'."""
    if wanted(values) is None:
        return
    path = f"runbooks_services.{service}"
    if backup is None:
        raise refusal(f"{path}.backup", None, "where the backups are", EXAMPLE)
    live = int((entry.get("postgresql") or {}).get("port") or 5432)
    if values["restore_port"] == live:
        raise refusal(
            "restore_port",
            live,
            f"another port than that of {service} itself",
            "-e restore_port=5499",
        )
    folder = values["restore_dir"]
    for taken in backup.tool.folders:
        if inside(folder, taken) or inside(taken, folder):
            raise refusal(
                "restore_dir",
                folder,
                f"a folder outside of {taken}",
                "-e restore_dir=/restore/db-1",
            )


def inside(folder: str, other: str) -> bool:
    return f"{folder.rstrip('/')}/".startswith(f"{other.rstrip('/')}/")

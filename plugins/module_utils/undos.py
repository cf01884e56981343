# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The open undos that lie beside a service's lock, so that another control node finds them.

What lies there was written by whoever may write there. It is data: a record that is not exactly
of the form that we write ourselves is passed over, and nothing but our own actions, with
parameters of their types, ever becomes a plan.
"""

from __future__ import annotations

import getpass
import json
import re
import socket
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import INCIDENT_PATTERN
from ansible_collections.oncall.runbooks.plugins.module_utils.queue.entry import NAME as QUEUE
from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic.reading import NAME

Record = dict[str, Any]
# An undo that nobody asks for stays open for good (to stop what was started); the newest are kept.
MOST = 50
# Of one user's records. An object of Kubernetes may have 256 KiB of annotations.
BYTES_MAX = 60_000
SUMMARY_MAX = 300
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")
# An image, a revision, or the path of a folder; never an option, and no way up.
RELEASE = re.compile(r"(?!.*\.\.)[A-Za-z0-9/][A-Za-z0-9._:/@+~-]{0,254}")


class Beside(NamedTuple):
    undos: list[Record]
    # What was undone, for the journal of the control node that made the change.
    undone: list[Record]
    # Undos that a user left on the host whom this connection does not believe.
    strangers: list[Record]


NOTHING = Beside([], [], [])
Note = Callable[[Beside], Beside]


def is_release(value: object) -> bool:
    return isinstance(value, str) and bool(RELEASE.fullmatch(value))


def is_upstream(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(NAME, value))


def is_node(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,252}", value))


def is_queue(value: object) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(QUEUE, value))


def is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1_000_000


def is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 2**50


def is_limits(value: object) -> bool:
    """A memory limit is set back to what was deployed, which has no number."""
    return value == {"memory_bytes": None}


def is_way(value: object) -> bool:
    return isinstance(value, str) and value in ("command", "environment")


def is_taken_out(value: object) -> bool:
    """Variables that were set are taken out again, whatever they were before."""
    return isinstance(value, dict) and all(
        isinstance(name, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,99}", name) and was is None
        for name, was in value.items()
    )


# Every undo that an action of ours can have: the action that it is, and its parameters.
PARAMETERS: dict[str, dict[str, Callable[[object], bool]]] = {
    "start_service": {},
    "stop_service": {},
    "roll_back": {"release": is_release, "expected": is_release},
    "scale_service": {"replicas": is_count},
    "raise_memory_limit": {"limits": is_limits},
    "raise_max_connections": {
        "value": is_count,
        "reset": lambda value: isinstance(value, bool),
    },
    "raise_maxmemory": {"bytes": is_size},
    "enter_maintenance": {},
    "leave_maintenance": {},
    "pause_processing": {},
    "switch_rpc": {"endpoint": lambda value: value is None},
    "resume_processing": {},
    "return_to_webhook": {"by": is_way, "environment": is_taken_out},
    "return_upstream": {"pool": is_upstream, "upstream": is_upstream},
    "uncordon_node": {"node": is_node},
    "resume_queue": {"queue": is_queue},
}


def record(change: Mapping[str, Any], incident: str, run: str, by: str, at: str) -> Record | None:
    """What another control node needs of a change to undo it; None when it cannot be undone."""
    if "how" not in change["undo"]:
        return None
    kept = {key: change[key] for key in ("number", "action", "expires_at")}
    how = dict(change["undo"]["how"])
    return {
        **kept,
        "incident": incident,
        "run": run,
        "by": by,
        "at": at,
        "summary": excerpt(change["summary"], SUMMARY_MAX),
        "undo": {"how": {**how, "summary": excerpt(how["summary"], SUMMARY_MAX)}},
    }


def who() -> str:
    """The user and the control node, as a record names them."""
    name = re.sub(r"[^A-Za-z0-9._@-]", "_", f"{getpass.getuser()}@{socket.gethostname()}")
    return name[:100] if name[:1].isalnum() else f"user{name}"[:100]


def opened(new: Record) -> Note:
    return lambda beside: beside._replace(undos=[*without(beside.undos, new), new][-MOST:])


def closed(incident: str, number: int) -> Note:
    """It turned out that nothing was changed."""
    gone = {"incident": incident, "number": number}
    return lambda beside: beside._replace(undos=without(beside.undos, gone))


def taken_back(incident: str, number: int, run: str, by: str, at: str) -> Note:
    gone = {"incident": incident, "number": number, "run": run, "by": by, "at": at}
    return lambda beside: beside._replace(
        undos=without(beside.undos, gone), undone=[*without(beside.undone, gone), gone][-MOST:]
    )


def bounded(beside: Beside) -> Beside:
    """Without the oldest ones, where there are too many."""
    undos, undone = list(beside.undos), list(beside.undone)
    while len(json.dumps([undos, undone])) > BYTES_MAX:
        (undone if len(undone) >= len(undos) else undos).pop(0)
    return beside._replace(undos=undos, undone=undone)


def key(one: Mapping[str, Any]) -> tuple[str, int]:
    """A change has its number within its incident."""
    return one["incident"], one["number"]


def without(some: Iterable[Record], gone: Mapping[str, Any]) -> list[Record]:
    return [one for one in some if key(one) != key(gone)]


def still_open(some: Iterable[Record], undone: Iterable[Record]) -> list[Record]:
    ended = {key(one) for one in undone}
    return [one for one in some if key(one) not in ended]


def numbered(beside: Beside, incident: str) -> int:
    """The highest number that an incident has given out, as far as it is seen from here."""
    known = [*beside.undos, *beside.undone, *beside.strangers]
    return max((one["number"] for one in known if one["incident"] == incident), default=0)


def checked(found: Any) -> list[Record]:
    """The records among it that are exactly of our form."""
    given = found[-MOST:] if isinstance(found, list) else []
    return [one for one in given if is_record(one)]


def checked_ends(found: Any) -> list[Record]:
    given = found[-MOST:] if isinstance(found, list) else []
    return [one for one in given if isinstance(one, dict) and is_end(one)]


def is_record(one: object) -> bool:
    if not isinstance(one, dict) or set(one) != {*END, "action", "expires_at", "summary", "undo"}:
        return False
    if not is_end({name: one[name] for name in END}):
        return False
    undo = one["undo"]
    return (
        isinstance(one["action"], str)
        and one["action"] in KNOWN
        and (one["expires_at"] is None or is_time(one["expires_at"]))
        and is_line(one["summary"])
        and isinstance(undo, dict)
        and set(undo) == {"how"}
        and is_how(undo["how"])
    )


def is_how(how: object) -> bool:
    if not isinstance(how, dict) or set(how) - {"on_expiry"} != {"action", "parameters", "summary"}:
        return False
    types = PARAMETERS.get(how["action"]) if isinstance(how["action"], str) else None
    given = how["parameters"]
    if types is None or not isinstance(given, dict) or set(given) != set(types):
        return False
    fits = all(types[name](value) for name, value in given.items())
    return fits and is_line(how["summary"]) and how.get("on_expiry", "page") == "page"


END = ("incident", "number", "run", "by", "at")
# What no undo is, or none any more.
OTHERS = (
    *("restart_service", "end_sessions", "set_pool_max", "deploy_release"),
    *("stop_sessions", "analyze_tables", "reindex_index"),
    *("drain_upstream", "cordon_node", "drain_node"),
    *("fence_primary", "promote_replica", "allow_data_loss", "restore_copy"),
    *("restart_server", "end_clients", "kill_script", "save_again", "unlink_cache"),
    *("restart_holder", "clean_directory", "vacuum_journal", "prune_images"),
    *("pause_queue", "replay_failed", "clean_failed", "reset_client", "reset_rate_limits"),
    *("reset_webhook", "fall_back_to_polling"),
    *("reconcile_payments", "process_payments", "resume_payouts"),
)
KNOWN = frozenset({*PARAMETERS, *OTHERS})


def is_end(one: Mapping[str, Any]) -> bool:
    return (
        set(one) == set(END)
        and isinstance(one["incident"], str)
        and bool(INCIDENT_PATTERN.fullmatch(one["incident"]))
        and is_count(one["number"])
        and one["number"] > 0
        and all(isinstance(one[name], str) and WORD.fullmatch(one[name]) for name in ("run", "by"))
        and is_time(one["at"])
    )


def is_line(value: object) -> bool:
    """Shown to people: it moves no cursor, and pretends to be no second line."""
    return isinstance(value, str) and len(value) <= SUMMARY_MAX and value.isprintable()


def is_time(value: object) -> bool:
    if not isinstance(value, str) or len(value) > 40 or not value.endswith("Z"):
        return False
    try:
        seconds(value)
    except ValueError:
        return False
    return True


def change_of(one: Record, service: str) -> Record:
    """As the journal would tell it. Nobody here knows what came of it, so it may have been made."""
    return {
        **one,
        "service": service,
        "status": "intended",
        "before": {},
        "after": None,
        "message": None,
        "reverted_at": None,
    }

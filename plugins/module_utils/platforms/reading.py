# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of a service, the same for every platform: what all that follows decides from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Reading = dict[str, Any]
Instance = dict[str, Any]
Condition = dict[str, Any]
Release = dict[str, Any]

STATES = (
    "running",
    "starting",
    "restarting",
    "paused",
    "stopped",
    "pending",
    "terminating",
    "unknown",
)


def instance(
    name: str,
    state: str,
    *,
    key: str = "",
    ready: bool | None = None,
    started_at: str | None = None,
    restarts: int = 0,
    exit_code: int | None = None,
    oom_killed: bool = False,
    message: str = "",
    release: str | None = None,
    node: str | None = None,
) -> Instance:
    """One container, unit or pod. `ready` is the platform's own health check; null without one.

    `exit_code`, `oom_killed` and `message` tell of its last end, also when it runs again.
    `key` is what the platform's commands take.
    """
    if state not in STATES:
        raise ValueError(f"'{state}' is no state of an instance")
    return {
        "name": name,
        "key": key or name,
        "state": state,
        "ready": ready,
        "started_at": started_at,
        "restarts": restarts,
        "exit_code": exit_code,
        "oom_killed": oom_killed,
        "message": message,
        "release": release,
        "node": node,
    }


def condition(reason: str, message: str, name: str | None = None) -> Condition:
    """What only this platform can know: a reason of the check 'workload', of one instance or of all."""
    return {"reason": reason, "message": message, "instance": name}


def release(name: str, title: str, since: str | None = None, present: bool = True) -> Release:
    """One release that was or is in use. `name` pins it (a digest, a revision, a folder); `title`
    is what a person calls it; `present` says whether it is still there to go back to."""
    return {"name": name, "title": title, "since": since, "present": present}


def release_named(releases: Sequence[Mapping[str, Any]], name: object) -> Mapping[str, Any] | None:
    """By the name that pins it, else by one of its titles, when only one release has it."""
    for one in releases:
        if one["name"] == name:
            return one
    titled = [one for one in releases if str(name) in titles(one)]
    return titled[0] if len(titled) == 1 else None


def titles(one: Mapping[str, Any]) -> list[str]:
    """Also the images that a title of Kubernetes names: "revision 3: shop:v2 (why it was deployed)"."""
    title = str(one["title"])
    named = re.fullmatch(r"revision \d+: (?P<images>.*?)(?: \(.*\))?", title)
    return [title, *(named["images"] if named else title).split(", ")]


def reading(
    platform: str,
    where: str,
    *,
    kind: str = "",
    desired: int | None = None,
    instances: Iterable[Instance] = (),
    conditions: Iterable[Condition] = (),
    releases: Iterable[Release] = (),
    current: str | None = None,
    owners: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    obstacles: Mapping[str, str] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Reading:
    """`current` is the name of the release in use, `releases` all that are known, the newest first;
    `owners` says who else sets a field (hpa, gitops); `obstacles` why a verb of the role workload
    cannot be done, by its name; `details` is for a person, never decided from."""
    return {
        "platform": platform,
        "where": where,
        "kind": kind,
        "refused": None,
        "desired": desired,
        "instances": list(instances),
        "conditions": list(conditions),
        "releases": list(releases),
        "current": current,
        "owners": dict(owners or {}),
        "limits": dict(limits or {}),
        "obstacles": dict(obstacles or {}),
        "details": dict(details or {}),
    }


def refused(platform: str, where: str, reason: str, message: str) -> Reading:
    """The platform gave no answer about the service: nothing is known of it."""
    return {**reading(platform, where), "refused": {"reason": reason, "message": message}}


def number(told: Mapping[str, Any]) -> int | None:
    """How many instances there should be; where nobody says, as of a template of systemd, how many run."""
    if told["refused"] or told["desired"] is not None:
        desired: int | None = told["desired"]
        return desired
    running = [
        one for one in told["instances"] if one["state"] in ("running", "starting", "restarting")
    ]
    return len(running) or None

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pods of a cluster, over its API: their state, their events, their logs, what they are set to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.capture.source import (
    EVENTS,
    LOGS,
    PROCESSES,
    SETTINGS,
    Source,
    Taken,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    logs,
    observed,
    paths,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    Api,
    ApiError,
    Object,
)

Section = Mapping[str, Any]


def take(
    api: Api, sections: Mapping[str, Section], bounds: tuple[int, int], most: int
) -> Iterator[Taken]:
    """Of the services of one namespace. What is refused is missed; the rest is taken.

    Of a log the newest lines of the last minutes: `bounds` are how many of each.
    """
    workloads = {name: _workload(api, section) for name, section in sections.items()}
    for name, workload in workloads.items():
        yield _taken("pods", PROCESSES, name, most, partial(_pods, api, workload), "json")
    first = min(sections)
    namespace = sections[first]["namespace"]
    events = paths.core(namespace, "events")
    yield _taken("events", EVENTS, first, most, partial(observed.items, api, events), "json")
    for name, workload in workloads.items():
        written = partial(_logs, api, workload, sections[name], bounds)
        yield _taken("log", LOGS, name, most, written, "txt")
        yield _taken("settings", SETTINGS, name, most, partial(_there, workload), "json")


def _workload(api: Api, section: Section) -> Object | ApiError:
    try:
        return api.get(paths.workload(section))
    except ApiError as error:
        return error


def _there(workload: Object | ApiError) -> Object:
    if isinstance(workload, ApiError):
        raise workload
    return workload


def _pods(api: Api, workload: Object | ApiError) -> list[Object]:
    return list(observed.pods_of(api, _there(workload)))


def _logs(api: Api, workload: Object | ApiError, section: Section, bounds: tuple[int, int]) -> str:
    found = logs.of(api, _there(workload), section, *bounds)
    return "\n".join(f"== {name}\n{text}" for name, text in found.items())


def _taken(
    what: str, order: int, service: str, most: int, ask: Callable[[], Any], form: str
) -> Taken:
    source = Source(what, "", order, service, form=form)
    try:
        found = ask()
    except ApiError as error:
        return Taken(source, "", None, why=str(error))
    text = found if isinstance(found, str) else json.dumps(found)
    if form == "txt" and len(text) > most:
        return Taken(source, text[-most:], None, cut=True)
    return Taken(source, text, 0)

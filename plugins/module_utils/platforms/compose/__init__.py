# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Docker Compose, version 2 of it: one service of a project, told by the labels of its containers."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import entries
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import refusal
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import target as targets
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose import (
    answers,
    releases,
    script,
    state,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    NothingRuns,
    Reach,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    Reading,
    refused,
)

KEYS = ("project_dir", "service", "project", "files")
EXAMPLE = "compose: {project_dir: /opt/shop, service: api}"
# Neither is taken for an option.
SERVICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PROJECT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def check(path: str, given: object) -> None:
    section = entries.mapping(path, given, EXAMPLE)
    entries.known_keys(path, section, KEYS, EXAMPLE)
    files = section.get("files")
    tests = (
        ("project_dir", is_folder(section.get("project_dir")), "an absolute path", "/opt/shop"),
        ("service", fits(SERVICE_NAME, section.get("service")), "a service's name in the compose files", "api"),
        (
            "project",
            section.get("project") is None or fits(PROJECT_NAME, section["project"]),
            "a project's name: small letters, digits, - and _",
            "shop",
        ),
        ("files", files is None or are_files(files), "a list of compose files", "[compose.yaml, compose.prod.yaml]"),
    )  # fmt: skip
    for key, good, allowed, example in tests:
        if not good:
            raise refusal(f"{path}.{key}", section.get(key), allowed, f"{key}: {example}")


def fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def is_folder(value: object) -> bool:
    return isinstance(value, str) and value.startswith("/") and value.isprintable()


def are_files(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(
            isinstance(one, str) and re.fullmatch(r"[^-].*", one) and one.isprintable()
            for one in value
        )
    )


def place(section: Mapping[str, Any]) -> str:
    return where_of(section).folder


def where_of(section: Mapping[str, Any]) -> script.Place:
    return script.Place(
        posixpath.normpath(section["project_dir"]),
        section.get("project") or "",
        tuple(section.get("files") or ()),
    )


def identity(section: Mapping[str, Any]) -> dict[str, str]:
    """By the folder, which every entry names: the project's name is known only by reading."""
    return {"project_dir": where_of(section).folder, "service": section["service"]}


def read(sections: Mapping[str, Mapping[str, Any]], reach: Reach) -> dict[str, Reading]:
    found: dict[str, Reading] = {}
    for where in dict.fromkeys(where_of(section) for section in sections.values()):
        chosen = {name: one for name, one in sections.items() if where_of(one) == where}
        try:
            look = look_at(where, chosen.values(), reach)
        except Unreachable as error:
            look = answers.Look(refused=("host_unreachable", str(error)))
        found.update({name: _reading(look, where, one) for name, one in chosen.items()})
    return {name: found[name] for name in sections}


def look_at(where: script.Place, sections: Any, reach: Reach) -> answers.Look:
    """One round trip for some services of one project."""
    services = list(dict.fromkeys(section["service"] for section in sections))
    key = f"{where} {services}"
    known = reach.known.get(key, "") if reach.again else ""
    done = reach.shell((script.look_again if known else script.look)(where, services), "")
    look = answers.read(done.stdout + known)
    # What Compose could not say a moment ago it may say at the next look.
    if look.ended and not known and not look.problem:
        reach.known[key] = answers.lasting(done.stdout)
    if not look.refused and not look.ended:
        said = (done.stderr.strip() or f"exit status {done.rc}").splitlines()[-1][:200]
        look.refused = (
            "container_runtime_unavailable",
            f"the look at the project was cut off: {said}",
        )
    return look


def _reading(look: answers.Look, where: script.Place, section: Mapping[str, Any]) -> Reading:
    service = section["service"]
    title = f"service {service} of {look.project or where.project or where.folder}"
    if look.refused:
        return refused("compose", title, *look.refused)
    return state.of_service(look, service, title, section.get("releases"))


def target(section: Mapping[str, Any], wanted: str, known: Reading, reach: Reach) -> targets.Target:
    """An image of the service that lies on the host already: nothing is pulled in an incident."""
    look = look_at(where_of(section), [section], reach)
    if look.refused:
        raise Unreachable(look.refused[1])
    return releases.target(look, section["service"], wanted, known["releases"])


def execute(section: Mapping[str, Any], command: str, stdin: str, reach: Reach) -> Done:
    """In the running container of the lowest number."""
    return _run(script.inside(where_of(section), section["service"], command), stdin, reach)


def execute_on_files(section: Mapping[str, Any], command: str, stdin: str, reach: Reach) -> Done:
    """With the volumes of its container, which need not run, in a container of its image beside it."""
    return _run(script.beside(where_of(section), section["service"], command), stdin, reach)


def _run(text: str, stdin: str, reach: Reach) -> Done:
    done = reach.shell(text, stdin)
    look = answers.read(done.stdout)
    if look.refused:
        reason, message = look.refused
        raise (NothingRuns if reason == "stopped" else Unreachable)(message)
    return done

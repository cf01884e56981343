# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the host answered, taken apart. Lines without our mark are somebody else's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.formats import MARK

Container = dict[str, Any]


@dataclass(frozen=True)
class Image:
    id: str
    repository: str
    tag: str
    digest: str
    created: str


@dataclass
class Look:
    """One look at a project."""

    refused: tuple[str, str] | None = None
    ended: bool = False
    now: float = 0.0
    project: str = ""
    containers: list[Container] = field(default_factory=list)
    # By service: what the compose files say of it. `problem` says why they say nothing.
    config: dict[str, dict[str, Any]] = field(default_factory=dict)
    problem: str = ""
    # By service: the hashes that its containers would carry, had they been made from the files of now.
    hashes: dict[str, list[str]] = field(default_factory=dict)
    images: list[Image] = field(default_factory=list)
    # By service: images that Compose built for it, also those that have lost their tag.
    built: dict[str, list[Image]] = field(default_factory=dict)
    published: list[tuple[str, str]] = field(default_factory=list)
    listeners: list[str] = field(default_factory=list)
    # None where nobody asked; False when the kernel's log may not be read.
    kernel_read: bool | None = None
    killed: list[str] = field(default_factory=list)
    # What a change answered, by name.
    said: dict[str, str] = field(default_factory=dict)

    def of(self, service: str) -> list[Container]:
        return sorted(
            (one for one in self.containers if one["service"] == service),
            key=lambda one: (int(one["number"] or 0), one["name"]),
        )


def read(stdout: str) -> Look:
    look = Look()
    for kind, value in _records(stdout):
        if kind in RECORDS:
            RECORDS[kind](look, value)
        elif kind == "end":
            look.ended = True
    return look


def lasting(stdout: str) -> str:
    """The lines of an answer that hold until somebody deploys."""
    kept = [(kind, value) for kind, value in _records(stdout) if kind in LASTING]
    return "".join(f"\n{MARK}\t{kind}\t{value}" for kind, value in kept)


def _records(stdout: str) -> Iterator[tuple[str, str]]:
    for line in stdout.replace("\r\n", "\n").splitlines():
        mark, _tab, rest = line.partition("\t")
        kind, _tab, value = rest.partition("\t")
        if mark == MARK:
            yield kind, value


def _refused(look: Look, value: str) -> None:
    reason, _tab, message = value.partition("\t")
    look.refused = look.refused or (reason, message.strip())


def _container(look: Look, value: str) -> None:
    found = json.loads(value)
    found["name"] = found["name"].removeprefix("/")
    found["environment"] = sorted(name for name in found["environment"] if name)
    # A volume that nobody named has a name that Docker made.
    mounts = found.pop("mounts", ())
    found["nameless"] = [name for name in mounts if re.fullmatch(r"[0-9a-f]{64}", name or "")]
    found["set"] = sorted(name for name in found["set"] if name)
    look.containers.append(found)


def _config(look: Look, value: str) -> None:
    path, _tab, text = value.partition("\t")
    section, _slash, rest = path.partition("/")
    if section != "services":
        return
    service, _slash, key = rest.partition("/")
    known = look.config.setdefault(service, {"published": []})
    if key == "ports//published":
        known["published"].append(json.loads(text))
    elif key:
        known[key] = _value(text)


def _value(text: str) -> Any:
    return True if text in ("{", "[") else json.loads(text)


def _image(look: Look, value: str) -> None:
    look.images.append(Image(*_fields(value, 5)))


def _built(look: Look, value: str) -> None:
    service, image, created = _fields(value, 3)
    found = Image(image, "<none>", "<none>", "<none>", created)
    look.built.setdefault(service, []).append(found)


def _hash(look: Look, value: str) -> None:
    service, _space, hashed = value.strip().rpartition(" ")
    look.hashes.setdefault(service, []).append(hashed)


def _fields(value: str, number: int) -> list[str]:
    given = value.split("\t")
    return [*given, *[""] * number][:number]


def _published(look: Look, value: str) -> None:
    name, _tab, ports = value.partition("\t")
    look.published.append((name, ports))


def _said(name: str) -> Any:
    def note(look: Look, value: str) -> None:
        look.said[name] = value

    return note


RECORDS: dict[str, Any] = {
    "refused": _refused,
    "now": lambda look, value: setattr(look, "now", float(value or 0)),
    "project": lambda look, value: setattr(look, "project", value),
    "problem": lambda look, value: setattr(look, "problem", value.strip()),
    "container": _container,
    "config": _config,
    "hash": _hash,
    "image": _image,
    "built": _built,
    "published": _published,
    "listener": lambda look, value: look.listeners.append(value),
    "kernel": lambda look, value: setattr(look, "kernel_read", value == "1"),
    "oom": lambda look, value: look.killed.append(value),
    "outcome": _said("outcome"),
    "message": _said("message"),
}
LASTING = ("project", "config", "hash", "image", "built")


def names(containers: Iterable[Container]) -> str:
    return ", ".join(one["name"] for one in containers)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From what is wanted of a service to the containers it should have: only what is asked changes.

A new container pins the image that runs now, unless the compose files name that one themselves: a
tag that moved meanwhile would else be deployed by a change of a limit.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose import formats
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.answers import (
    Container,
    Look,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.obstacles import (
    obstacles,
    stays_single,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.releases import (
    deployed,
    find,
    releases,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.script import Remake

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Where the compose files set a limit, the override sets it, too: Compose refuses both of them.
MEMORY = ("mem_limit", "deploy/resources/limits/memory")
CPUS = ("cpus", "deploy/resources/limits/cpus")


class Impossible(Exception):
    """Why it cannot be done; nothing was touched."""


@dataclass(frozen=True)
class Wanted:
    """One of them is given. `aside` makes one more container of the release, which is not started."""

    release: str | None = None
    aside: bool = False
    replicas: int | None = None
    environment: Mapping[str, Any] | None = None
    limits: Mapping[str, Any] | None = None

    @property
    def verb(self) -> str:
        given = {
            "deploy" if self.aside else "rollback": self.release,
            "scale": self.replicas,
            "set_env": self.environment,
            "set_limits": self.limits,
        }
        (verb,) = [name for name, value in given.items() if value is not None]
        return verb


@dataclass(frozen=True)
class Plan:
    """`remake` is None when there is nothing to do. `values` never leave the process but on stdin."""

    remake: Remake | None = None
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    number: int = 1


def plan(look: Look, service: str, wanted: Wanted, known_releases: object) -> Plan:
    containers = look.of(service)
    if wanted.verb == "scale":
        return _scaled(look, service, int(wanted.replicas or 0))
    if wanted.aside:
        return _aside(look, service, str(wanted.release), known_releases)
    target = _release(look, service, wanted.release, known_releases)
    if target and containers and all(one["image"] == target for one in containers):
        return Plan(number=len(containers))
    refuse(look, service, wanted.verb)
    values, dropped = _environment(wanted.environment or {})
    image = target or _same_image(containers)
    number = _number(containers)
    remake = _remake(
        look,
        service,
        image,
        _limits(look, service, wanted.limits or {}),
        number=number,
        dropped=dropped,
        same_hash=_hash_of(containers, image),
    )
    return Plan(remake, values, number)


def _number(containers: Sequence[Container]) -> int:
    """In the middle of a deployment that was cut off, some stand aside: stopped, or not started yet."""
    standing = sum(one["status"] not in ("exited", "created") for one in containers)
    most = max(Counter(one["image"] for one in containers).values(), default=0)
    return max(standing, most)


def refuse(look: Look, service: str, verb: str) -> None:
    why = obstacles(look, service).get(verb)
    if why:
        raise Impossible(why)


def _scaled(look: Look, service: str, number: int) -> Plan:
    containers = look.of(service)
    if number < 1:
        raise Impossible(f"{number} instances are no service: at least 1, or stop it")
    if len(containers) == number:
        return Plan(number=number)
    if number > 1 or not stays_single(look, service):
        refuse(look, service, "scale")
    image, limits = _same_image(containers), _limits(look, service, {})
    return Plan(_remake(look, service, image, limits, number=number, keep=True), number=number)


def _aside(look: Look, service: str, release: str, known_releases: object) -> Plan:
    """In the middle of a deployment there are containers of two releases; else nothing may stand against it."""
    containers = look.of(service)
    image = str(_release(look, service, release, known_releases))
    if all(one["image"] != image for one in containers):
        refuse(look, service, "deploy")
    limits, number = _limits(look, service, {}), len(containers) + 1
    return Plan(
        _remake(look, service, image, limits, number=number, keep=True, aside=True), number=number
    )


def _same_image(containers: list[Container]) -> str:
    images = {str(one["image"]) for one in containers}
    if len(images) != 1:
        raise Impossible(
            f"there are containers of {len(images)} releases: end the deployment first"
        )
    return images.pop()


def _release(look: Look, service: str, name: str | None, known: object) -> str | None:
    """The image's id. A tag is no release: it may mean another one in a minute."""
    if name is None:
        return None
    found = next((one for one in releases(look, service, known) if one["name"] == name), None)
    if found is None and find(look.images, name) == name:
        raise Impossible(f"image {name} is no release of {service}: nothing was stopped")
    if found is None or not found["present"]:
        raise Impossible(
            f"release {name} is not on the host: nothing was stopped; by hand: docker pull it by its digest"
        )
    return name


def _environment(given: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    for name in given:
        if not VARIABLE.fullmatch(str(name)):
            raise Impossible(f"'{str(name)[:40]}' is no name of an environment variable")
    values = {name: _text(name, value) for name, value in given.items() if value is not None}
    return values, tuple(given)


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int, float)) and "\x00" not in str(value):
        return str(value)
    raise Impossible(f"the value of {name} is not a text")


def _limits(look: Look, service: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Those set here, as Compose writes them, with the given ones; a deployed value is none of ours."""
    entry = look.config.get(service, {})
    kept = _set_before(look.of(service))
    found: dict[str, Any] = {}
    for name, keys in (("memory_bytes", MEMORY), ("cpus", CPUS)):
        value = given[name] if name in given else kept.get(name)
        key = next((one for one in keys if one in entry), keys[0])
        if value is None or (key in entry and float(entry[key]) == float(value)):
            continue
        if float(value) <= 0:
            raise Impossible(f"{name}: got {value}; allowed is a number above 0")
        _put(found, key, str(value) if "/" in key else value)
    return found


def _put(found: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split("/")
    for name in above:
        found = found.setdefault(name, {})
    found[last] = value


def _set_before(containers: list[Container]) -> dict[str, Any]:
    """Read back from the label."""
    label = containers[0]["limits"] if containers else ""
    given = json.loads("{" + label + "}") if label else {}
    inner = ((given.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    memory, cpus = given.get("mem_limit", inner.get("memory")), given.get("cpus", inner.get("cpus"))
    return {
        **({"memory_bytes": int(memory)} if memory is not None else {}),
        **({"cpus": float(cpus)} if cpus is not None else {}),
    }


def _hash_of(containers: list[Container], image: str) -> str:
    """The hash that tells that nothing is to do; none when they run another release."""
    return str(containers[0]["hash"]) if all(one["image"] == image for one in containers) else ""


def _remake(look: Look, service: str, image: str, limits: Mapping[str, Any], **more: Any) -> Remake:
    named = find(look.images, deployed(look, service))
    pinned = {} if named == image else {"image": image}
    labels = {
        **({formats.IMAGE: image} if pinned else {}),
        **({formats.LIMITS: _inner(limits)} if limits else {}),
    }
    return Remake(
        settings=_with_comma({**pinned, **limits}),
        labels=_with_comma(labels),
        expected=tuple(one["id"] for one in look.of(service)),
        **more,
    )


def _inner(given: Mapping[str, Any]) -> str:
    return json.dumps(given, separators=(",", ":"))[1:-1]


def _with_comma(given: Mapping[str, Any]) -> str:
    return _inner(given) + "," if given else ""


def stdin(values: Mapping[str, str]) -> str:
    """Two lines: the variables, and the labels that keep them."""
    labels = {f"{formats.ENVIRONMENT}{name}": value for name, value in values.items()}
    return "".join(
        json.dumps(one, ensure_ascii=False, separators=(",", ":"))[1:-1] + "\n"
        for one in (dict(values), labels)
    )

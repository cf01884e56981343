# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What cannot be done to a service, and why: known before anything is stopped."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose.answers import (
    Container,
    Look,
    names,
)

# These make a new container from the compose files.
REMADE = ("rollback", "deploy", "scale", "set_env", "set_limits")
HELD = ("restart", "stop", *REMADE)


def obstacles(look: Look, service: str) -> dict[str, str]:
    found: dict[str, str] = {}
    paused = [one for one in look.of(service) if one["status"] == "paused"]
    if paused:
        why = f"{names(paused)} is paused: whoever did it may need it so; by hand: docker unpause {names(paused)}"
        found.update(dict.fromkeys(HELD, why))
    if not look.of(service):
        why = f"there is no container of {service}: deploy it"
        found.update(dict.fromkeys(("start", "restart"), why))
    stands = cannot_be_one_by_one(look.of(service))
    if stands:
        found["deploy"] = stands
    remade = cannot_be_remade(look, service)
    if remade:
        found.update(dict.fromkeys(REMADE, remade))
    single = stays_single(look, service)
    if single:
        found.setdefault("scale", single)
    return found


def cannot_be_remade(look: Look, service: str) -> str:
    """Only what is asked may change: a new container must else be the same as the old."""
    containers = look.of(service)
    if look.problem:
        return f"the compose files cannot be used: {look.problem}"
    if service not in look.config:
        return f"the compose files do not name {service}"
    if not containers:
        return f"there is no container of {service}: deploy it"
    other = [one for one in containers if one["hash"] not in look.hashes.get(service, ())]
    if other:
        return (
            f"the compose files say something else of {service} by now than what {names(other)} was made from "
            "(they were changed, a variable of theirs has another value here, or Compose is another version), "
            "so that more would change than is asked; by hand: compare docker compose config with docker inspect, "
            "and deploy"
        )
    return ""


def cannot_be_one_by_one(containers: Sequence[Container]) -> str:
    if len({one["image"] for one in containers}) > 1:
        return "its containers are of several releases: a deployment is under way, or was cut off"
    keeps = [one for one in containers if one["nameless"]]
    if len(containers) > 1 and keeps:
        return (
            f"{names(keeps)} has a volume without a name, which a new container beside the others "
            "would not get; name it in the compose files"
        )
    return ""


def stays_single(look: Look, service: str) -> str:
    entry = look.config.get(service, {})
    if entry.get("container_name"):
        return f"{service} has a container_name, so there can be only one of it"
    fixed = [
        port for port in entry.get("published", []) if str(port).isdigit() and str(port) != "0"
    ]
    if fixed:
        return f"{service} publishes port {', '.join(fixed)} of the host, which only one container can have"
    if entry.get("network_mode") == "host":
        return f"{service} uses the host's network, where its ports can be taken only once"
    return ""

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""References to images of containers, as Docker and Kubernetes read them."""

from __future__ import annotations

# Tags that mean something else tomorrow.
FLOATING = ("latest", "stable", "main", "master", "edge", "nightly")


def short(reference: str) -> str:
    """Without what Docker adds by itself."""
    return reference.removeprefix("docker.io/").removeprefix("library/")


def tag(reference: str) -> str:
    """What stands behind the last colon, unless that is a registry's port."""
    found = reference.rpartition(":")[2]
    return "" if found == reference or "/" in found else found


def repository(reference: str) -> str:
    name = short(reference).partition("@")[0]
    return name.rpartition(":")[0] if tag(name) else name


def of_own(wanted: str, own: str) -> str:
    """A tag alone is one of the image that the service has."""
    if {":", "/", "@"} & set(wanted) or wanted == called(own):
        return wanted
    name = own.partition("@")[0]
    return f"{name.removesuffix(':' + tag(name))}:{wanted}"


def floats(reference: str) -> bool:
    """Whether it names no release, but whatever is there at the moment."""
    if "@" in reference or reference.startswith("sha256:"):
        return False
    return not tag(reference) or tag(reference) in FLOATING


def called(reference: str) -> str:
    """Its name without the place that it comes from: of registry:5000/team/shop:v2, shop."""
    return repository(reference).rpartition("/")[2]

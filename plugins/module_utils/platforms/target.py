# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release that somebody asks for by its name: is it there, and does it run already?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.image_names import (
    repository,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    release_named,
)

Target = dict[str, Any]


def target(name: str, title: str, in_use: bool) -> Target:
    """`name` is what the verb 'deploy' of the role workload takes; it pins the release."""
    return {"name": name, "title": title, "in_use": in_use, "refused": None}


def refused(reason: str, message: str) -> Target:
    """A reason of the check 'target'."""
    return {
        "name": None,
        "title": "",
        "in_use": False,
        "refused": {"reason": reason, "message": message},
    }


def missing(message: str) -> Target:
    return refused("release_missing", f"{message}; nothing was stopped")


def floating(wanted: str, in_use: str) -> Target:
    name = repository(in_use) or "shop"
    return refused(
        "release_not_pinned",
        f"release {wanted} names no one image, because its tag moves or it has none; "
        f"allowed is one with a tag that stays, or a digest; for example -e release={name}:1.4.2",
    )


def listed(reading: Mapping[str, Any], wanted: str, how: str) -> Target:
    """Of a platform that knows its releases: one of them, or how to get it there."""
    found = release_named(reading["releases"], wanted)
    if found is None or not found["present"]:
        known = ", ".join(one["title"] for one in reading["releases"] if one["present"]) or "none"
        return missing(f"there is no release {wanted}; there are: {known}; {how}")
    return target(found["name"], found["title"], found["name"] == reading["current"])

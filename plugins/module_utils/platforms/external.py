# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A service that somebody else runs: it is reached over the network, and nothing can be done to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import target as targets
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done, Reach
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import (
    Reading,
    refused,
)

KEYS: tuple[str, ...] = ()


def check(_path: str, _section: object) -> None:
    """It needs no section."""


def place(_section: Mapping[str, Any]) -> str:
    return ""


def identity(_section: Mapping[str, Any]) -> dict[str, str]:
    return {}


def read(sections: Mapping[str, Mapping[str, Any]], _reach: Reach) -> dict[str, Reading]:
    why = "somebody else runs it: what it runs on cannot be read"
    return {name: refused("external", "elsewhere", "not_managed", why) for name in sections}


def execute(_section: Mapping[str, Any], command: str, stdin: str, reach: Reach) -> Done:
    """On the host that stands for it, which may be a jump host with its client programs."""
    return reach.shell(command, stdin)


def execute_on_files(_section: Mapping[str, Any], command: str, stdin: str, reach: Reach) -> Done:
    """Its files are the host's."""
    return reach.shell(command, stdin)


def target(
    _section: Mapping[str, Any], wanted: str, known: Reading, _reach: Reach
) -> targets.Target:
    return targets.listed(known, wanted, "whoever runs it deploys it")

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which container of a pod is meant: the catalog's, else the one that is obvious."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# kubectl's own way to mark it.
DEFAULT = "kubectl.kubernetes.io/default-container"


def template_of(workload: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = workload["spec"]["template"]
    return found


def names(template: Mapping[str, Any]) -> list[str]:
    return [one["name"] for one in template["spec"]["containers"]]


def chosen(template: Mapping[str, Any], section: Mapping[str, Any]) -> str:
    """The name of the container; empty when it cannot be told, why_none() says why."""
    known = names(template)
    if section.get("container"):
        return section["container"] if section["container"] in known else ""
    marked = (template["metadata"].get("annotations") or {}).get(DEFAULT)
    for name in (marked, section["name"]):
        if name in known:
            return str(name)
    return known[0] if len(known) == 1 else ""


def why_none(template: Mapping[str, Any], section: Mapping[str, Any]) -> str:
    known = ", ".join(names(template))
    if section.get("container"):
        return f"it has no container {section['container']}: it has {known}"
    return f"it has several containers ({known}): name one in the catalog, as kubernetes: {{container: …}}"


def container(template: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next((one for one in template["spec"]["containers"] if one["name"] == name), {})

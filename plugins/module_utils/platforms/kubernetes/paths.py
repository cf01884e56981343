# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the API keeps what: the paths of the objects of a catalog section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

Section = Mapping[str, Any]
# The catalog's word for it, its kind, and the plural that paths and permissions are made of.
KINDS = {
    "deployment": ("Deployment", "deployments"),
    "statefulset": ("StatefulSet", "statefulsets"),
}
# What keeps the earlier templates of each kind.
REVISIONS = {"Deployment": "replicasets", "StatefulSet": "controllerrevisions"}
NODES = "/api/v1/nodes"
REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def kind(section: Section) -> str:
    return KINDS[section["workload"]][0]


def plural(section: Section) -> str:
    return KINDS[section["workload"]][1]


def workload(section: Section) -> str:
    return f"{apps(section['namespace'], plural(section))}/{quote(section['name'])}"


def apps(namespace: str, resource: str) -> str:
    return f"/apis/apps/v1/namespaces/{quote(namespace)}/{resource}"


def core(namespace: str, resource: str) -> str:
    return f"/api/v1/namespaces/{quote(namespace)}/{resource}"


def measured(namespace: str, name: str) -> str:
    return f"/apis/metrics.k8s.io/v1beta1/namespaces/{quote(namespace)}/pods/{quote(name)}"


def autoscalers(namespace: str) -> str:
    return f"/apis/autoscaling/v1/namespaces/{quote(namespace)}/horizontalpodautoscalers"


def budgets(namespace: str, version: str) -> str:
    return f"/apis/policy/{version}/namespaces/{quote(namespace)}/poddisruptionbudgets"


def node(name: str) -> str:
    return f"{NODES}/{quote(name)}"


def pod(namespace: str, name: str, part: str = "") -> str:
    return f"{core(namespace, 'pods')}/{quote(name)}" + (f"/{part}" if part else "")

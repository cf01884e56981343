# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalog's section: judged before anything is connected."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import catalog
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import platform

KUBERNETES = platform("kubernetes")
GOOD = {"namespace": "shop", "workload": "deployment", "name": "api"}


@pytest.fixture
def section(tmp_path: Path) -> dict[str, Any]:
    config = tmp_path / "config"
    config.touch(mode=0o600)
    config.write_text("{current-context: lab, contexts: [{name: lab}]}")
    return {**GOOD, "kubeconfig": str(config)}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"workload": "statefulset"},
        {"name": "api.v2"},
        {"container": "app", "context": "lab"},
        {"container": None, "gitops": "override"},
    ],
)
def test_a_good_one(section: dict[str, Any], change: dict[str, Any]) -> None:
    KUBERNETES.check("p", {**section, **change})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        # BI31: no namespace is no wish for 'default'.
        ({"namespace": None}, "p.namespace: got nothing; allowed is a namespace's name"),
        ({"namespace": ""}, "p.namespace: got ''; allowed"),
        ({"namespace": "Shop"}, "p.namespace: got 'Shop'; allowed"),
        ({"namespace": "a/../kube-system"}, "p.namespace: got .*; allowed"),
        ({"name": "api,db"}, "p.name: got 'api,db'; allowed"),
        ({"name": "*"}, "p.name: got"),
        ({"name": ["api"]}, "p.name: got"),
        ({"workload": "Deployment"}, "p.workload: got 'Deployment'; allowed is one of deployment, statefulset"),
        ({"workload": "daemonset"}, "allowed is one of deployment, statefulset"),
        ({"container": "a b"}, "p.container: got"),
        ({"gitops": True}, "p.gitops: got 'True'; allowed is refuse or override"),
        ({"kubeconfig": 1}, "p.kubeconfig: got"),
        ({"context": "prod"}, "p.context: got 'prod'; allowed is a context of"),
        ({"selector": "app"}, "p.selector: unknown key; known are namespace, workload, name"),
    ],
)  # fmt: skip
def test_a_wrong_one_is_refused(
    section: dict[str, Any], change: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InputError) as caught:
        KUBERNETES.check("p", {**section, **change})
    assert re.search(problem, str(caught.value))
    assert "\n" not in str(caught.value)


def test_no_section_at_all() -> None:
    with pytest.raises(InputError, match="p: got 'None'; allowed is a mapping"):
        KUBERNETES.check("p", None)


def test_what_one_read_covers() -> None:
    places = {
        KUBERNETES.place({**GOOD, **change})
        for change in ({}, {"name": "db"}, {"workload": "statefulset"})
    }
    assert len(places) == 1
    assert KUBERNETES.place({**GOOD, "namespace": "other"}) not in places
    assert KUBERNETES.place({**GOOD, "context": "other"}) not in places


def test_each_workload_has_its_own_lock() -> None:
    names = {
        catalog.lock_name("api", {"kind": "http", "platform": "kubernetes", "kubernetes": section})
        for section in (
            GOOD,
            {**GOOD, "name": "web"},
            {**GOOD, "workload": "statefulset"},
            # A context is a way to a cluster, and the lock lies in it.
            {**GOOD, "context": "other"},
        )
    }
    assert len(names) == 3

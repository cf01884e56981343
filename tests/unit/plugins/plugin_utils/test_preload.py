# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the workers inherit, and what a playbook for another platform never loads."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.plugin_utils.preload import platforms_of

LOAD = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
from ansible.plugins.loader import init_plugin_loader
init_plugin_loader()
from ansible_collections.oncall.runbooks.plugins.plugin_utils.preload import preload
preload(*sys.argv[2:])
print(json.dumps(sorted(sys.modules)))
"""
OURS = "ansible_collections.oncall.runbooks.plugins"


def loaded(*names: str) -> set[str]:
    words = [sys.executable, "-c", LOAD, json.dumps(sys.path), *names]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_service_on_kubernetes() -> None:
    found = loaded("service", "kubernetes")
    assert {"kubernetes.config.kube_config", "urllib3", "websocket"} <= found
    assert f"{OURS}.action.kubernetes_workload" in found
    assert f"{OURS}.plugin_utils.kubernetes_client" in found


def test_a_service_elsewhere() -> None:
    found = loaded("closure", "http", "compose", "postgresql")
    assert f"{OURS}.action.catalog_info" in found
    assert not {"kubernetes", "websocket"} & found


@pytest.mark.parametrize(
    ("services", "names", "platforms"),
    [
        ({"a": {"platform": "kubernetes"}, "b": {"platform": "compose"}}, ["a"], {"kubernetes"}),
        ({"a": {"platform": "kubernetes"}, "b": {"platform": "compose"}}, ["c", "b"], {"compose"}),
        ({"a": "{{ x }}"}, ["a"], set()),
        ("{{ x }}", ["a"], set()),
        (None, ["a"], set()),
    ],
)
def test_what_the_catalog_says(services: Any, names: list[str], platforms: set[str]) -> None:
    assert platforms_of(services, names) == platforms

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the platforms and a command tell of memory."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.memory import usage

TOP = "== abc\nPID                 RSS\n4711                2048\n4712                1024\n== def\n== ghi\nPID RSS\n"


def test_of_processes() -> None:
    assert usage.of_processes(TOP) == {"abc": 3072 * 1024}
    assert usage.of_processes("== shop.service\n7 100\n8 50\n") == {"shop.service": 150 * 1024}
    assert usage.of_processes("") == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"api-1": 1000, "heap": 2.5}', {"api-1": 1000, "heap": 2}),
        ("{}", {}),
        ("12 MiB", None),
        ("[1]", None),
        ('{"api-1": "12M"}', None),
        ('{"api-1": true}', None),
        ('{"api-1": -1}', None),
    ],
)
def test_of_a_command(text: str, expected: dict[str, int] | None) -> None:
    assert usage.of_command(text) == expected


class Metrics:
    def get(self, path: str) -> dict[str, Any]:
        assert path == "/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods/api-1"
        return {
            "containers": [
                {"name": "api", "usage": {"memory": "100Mi"}},
                {"name": "proxy", "usage": {"memory": "5000Ki"}},
            ]
        }


@pytest.mark.parametrize(
    ("more", "expected"), [({}, 100 * 2**20 + 5000 * 1024), ({"container": "api"}, 100 * 2**20)]
)
def test_of_pods(more: dict[str, str], expected: int) -> None:
    assert usage.of_pods(Metrics(), {"namespace": "shop", **more}, ["api-1"]) == {"api-1": expected}


@pytest.mark.parametrize("platform", ["compose", "systemd"])
def test_the_scripts_run_where_nothing_of_it_is(platform: str) -> None:
    text = usage.script(platform, {}, ["no such$(touch /x)unit", "b"])
    done = subprocess.run(["sh", "-s"], input=text, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert usage.of_processes(done.stdout) == {}

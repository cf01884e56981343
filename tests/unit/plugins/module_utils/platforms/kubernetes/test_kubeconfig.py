# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kubeconfig is judged before anything is connected (BI52)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import kubeconfig

CONTENT = """
apiVersion: v1
current-context: lab
contexts: [{name: lab, context: {}}, {name: production, context: {}}]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config"
    path.touch(mode=0o600)
    path.write_text(CONTENT)
    return path


@pytest.mark.parametrize("context", [None, "lab", "production"])
def test_a_good_one(config: Path, context: str | None) -> None:
    kubeconfig.check("p", {"kubeconfig": str(config), "context": context}, {})
    kubeconfig.check("p", {"context": context}, {"KUBECONFIG": f"{config}:{config}"})


def refused(section: dict[str, Any], environment: dict[str, str] | None = None) -> str:
    with pytest.raises(InputError) as caught:
        kubeconfig.check("p", section, environment or {})
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_one_that_others_can_read(config: Path) -> None:
    config.chmod(0o640)
    said = refused({"kubeconfig": str(config)})
    assert str(config) in said
    assert "mode 0640" in said
    assert "chmod 600" in said


def test_a_context_that_is_not_in_it(config: Path) -> None:
    said = refused({"kubeconfig": str(config), "context": "prod"})
    assert re.search(
        rf"p.context: got 'prod'; allowed is a context of {config}: lab, production", said
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[]", "it is no kubeconfig"),
        ("a: [", "it is no YAML"),
        ("current-context: x", "allowed is a context of"),
        ("{}", "the kubeconfig has no current one"),
    ],
)
def test_one_that_is_none(config: Path, content: str, problem: str) -> None:
    config.write_text(content)
    assert problem in refused({"kubeconfig": str(config)})


def test_one_that_is_not_there(tmp_path: Path) -> None:
    assert "No such file" in refused({"kubeconfig": str(tmp_path / "none")})
    assert "no regular file" in refused({"kubeconfig": str(tmp_path)})


def test_inside_a_cluster_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    inside = {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}
    kubeconfig.check("p", {}, inside)
    assert "and no kubeconfig" in refused({"context": "lab"}, inside)
    # Without either there is nothing to connect to.
    assert ".kube/config" in refused({})

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a kubeconfig says of a cluster, as kubectl reads it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import access
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
)

PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
BY_NAME = {"username": "u", "password": "p"}
DATA = base64.b64encode(PEM.encode()).decode()


def config(
    user: dict[str, Any], cluster: dict[str, Any] | None = None, name: str = "lab"
) -> dict[str, Any]:
    return {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [
            {"name": name, "cluster": {"server": f"https://{name}:6443/", **(cluster or {})}}
        ],
        "users": [{"name": name, "user": user}],
    }


def test_a_token(tmp_path: Path) -> None:
    found = access.of_files(
        [(tmp_path / "c", config({"token": "t0p"}, {"certificate-authority-data": DATA}))], None
    )
    assert (found.server, found.token, found.authority) == ("https://lab:6443", "t0p", PEM)
    assert "t0p" not in repr(found)


def test_paths_are_those_of_their_own_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    (tmp_path / "client.pem").write_text(PEM)
    user = {
        "tokenFile": "token",
        "client-certificate": "client.pem",
        "client-key": str(tmp_path / "client.pem"),
    }
    found = access.of_files([(tmp_path / "c", config(user))], None)
    assert (found.token, found.certificate, found.key) == ("secret", PEM, PEM)
    assert PEM not in repr(found)


def test_of_several_files_the_first_counts(tmp_path: Path) -> None:
    files = [(tmp_path / "a", config({"token": "1"})), (tmp_path / "b", config({"token": "2"})),
             (tmp_path / "c", config(BY_NAME, {"tls-server-name": "x"}, "other"))]  # fmt: skip
    assert access.of_files(files, None).token == "1"
    other = access.of_files(files, "other")
    assert (other.server, other.server_name, other.token) == ("https://other:6443", "x", None)
    assert other.basic == base64.b64encode(b"u:p").decode()


@pytest.mark.parametrize(
    ("content", "context", "problem"),
    [
        (config({}), "none", "has no context none"),
        ({**config({}), "users": []}, None, "has no user lab"),
        (config({"auth-provider": {"name": "gcp"}}), None, "auth-provider is not supported"),
        (config({"tokenFile": "not-there"}), None, "tokenFile .* cannot be read: No such file"),
        (config({}, {"certificate-authority-data": "%%%"}), None, "certificate-authority-data cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_used(
    tmp_path: Path, content: dict[str, Any], context: str | None, problem: str
) -> None:
    with pytest.raises(ApiError, match=problem):
        access.of_files([(tmp_path / "c", content)], context)


def test_the_account_of_a_pod(tmp_path: Path) -> None:
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "6443"}
    with pytest.raises(ApiError, match="No such file"):
        access.of_pod(environment, tmp_path)
    (tmp_path / "ca.crt").write_text(PEM)
    (tmp_path / "token").write_text("t\n")
    found = access.of_pod(environment, tmp_path)
    assert (found.server, found.token, found.authority) == ("https://[fd00::1]:6443", "t", PEM)

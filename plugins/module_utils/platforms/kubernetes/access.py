# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a kubeconfig, or the account of a pod, says about a cluster: where it is and who we are.

https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
)

# Where a pod finds its own account.
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True)
class Access:
    """Credentials are left out of its repr."""

    server: str
    authority: str | None = None
    insecure: bool = False
    server_name: str | None = None
    proxy: str | None = None
    certificate: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    basic: str | None = field(default=None, repr=False)
    # A program that hands out credentials, as those of the cloud providers.
    program: Mapping[str, Any] | None = None
    program_folder: Path | None = None


Content = tuple[Path, Mapping[str, Any]]


def of_files(contents: Sequence[Content], context: str | None) -> Access:
    """Of several files the first that has a name counts, as for kubectl."""
    name = context or next(
        (one["current-context"] for _p, one in contents if one.get("current-context")), None
    )
    chosen, _folder = _named(contents, "contexts", "context", name)
    cluster, cluster_folder = _named(contents, "clusters", "cluster", chosen.get("cluster"))
    user, user_folder = _named(contents, "users", "user", chosen.get("user"))
    if "auth-provider" in user and "exec" not in user:
        raise ApiError(
            "the kubeconfig's auth-provider is not supported: use an exec plugin or a token"
        )
    return Access(
        server=str(cluster.get("server") or "").rstrip("/"),
        authority=_pem(cluster, "certificate-authority", cluster_folder),
        insecure=bool(cluster.get("insecure-skip-tls-verify")),
        server_name=cluster.get("tls-server-name"),
        proxy=cluster.get("proxy-url"),
        certificate=_pem(user, "client-certificate", user_folder),
        key=_pem(user, "client-key", user_folder),
        token=_token(user, user_folder),
        basic=_basic(user),
        program=user.get("exec"),
        program_folder=user_folder,
    )


def of_pod(environment: Mapping[str, str], folder: Path = ACCOUNT) -> Access:
    host, port = environment["KUBERNETES_SERVICE_HOST"], environment.get("KUBERNETES_SERVICE_PORT")
    name = f"[{host}]" if ":" in host else host
    try:
        authority = (folder / "ca.crt").read_text()
        token = (folder / "token").read_text().strip()
    except OSError as error:
        raise ApiError(f"the pod's account cannot be read: {error.strerror}") from None
    return Access(f"https://{name}:{port or 443}", authority=authority, token=token)


def _named(
    contents: Sequence[Content], kind: str, key: str, name: str | None
) -> tuple[Mapping[str, Any], Path]:
    for path, content in contents:
        for entry in content.get(kind) or ():
            if entry.get("name") == name:
                return entry.get(key) or {}, path.parent
    raise ApiError(f"the kubeconfig has no {key} {name}")


def _pem(entry: Mapping[str, Any], key: str, folder: Path) -> str | None:
    data = entry.get(f"{key}-data")
    if data:
        try:
            return base64.b64decode(data, validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            raise ApiError(f"the kubeconfig's {key}-data cannot be read") from None
    return _text(folder / entry[key], key) if entry.get(key) else None


def _token(user: Mapping[str, Any], folder: Path) -> str | None:
    if user.get("tokenFile"):
        return _text(folder / user["tokenFile"], "tokenFile").strip()
    return user.get("token")


def _basic(user: Mapping[str, Any]) -> str | None:
    if not user.get("username"):
        return None
    pair = f"{user['username']}:{user.get('password', '')}"
    return base64.b64encode(pair.encode()).decode()


def _text(path: Path, what: str) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or "it is no text"
        raise ApiError(f"the kubeconfig's {what} {path} cannot be read: {said}") from None

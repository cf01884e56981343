# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections to an API server, with Python's standard library alone: the official client takes
a second to load in each worker, writes keys to files, and retries a server that hangs."""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import subprocess
import tempfile
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.access import (
    Access,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
)

# How long a program may take that hands out credentials.
PROGRAM_S = 30


class _Https(http.client.HTTPSConnection):
    """The name that the certificate is for may be another one than the address."""

    server_name: str | None = None
    context: ssl.SSLContext

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        tunnel = getattr(self, "_tunnel_host", None)
        name = self.server_name or tunnel or self.host
        self.sock = self.context.wrap_socket(self.sock, server_hostname=name)


class Connector:
    """Opens connections to one cluster as one user."""

    def __init__(self, access: Access) -> None:
        self.access = with_program(access) if access.program else access
        self.address = urlsplit(self.access.server)
        if self.address.scheme not in ("http", "https") or not self.address.hostname:
            raise ApiError("the kubeconfig's server is no http or https address")
        self.context = context(self.access) if self.address.scheme == "https" else None

    @property
    def base(self) -> str:
        """A path before that of the API, as some proxies for many clusters have it."""
        return self.address.path

    def headers(self) -> dict[str, str]:
        if self.access.token:
            return {"Authorization": f"Bearer {self.access.token}"}
        return {"Authorization": f"Basic {self.access.basic}"} if self.access.basic else {}

    def open(self, connect_s: float) -> http.client.HTTPConnection:
        host, port = self.address.hostname or "", self.address.port
        proxy = self._proxy(host)
        at = (proxy.hostname or "", proxy.port or 3128) if proxy else (host, port)
        made = self._made(at, connect_s)
        if proxy:
            made.set_tunnel(host, port or (443 if self.context else 80))
        made.connect()
        # Each write is whole; waiting for more costs 40 ms.
        made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def _made(self, at: tuple[str, int | None], connect_s: float) -> http.client.HTTPConnection:
        if self.context is None:
            return http.client.HTTPConnection(*at, timeout=connect_s)
        made = _Https(*at, timeout=connect_s, context=self.context)
        made.context, made.server_name = self.context, self.access.server_name
        return made

    def _proxy(self, host: str) -> Any:
        given = self.access.proxy
        if not given and not urllib.request.proxy_bypass(host):
            given = urllib.request.getproxies().get(self.address.scheme)
        return urlsplit(given) if given else None


def context(access: Access) -> ssl.SSLContext:
    try:
        made = ssl.create_default_context(cadata=access.authority)
        if access.insecure:
            made.check_hostname = False
            made.verify_mode = ssl.CERT_NONE
        # Authorities of clusters are often older than the strictest rules.
        made.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if access.certificate and access.key:
            load_pair(made, access.certificate, access.key)
    except (ssl.SSLError, ValueError) as error:
        raise ApiError(f"the kubeconfig's certificates cannot be used: {reason(error)}") from None
    return made


def load_pair(made: ssl.SSLContext, certificate: str, key: str) -> None:
    """Python reads them from a file only; it is private, and gone at once."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(f"{certificate}\n{key}\n")
        file.flush()
        made.load_cert_chain(file.name)


def with_program(access: Access) -> Access:
    """https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins"""
    program: Mapping[str, Any] = access.program or {}
    version = program.get("apiVersion") or "client.authentication.k8s.io/v1"
    info = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
    own = {one["name"]: one["value"] for one in program.get("env") or ()}
    name = str(program.get("command"))
    relative = "/" in name and not Path(name).is_absolute()
    command = str((access.program_folder or Path()) / name) if relative else name
    try:
        done = subprocess.run(
            [command, *(program.get("args") or ())],
            env={**os.environ, **own, "KUBERNETES_EXEC_INFO": json.dumps(info)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PROGRAM_S,
            check=True,
        )
        status = json.loads(done.stdout)["status"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        # What it said may hold credentials.
        raise ApiError(f"{name}, which the kubeconfig names, gave no credentials") from None
    return replace(
        access,
        token=status.get("token"),
        certificate=status.get("clientCertificateData") or access.certificate,
        key=status.get("clientKeyData") or access.key,
    )


def reason(problem: BaseException) -> str:
    """The cause in a few words, without what the libraries print around it."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {problem.verify_message}"
    if isinstance(problem, TimeoutError):
        return "timed out"
    text = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    return " ".join(str(text).split())[:200]

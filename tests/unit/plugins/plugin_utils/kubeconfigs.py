# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubeconfigs and certificates for tests, made anew for each."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = "t0p-secret-token"


def write(path: Path, content: dict[str, Any]) -> Path:
    path.touch(mode=0o600)
    path.write_text(json.dumps(content))
    return path


def config(
    server: str, user: dict[str, Any] | None = None, name: str = "lab", **cluster: Any
) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": {"server": server, **cluster}}],
        "users": [{"name": name, "user": {"token": TOKEN} if user is None else user}],
    }


def section(folder: Path, *given: Any, **cluster: Any) -> dict[str, Any]:
    return {"kubeconfig": str(write(folder / "kubeconfig", config(*given, **cluster)))}


def data(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


@dataclass(frozen=True)
class Pair:
    certificate: bytes
    key: bytes


class Authority:
    """Signs certificates for as long as a test runs."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = named("authority")
        made = self._made("authority", self._key.public_key(), True, ())
        self.certificate = made.public_bytes(serialization.Encoding.PEM)

    def pair(self, name: str, *alternatives: x509.GeneralName) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._made(name, key.public_key(), False, alternatives)
        form = serialization.PrivateFormat.PKCS8
        private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
        return Pair(made.public_bytes(serialization.Encoding.PEM), private)

    def server(self, name: str = "") -> Pair:
        """For 127.0.0.1, or for a name alone."""
        local = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        return self.pair("server", x509.DNSName(name) if name else local)

    def _made(
        self,
        name: str,
        key: ec.EllipticCurvePublicKey,
        authority: bool,
        alternatives: tuple[x509.GeneralName, ...],
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=5))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
        )
        if alternatives:
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), False)
        return builder.sign(self._key, hashes.SHA256())


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

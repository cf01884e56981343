# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a cluster is, and who we are: what the official client reads from a kubeconfig, or from
the account of a pod.

Three things it leaves to us. It writes the keys of a kubeconfig to files and removes them when the
interpreter ends, which a worker of Ansible does not wait for: here they are in memory before the
first request, and the files are gone. It waits without end for a program that hands out credentials.
And what it logs or says of what fails may quote them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import ssl
import sys
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import kubeconfig
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
)

try:
    import urllib3
    from kubernetes.client import Configuration
    from kubernetes.client.rest import RESTClientObject
    from kubernetes.config import ConfigException, load_incluster_config
    from kubernetes.config.kube_config import KubeConfigLoader, KubeConfigMerger
except ImportError:
    HAS_KUBERNETES = False
else:
    HAS_KUBERNETES = True

HOW_TO_INSTALL = (
    "the package kubernetes is not installed for the Python that runs Ansible: "
    "pip install kubernetes"
)
# How long a program may take that hands out credentials.
PROGRAM_S = 30
BOUNDED = (
    "import subprocess, sys; sys.exit(subprocess.run(sys.argv[2:], "
    "stdin=subprocess.DEVNULL, timeout=float(sys.argv[1])).returncode)"
)
Section = Mapping[str, Any]


class Login:
    """One cluster as one user."""

    def __init__(self, section: Section) -> None:
        if not HAS_KUBERNETES:
            raise ApiError(HOW_TO_INSTALL, "client_missing")
        with tempfile.TemporaryDirectory(prefix="oncall-runbooks-") as folder:
            self.configuration = configuration(section, folder)
            self.tls = tls(self.configuration)
        address = urlsplit(self.server)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ApiError("the kubeconfig's server is no http or https address")
        self.pool = pool(self.configuration, self.tls)

    @property
    def server(self) -> str:
        """With the path before that of the API, as some proxies for many clusters have it."""
        return str(self.configuration.host)

    def headers(self) -> dict[str, str]:
        """Asked for each request: a token runs out, and the client has a new one then."""
        with silent():
            settings = self.configuration.auth_settings().values()
        found = {str(one["key"]): str(one["value"]).strip() for one in settings if one["value"]}
        if not all(value.isascii() and value.isprintable() for value in found.values()):
            raise ApiError("the kubeconfig's token holds a character that no token has")
        return found


def configuration(section: Section, folder: str) -> Configuration:
    made = Configuration(host="")
    # Whoever asks knows what may be sent twice.
    made.retries = False
    files = kubeconfig.files(section, os.environ)
    try:
        with silent():
            if files:
                of_files(made, [str(file) for file in files], section, folder)
            else:
                load_incluster_config(client_configuration=made)
    except (ApiError, InputError) as problem:
        raise ApiError(str(problem)) from None
    except OSError as problem:
        told = f"{problem.filename}: {problem.strerror}"
        raise ApiError(f"a file that the kubeconfig names cannot be read: {told}") from None
    except Exception as problem:
        raise ApiError(f"the kubeconfig cannot be used: {told_by(problem)}") from None
    return made


def of_files(made: Configuration, files: list[str], section: Section, folder: str) -> None:
    context = kubeconfig.check("kubernetes", section, os.environ)
    merged = KubeConfigMerger(os.pathsep.join(files)).config
    loader = KubeConfigLoader(
        merged, active_context=context, config_base_path=None, temp_file_path=folder
    )
    named = loader.current_context["context"].get("user")
    entry = merged["users"].get_with_name(named, safe=True) if named else None
    user = (entry.value.get("user") if entry else None) or {}
    if "auth-provider" in user:
        raise ApiError(
            "the kubeconfig's auth-provider is not supported: use an exec plugin or a token"
        )
    program = bounded(user)
    loader.load_and_set(made)
    if program and not (made.api_key or made.cert_file):
        raise ApiError(f"{program}, which the kubeconfig names, gave no credentials")


def bounded(user: dict[str, Any]) -> str:
    """The name of the program that hands out credentials, which the client starts within a bound."""
    program = user.get("exec")
    if not program:
        return ""
    name = str(program.get("command"))
    program["args"] = ["-I", "-c", BOUNDED, str(PROGRAM_S), name, *(program.get("args") or ())]
    program["command"] = sys.executable
    return name


def tls(made: Configuration) -> ssl.SSLContext | None:
    """Everything that is in files, read; the client then knows of none."""
    if urlsplit(made.host).scheme != "https":
        return None
    try:
        context = ssl.create_default_context(cafile=made.ssl_ca_cert)
        if not made.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        # Authorities of clusters are often older than the strictest rules.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if made.cert_file:
            # Without a password OpenSSL would ask the terminal for one.
            context.load_cert_chain(made.cert_file, made.key_file, password="")
    except (OSError, ValueError) as problem:
        said = getattr(problem, "reason", None) or type(problem).__name__
        raise ApiError(f"the kubeconfig's certificates cannot be used: {said}") from None
    made.ssl_ca_cert = made.cert_file = made.key_file = None
    return context


def pool(made: Configuration, context: ssl.SSLContext | None) -> urllib3.PoolManager:
    """The client's connections, by way of a proxy where the kubeconfig or the environment names one."""
    manager: urllib3.PoolManager = RESTClientObject(made).pool_manager
    if context:
        manager.connection_pool_kw["ssl_context"] = context
    if not made.verify_ssl:
        # The kubeconfig says so; nobody needs to hear it with each request.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return manager


def told_by(problem: Exception) -> str:
    """The client quotes whole entries, with their credentials; only of a file it names no more than that."""
    said = str(problem)
    known = isinstance(problem, ConfigException) and said.startswith(("File does", "Service "))
    return said[:300] if known else "its cluster or its user is missing or not complete"


@contextlib.contextmanager
def silent() -> Iterator[None]:
    """The client logs what a program said that was to hand out credentials."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)

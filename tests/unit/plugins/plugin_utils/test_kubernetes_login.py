# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a cluster is and who we are: real kubeconfigs, programs and certificates, and what may go wrong."""

from __future__ import annotations

import os
import ssl
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes.api import (
    ApiError,
)
from ansible_collections.oncall.runbooks.plugins.plugin_utils import kubernetes_login
from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_client import KubernetesApi
from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_login import Login
from ansible_collections.oncall.runbooks.tests.unit.plugins.plugin_utils.kubeconfigs import (
    TOKEN,
    Authority,
    config,
    data,
    section,
    write,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.plugin_utils.scripted import (
    answer,
    scripted,
)
from kubernetes.config import incluster_config

PATH = "/api/v1/pods"
URL = "https://127.0.0.1:6443"
VERSION = "client.authentication.k8s.io/v1"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder and a home of its own, and no proxy."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "https_proxy", "http_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return folder


def authorization(user: dict[str, Any], folder: Path) -> str | None:
    return Login(section(folder, URL, user)).headers().get("authorization")


def refused(found: dict[str, Any]) -> str:
    with pytest.raises(ApiError) as caught:
        Login(found)
    said = str(caught.value)
    assert "\n" not in said
    assert TOKEN not in said
    return said


def program(folder: Path, text: str, name: str = "plugin") -> dict[str, Any]:
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{text}\n")
    path.chmod(0o700)
    return {"exec": {"apiVersion": VERSION, "command": str(path)}}


def tells(status: str) -> str:
    return f'print(json.dumps({{"apiVersion": "{VERSION}", "kind": "ExecCredential", "status": {status}}}))'


def test_a_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert authorization({"token": TOKEN}, tmp_path) == f"Bearer {TOKEN}"
    assert authorization({"tokenFile": "token"}, tmp_path) == f"Bearer {TOKEN}"
    by_name = {"username": "u", "password": "p"}
    assert authorization(by_name, tmp_path) == "Basic dTpw"
    assert authorization({}, tmp_path) is None


@pytest.mark.parametrize("token", [f"{TOKEN}\nX-Other: 1", f"{TOKEN}é"])
def test_a_token_that_no_header_can_hold(tmp_path: Path, token: str) -> None:
    with pytest.raises(ApiError, match="a character that no token has") as caught:
        authorization({"token": token}, tmp_path)
    assert TOKEN not in str(caught.value)


def test_a_program_hands_out_a_token(tmp_path: Path) -> None:
    text = (
        'info = json.loads(os.environ["KUBERNETES_EXEC_INFO"]); '
        'assert info["kind"] == "ExecCredential" and not sys.stdin.read()\n'
    )
    user = program(tmp_path, text + tells('{"token": sys.argv[1] + os.environ["REST"]}'))
    user["exec"].update(args=["t0p-"], env=[{"name": "REST", "value": "secret-token"}])
    assert authorization(user, tmp_path) == f"Bearer {TOKEN}"
    # Beside the kubeconfig, as kubectl looks for it; not beside the playbook.
    user["exec"]["command"] = "./plugin"
    assert authorization(user, tmp_path) == f"Bearer {TOKEN}"


def test_a_new_token_when_the_old_one_runs_out(tmp_path: Path) -> None:
    """The client asks the program again some minutes before."""
    text = 'open("count", "a").write("x")\n'
    said = '{"token": open("count").read(), "expirationTimestamp": "2026-01-01T00:00:00Z"}'
    login = Login(section(tmp_path, URL, program(tmp_path, text + tells(said))))
    found = [login.headers()["authorization"] for _unused in range(2)]
    assert found == ["Bearer xx", "Bearer xxx"]


@pytest.mark.parametrize(
    "text",
    [
        f'sys.exit("{TOKEN}")',
        f'print("{TOKEN}")',
        tells("{}"),
        tells('{"clientCertificateData": "x"}'),
        'print(json.dumps({"kind": "ExecCredential"}))',
    ],
)
def test_a_program_that_gives_none(
    tmp_path: Path, text: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    said = refused(section(tmp_path, URL, program(tmp_path, text)))
    assert said == f"{tmp_path}/plugin, which the kubeconfig names, gave no credentials"
    out, err = capfd.readouterr()
    assert (out, err, caplog.text) == ("", "", "")


def test_one_that_is_not_there(tmp_path: Path) -> None:
    user = {"exec": {"apiVersion": VERSION, "command": "no-such-plugin"}}
    assert "no-such-plugin, which the kubeconfig names" in refused(section(tmp_path, URL, user))


def test_one_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_login, "PROGRAM_S", 1)
    mark = tmp_path / "id"
    user = program(tmp_path, f'open("{mark}", "w").write(str(os.getpid())); time.sleep(60)')
    began = time.monotonic()
    assert "gave no credentials" in refused(section(tmp_path, URL, user))
    assert time.monotonic() - began < 10
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


def test_paths_are_those_of_their_own_file(tmp_path: Path) -> None:
    pair, authority = Authority().pair("u"), Authority()
    for name, content in (
        ("u.pem", pair.certificate),
        ("u.key", pair.key),
        ("ca", authority.certificate),
    ):
        (tmp_path / name).write_bytes(content)
    user = {"client-certificate": "u.pem", "client-key": "u.key"}
    login = Login(section(tmp_path, URL, user, **{"certificate-authority": "ca"}))
    assert login.tls
    assert [one["subject"] for one in login.tls.get_ca_certs()] == [
        ((("commonName", "authority"),),),
    ]


def test_of_several_files_the_first_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for kubectl; the official client takes the last one's current context."""
    other = config("https://other:1", {"token": "o"}, "other", **{"tls-server-name": "x"})
    files = [
        write(tmp_path / "a", config("https://first:1", {"token": "1"})),
        write(tmp_path / "b", config("https://second:1", {"token": "2"})),
        write(tmp_path / "c", other),
    ]
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, files)))
    first, third = Login({}), Login({"context": "other"})
    assert (first.server, first.headers()["authorization"]) == ("https://first:1", "Bearer 1")
    assert (third.server, third.headers()["authorization"]) == ("https://other:1", "Bearer o")
    assert third.configuration.tls_server_name == "x"


def broken(**changes: Any) -> dict[str, Any]:
    return {**config(URL), **changes}


ENTRY = {"name": "lab", "user": {"token": TOKEN, "client-certificate-data": "%%%"}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (broken(clusters=[]), "its cluster or its user is missing or not complete"),
        (broken(clusters=[{"name": "lab"}]), "its cluster or its user is missing or not complete"),
        (broken(users=[{"name": "lab"}]), "its cluster or its user is missing or not complete"),
        (broken(users=[{"user": {"token": TOKEN}}]), "is missing or not complete"),
        (broken(users={"lab": TOKEN}), "is missing or not complete"),
        (broken(users=[ENTRY]), "the kubeconfig"),
        (config("ftp://x"), "no http or https address"),
        (config(""), "no http or https address"),
        (config(URL, {"tokenFile": "not-there"}), "not-there: No such file"),
        (config(URL, {"client-key": "not-there"}), "does not exist"),
        (config(URL, {"auth-provider": {"name": "gcp"}}), "auth-provider is not supported"),
        (config(URL, None, **{"certificate-authority-data": "AAAA"}), "certificates cannot be used"),
        (config(URL, {"client-certificate-data": "AAAA", "client-key-data": "AAAA"}), "certificates cannot be used"),
    ],
)  # fmt: skip
def test_what_cannot_be_used(
    tmp_path: Path, temporary: Path, content: dict[str, Any], said: str
) -> None:
    path = write(tmp_path / "kubeconfig", content)
    assert said in refused({"kubeconfig": str(path)})
    assert not list(temporary.iterdir())


def test_what_others_may_read(tmp_path: Path) -> None:
    found = section(tmp_path, URL)
    Path(found["kubeconfig"]).chmod(0o604)
    assert "others may use it" in refused(found)
    Path(found["kubeconfig"]).chmod(0o600)
    assert "allowed is a context of" in refused({**found, "context": "none"})


def test_the_account_of_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "6443")
    token, certificate = tmp_path / "token", tmp_path / "ca.crt"
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(token))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(certificate))
    assert refused({}) == "the kubeconfig cannot be used: Service token file does not exist."
    token.write_text(f"{TOKEN}\n")
    certificate.write_bytes(Authority().certificate)
    login = Login({})
    assert login.server == "https://[fd00::1]:6443"
    assert login.headers() == {"authorization": f"bearer {TOKEN}"}


def asked(found: dict[str, Any]) -> None:
    api = KubernetesApi(found)
    try:
        api.wait_until(time.monotonic() + 5)
        api.get(PATH)
    finally:
        api.close()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def context(authority: Authority, tmp_path: Path) -> Callable[[str], ssl.SSLContext]:
    """What a server for that name, or for 127.0.0.1, has; it asks for a client's certificate."""

    def made(name: str = "") -> ssl.SSLContext:
        pair, path = authority.server(name), tmp_path / "server.pem"
        path.write_bytes(pair.certificate + pair.key)
        found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        found.load_cert_chain(path)
        found.load_verify_locations(cadata=authority.certificate.decode())
        found.verify_mode = ssl.CERT_REQUIRED
        return found

    return made


def by_certificate(authority: Authority) -> dict[str, Any]:
    pair = authority.pair("u")
    return {"client-certificate-data": data(pair.certificate), "client-key-data": data(pair.key)}


Context = Callable[..., ssl.SSLContext]
CA = "certificate-authority-data"


def test_certificates(
    authority: Authority, context: Context, tmp_path: Path, temporary: Path
) -> None:
    """No key is left in a file, not even while the client is in use."""
    files: list[str] = []

    def looks(peer: Any, request: str) -> bool:
        files.extend(str(one) for one in temporary.rglob("*"))
        return answer()(peer, request)

    user, trusted = by_certificate(authority), {CA: data(authority.certificate)}
    with scripted(looks, tls=context()) as server:
        asked(section(tmp_path, server.url, user, **trusted))
        assert len(server.requests) == 1
    assert not files
    assert not list(temporary.iterdir())


def test_a_program_hands_out_a_certificate(
    authority: Authority, context: Context, tmp_path: Path, temporary: Path
) -> None:
    pair = authority.pair("u")
    status = {
        "clientCertificateData": pair.certificate.decode(),
        "clientKeyData": pair.key.decode(),
    }
    user, trusted = program(tmp_path, tells(repr(status))), {CA: data(authority.certificate)}
    with scripted(answer(), tls=context()) as server:
        asked(section(tmp_path, server.url, user, **trusted))
        assert len(server.requests) == 1
    assert not list(temporary.iterdir())


def test_names_of_certificates(authority: Authority, context: Context, tmp_path: Path) -> None:
    user, trusted = by_certificate(authority), {CA: data(authority.certificate)}
    named = {**trusted, "tls-server-name": "api.internal"}
    insecure = {"insecure-skip-tls-verify": True}
    with scripted(*[answer()] * 2, tls=context("api.internal")) as server:
        for good in (named, insecure):
            asked(section(tmp_path, server.url, user, **good))
        assert len(server.requests) == 2
        for bad in (trusted, {}):
            with pytest.raises(ApiError, match="its certificate is not valid"):
                asked(section(tmp_path, server.url, user, **bad))


# A proxy that turns away, and so shows what it was asked for.
turned_away = answer(407, keep=False)


def test_proxies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(*[turned_away] * 6) as proxy:
        for given in ({"proxy-url": proxy.url}, {}):
            for verb in (KubernetesApi.get, run):
                with pytest.raises(ApiError, match="does not answer"):
                    verb(
                        KubernetesApi(section(tmp_path, "https://far.example:6443", **given)), PATH
                    )
            monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with scripted(answer()) as near:
            monkeypatch.setenv("http_proxy", proxy.url)
            asked(section(tmp_path, near.url))
        asks = [one.rpartition(" HTTP/")[0].partition(" HTTP/")[0] for one in proxy.requests]
    # A read is tried once more, a command in a pod is not.
    assert set(asks) == {"CONNECT far.example:6443"}
    assert len(asks) >= 4
    assert not any(TOKEN in one for one in proxy.requests)


def run(api: KubernetesApi, path: str) -> Any:
    return api.execute(path, "app", ["true"], "")


def test_the_package_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes_login, "HAS_KUBERNETES", False)
    assert "pip install kubernetes" in refused(section(tmp_path, URL))

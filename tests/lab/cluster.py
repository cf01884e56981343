# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Kubernetes cluster with real pods.

A cluster that is given is used: ONCALL_LAB_KUBECONFIG, or KUBECONFIG if its server is this
machine (somebody's production is no laboratory), or `kind` where it is installed. Else a
cluster of one node is started from Debian's programs on the engine of the lab; it is new
with every start.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import socket
import urllib.parse
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.tests.lab import (
    binaries,
    daemons,
    engine,
    image_builds,
    packages,
)
from ansible_collections.oncall.runbooks.tests.lab.places import (
    LAB,
    LABEL,
    RUN,
    load,
    record,
    why_not,
)
from ansible_collections.oncall.runbooks.tests.lab.shell import (
    Skipped,
    output,
    run,
    succeeds,
    unmount,
    wait_for,
)

FOLDER = RUN / "kubernetes"
KUBECONFIG = LAB / "kubeconfig"
NODE = "lab"
PORTS = ("etcd", "peer", "api", "kubelet", "health", "metrics")
# The API server makes it for itself.
CERTIFICATE = FOLDER / "pki" / "apiserver.crt"
SERVICES = "10.96.0.0/16"
# In the order of their start.
PROGRAMS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
)
KIND = "oncall-lab"
# What a volume claim may ask for without naming it.
STORAGE = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {
        "name": "lab",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    },
    "provisioner": "kubernetes.io/no-provisioner",
    "allowVolumeExpansion": True,
}


def kubectl(*words: str, config: Path | None = None, given: str | None = None) -> str:
    return run(
        "kubectl", "--kubeconfig", config or KUBECONFIG, *words, given=given, seconds=120
    ).stdout


def ready(config: Path) -> bool:
    form = "{.items[*].status.conditions[?(@.type=='Ready')].status}"
    words = ("get", "nodes", "-o", f"jsonpath={form}", "--request-timeout=5s")
    done = run("kubectl", "--kubeconfig", config, *words, check=False, seconds=15)
    return done.returncode == 0 and "True" in done.stdout.split()


# ---------------------------------------------------------------- a cluster that is there


def given() -> Path | None:
    """The cluster that a developer offers."""
    if named := os.environ.get("ONCALL_LAB_KUBECONFIG"):
        return Path(named)
    current = os.environ.get("KUBECONFIG", "")
    if not current or os.pathsep in current or Path(current) == KUBECONFIG:
        return None
    form = "jsonpath={.clusters[0].cluster.server}"
    words = ("config", "view", "--minify", "-o", form)
    done = run("kubectl", "--kubeconfig", current, *words, check=False)
    host = urllib.parse.urlsplit(done.stdout.strip()).hostname or ""
    return Path(current) if host in ("127.0.0.1", "localhost", "::1") else None


def _kind() -> Path:
    config = LAB / "kind.kubeconfig"
    if KIND not in output("kind", "get", "clusters").split():
        run("kind", "create", "cluster", "--name", KIND, "--kubeconfig", config, seconds=600)
    run("kind", "export", "kubeconfig", "--name", KIND, "--kubeconfig", config)
    run("kind", "load", "docker-image", "--name", KIND, *image_builds.all_tags(), seconds=600)
    return config


# ---------------------------------------------------------------- a cluster of our own


def up() -> None:
    if config := given():
        if not ready(config):
            raise Skipped(f"the cluster of {config} has no node that is ready")
        record(kubernetes={"ours": False, "kubeconfig": str(config)})
    elif shutil.which("kind"):
        record(kubernetes={"ours": False, "kind": KIND, "kubeconfig": str(_kind())})
    else:
        if not all(map(daemons.pid_of, PROGRAMS)) or not ready(KUBECONFIG):
            _start()
        record(kubernetes={"ours": True, "kubeconfig": str(KUBECONFIG)})


def _start() -> None:
    if reason := why_not():
        raise Skipped(f"no cluster is given (ONCALL_LAB_KUBECONFIG), and to start one: {reason}")
    folder = binaries.need()
    packages.need("iptables", "conntrack", "openssl")
    if not shutil.which("kubectl"):
        packages.need("kubernetes-client")
    _stop()
    FOLDER.mkdir(mode=0o700, parents=True)
    address = engine.address()
    if not address:
        raise Skipped("the Docker engine does not run on this machine, where the cluster would")
    ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
    _secrets(address, ports)
    for name, command in _commands(folder, address, ports).items():
        daemons.start(name, *command)
        if name == "kube-apiserver":
            wait_for(name, lambda: daemons.alive("kube-apiserver") and CERTIFICATE.exists())
            _write_kubeconfig(address, ports["api"])
            wait_for(
                "the Kubernetes API",
                lambda: (
                    daemons.alive("etcd")
                    and daemons.alive("kube-apiserver")
                    and succeeds("kubectl", "--kubeconfig", KUBECONFIG, "get", "--raw", "/readyz")
                ),
            )
    wait_for("the node", lambda: all(map(daemons.alive, PROGRAMS)) and ready(KUBECONFIG))
    kubectl("apply", "-f", "-", given=json.dumps(STORAGE))


def _free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _each in range(count)]
    try:
        for probe in probes:
            probe.bind(("", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _secrets(address: str, ports: dict[str, int]) -> None:
    """Made anew at each start; only root reads the folder."""
    token = secrets.token_urlsafe(24)
    (FOLDER / "token").write_text(token)
    (FOLDER / "tokens.csv").write_text(f'{token},lab-admin,lab-admin,"system:masters"\n')
    run("openssl", "genrsa", "-out", FOLDER / "accounts.key", "2048")
    # How the API server shows itself to the kubelet: its own authority.
    run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"),
        *("-keyout", FOLDER / "client.key", "-out", FOLDER / "client.crt"),
        *("-subj", "/O=system:masters/CN=lab-apiserver"),
        *("-addext", "extendedKeyUsage=clientAuth"),
    )
    nothing = dict.fromkeys(("imagefs.available", "memory.available", "nodefs.available"), "0%")
    settings: dict[str, Any] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": address,
        "port": ports["kubelet"],
        "readOnlyPort": 0,
        "healthzPort": 0,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": str(FOLDER / "client.crt")},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "cgroupDriver": "cgroupfs",
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "enforceNodeAllocatable": [],
        "resolvConf": "/etc/resolv.conf",
        # A pod must not wait long for its turn to be looked at.
        "syncFrequency": "10s",
        # What happens to many pods at once is told at once, too.
        "eventRecordQPS": 0,
        # Images cannot be pulled again: none is ever removed, and a full disk evicts nobody.
        "imageGCHighThresholdPercent": 100,
        "evictionHard": nothing,
    }
    (FOLDER / "kubelet.json").write_text(json.dumps(settings))
    proxy = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "bindAddress": address,
        "hostnameOverride": NODE,
        "healthzBindAddress": f"127.0.0.1:{ports['health']}",
        "metricsBindAddress": f"127.0.0.1:{ports['metrics']}",
        "clientConnection": {"kubeconfig": str(KUBECONFIG)},
        # The kernel's table is not ours to resize.
        "conntrack": {
            "maxPerCore": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
    }
    (FOLDER / "proxy.json").write_text(json.dumps(proxy))


def _commands(
    folder: Path, address: str, ports: dict[str, int]
) -> dict[str, tuple[str | Path, ...]]:
    etcd = f"http://127.0.0.1:{ports['etcd']}"
    peer = f"http://127.0.0.1:{ports['peer']}"
    config = f"--kubeconfig={KUBECONFIG}"
    no_ports = ("--port=0", "--secure-port=0", "--leader-elect=false")
    return {
        "etcd": (
            *(folder / "etcd", "--data-dir", FOLDER / "etcd", "--log-level=warn", "--logger=zap"),
            *(f"--listen-client-urls={etcd}", f"--advertise-client-urls={etcd}"),
            *(f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}"),
            f"--initial-cluster=default={peer}",
        ),
        "kube-apiserver": (
            *(folder / "kube-apiserver", f"--etcd-servers={etcd}"),
            *(f"--advertise-address={address}", f"--bind-address={address}"),
            *(f"--secure-port={ports['api']}", f"--cert-dir={FOLDER / 'pki'}"),
            f"--token-auth-file={FOLDER / 'tokens.csv'}",
            "--authorization-mode=Node,RBAC",
            "--disable-admission-plugins=ServiceAccount",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={FOLDER / 'accounts.key'}",
            f"--service-account-signing-key-file={FOLDER / 'accounts.key'}",
            f"--service-cluster-ip-range={SERVICES}",
            "--kubelet-preferred-address-types=InternalIP",
            f"--kubelet-client-certificate={FOLDER / 'client.crt'}",
            f"--kubelet-client-key={FOLDER / 'client.key'}",
        ),
        "kube-controller-manager": (
            *(folder / "kube-controller-manager", config, *no_ports),
            f"--service-account-private-key-file={FOLDER / 'accounts.key'}",
            # A machine that is busy for a moment must not lose its node.
            "--node-monitor-grace-period=120s",
        ),
        "kube-scheduler": (folder / "kube-scheduler", config, *no_ports),
        "kubelet": (
            *(folder / "kubelet", config, f"--config={FOLDER / 'kubelet.json'}"),
            *(f"--hostname-override={NODE}", f"--node-ip={address}"),
            *(f"--root-dir={LAB / 'kubelet'}", f"--cert-dir={FOLDER / 'kubelet-pki'}"),
            *("--container-runtime=docker", "--network-plugin="),
            "--pod-infra-container-image=oncall-lab/pause:1",
        ),
        "kube-proxy": (folder / "kube-proxy", f"--config={FOLDER / 'proxy.json'}"),
    }


def _write_kubeconfig(address: str, port: int) -> None:
    authority = base64.b64encode(CERTIFICATE.read_bytes()).decode()
    cluster = {
        "server": f"https://{address}:{port}",
        "certificate-authority-data": authority,
    }
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
        "clusters": [{"name": "lab", "cluster": cluster}],
        "users": [{"name": "lab", "user": {"token": (FOLDER / "token").read_text()}}],
    }
    draft = KUBECONFIG.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(content))
    draft.replace(KUBECONFIG)


def _stop() -> None:
    """Programs, pods, mounts, rules of the firewall and files, also of a start that was killed."""
    for name in reversed(PROGRAMS):
        daemons.stop(name)
    listing = ("docker", "ps", "-aq", "--filter", "name=^/k8s_")
    pods = run(*listing, check=False).stdout.split()
    if pods:
        run("docker", "rm", "-f", "-v", *pods, check=False)
    if (binaries.FOLDER / "kube-proxy").exists():
        run(binaries.FOLDER / "kube-proxy", "--cleanup", check=False)
    unmount(LAB / "kubelet")
    for folder in (FOLDER, LAB / "kubelet", LAB / "volumes"):
        shutil.rmtree(folder, ignore_errors=True)
    KUBECONFIG.unlink(missing_ok=True)


def down() -> None:
    known = load().get("kubernetes", {})
    if known.get("kind") and shutil.which("kind"):
        run("kind", "delete", "cluster", "--name", KIND, check=False)
    elif known.get("ours") or any(map(daemons.pid_of, PROGRAMS)):
        _stop()
    elif known:
        # A developer's own cluster stays; what killed tests left in it does not.
        marked = ("namespace", "-l", f"{LABEL}=test", "--wait=false")
        kubectl("delete", *marked, config=Path(known["kubeconfig"]))
    record(kubernetes=None)


def status() -> str:
    known = load().get("kubernetes")
    if not known:
        return "stopped"
    return "running" if ready(Path(known["kubeconfig"])) else "not ready"

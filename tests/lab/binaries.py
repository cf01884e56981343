# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The programs of a Kubernetes cluster, built from Debian's source package, kept in the cache.

Debian ships the client only. Its source package holds all of it.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ansible_collections.oncall.runbooks.tests.lab import packages
from ansible_collections.oncall.runbooks.tests.lab.places import LAB, debian
from ansible_collections.oncall.runbooks.tests.lab.shell import LabError, Skipped, output, run, say

PROGRAMS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
)
FOLDER = LAB / "kubernetes-1.20.2"
MIRROR = "http://deb.debian.org/debian"


def complete() -> bool:
    return all((FOLDER / name).exists() for name in (*PROGRAMS, "etcd"))


def need() -> Path:
    """The folder with the programs; building them takes some minutes, once."""
    if complete():
        return FOLDER
    if not debian():
        raise Skipped(
            "no cluster is given (ONCALL_LAB_KUBECONFIG), and to build one needs Debian 12"
        )
    packages.need("golang-go", "dpkg-dev", "make", "rsync", "gcc", "libc6-dev", "which")
    say("building Kubernetes from Debian's source (about five minutes on two cores)")
    LAB.mkdir(parents=True, exist_ok=True)
    for leftover in LAB.glob("build-*"):
        shutil.rmtree(leftover)
    # Not in /tmp, which may be small; removed whatever happens.
    with tempfile.TemporaryDirectory(prefix="build-", dir=LAB) as work:
        _build(_source(Path(work)), Path(work))
    return FOLDER


def _source(work: Path) -> Path:
    """Its own list of sources: this system's apt is left as it is."""
    lists, sources = work / "lists", work / "sources.list"
    (lists / "partial").mkdir(parents=True)
    signed = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    sources.write_text(f"deb-src {signed} {MIRROR} bookworm main\n")
    apt = [
        *("apt-get", "-q", "-o", f"Dir::Etc::SourceList={sources}"),
        *("-o", "Dir::Etc::SourceParts=-", "-o", f"Dir::State::Lists={lists}"),
        # As its own user apt could not write here.
        *("-o", f"Dir::Cache={work}", "-o", "APT::Sandbox::User=root"),
    ]
    run(*apt, "update", seconds=300, folder=work)
    run(*apt, "source", "kubernetes", seconds=600, folder=work)
    found = [path for path in work.glob("kubernetes-*") if path.is_dir()]
    if len(found) != 1:
        raise LabError("Debian's source package kubernetes did not unpack as expected")
    return found[0]


def _build(tree: Path, work: Path) -> None:
    # It is of the time before modules: the tree has to stand where its import path says.
    place = tree / ".go" / "src" / "k8s.io"
    place.mkdir(parents=True)
    (place / "kubernetes").symlink_to("../../..")
    what = " ".join(f"cmd/{name}" for name in PROGRAMS)
    environment = {
        "GOPATH": str(tree / ".go"),
        "GOCACHE": str(work / "go-cache"),
        # Without the drivers of public clouds, whose libraries take a third of the time.
        "GOFLAGS": "-tags=providerless",
        # Nobody debugs them: compiling and linking are quicker without what a debugger needs.
        "GOGCFLAGS": "-dwarf=false",
        "GOLDFLAGS": "-s -w",
        # The compiler spends a fifth of its time on collecting garbage, where memory is scarce.
        "GOGC": "400",
        "HOME": str(work),
        "KUBE_BUILD_PLATFORMS": f"linux/{output('dpkg', '--print-architecture')}",
    }
    run("nice", "make", f"WHAT={what}", folder=tree, environment=environment, seconds=3600)
    draft = FOLDER.with_name(FOLDER.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for name in PROGRAMS:
        made = next(tree.glob(f"_output/**/bin/**/{name}"), None) or next(
            tree.glob(f"_output/bin/{name}")
        )
        shutil.copy2(made, draft / name)
    shutil.copy2(_etcd(work), draft / "etcd")
    shutil.rmtree(FOLDER, ignore_errors=True)
    draft.rename(FOLDER)


def _etcd(work: Path) -> Path:
    """Out of its package, which is not installed: it would start a service on this machine."""
    run("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", "etcd-server", folder=work)
    run("dpkg-deb", "--extract", next(work.glob("etcd-server_*.deb")), work / "etcd")
    return work / "etcd" / "usr" / "bin" / "etcd"

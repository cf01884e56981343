# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lab's images. The base comes from Debian packages, its archive stays in the cache."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from ansible_collections.oncall.runbooks.tests.lab import packages
from ansible_collections.oncall.runbooks.tests.lab.places import HERE, LAB, fingerprint, record
from ansible_collections.oncall.runbooks.tests.lab.shell import output, run, say, succeeds

NAME = "oncall-lab"
SUITE = "bookworm"
CONTENT = (
    "ca-certificates",
    "curl",
    "dbus",
    "iproute2",
    "nginx-light",
    "postgresql",
    "procps",
    "python3",
    "python3-psycopg",
    "redis-server",
    "sudo",
    "systemd",
    "systemd-sysv",
)
# Never read in a container, and a third of the size.
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
# The account that runbooks use, which PostgreSQL's peer authentication knows by name.
ACCOUNT = 'chroot "$1" useradd --system --create-home --shell /bin/bash oncall'
RELEASES = ("1", "2", "3", "4")
# The shop pays with it, and so do tests without an image.
BOOKS = HERE / "payments.py"
KINDS = ("postgres", "redis", "nginx", "pause", "host")


def base_tag() -> str:
    return f"{NAME}/base:{fingerprint(SUITE, *CONTENT, *LEFT_OUT, ACCOUNT)}"


def all_tags() -> list[str]:
    return [f"shop:v{number}" for number in RELEASES] + [f"{NAME}/{kind}:1" for kind in KINDS]


def wanted() -> str:
    """What the built images bear as a label: changed sources make others."""
    return fingerprint(base_tag(), HERE / "images", HERE / "app", BOOKS)


def built() -> bool:
    """Each image exists and was made from today's sources."""
    form = '{{index .Config.Labels "made-from"}}'
    done = run("docker", "image", "inspect", "-f", form, *all_tags(), check=False)
    return done.returncode == 0 and set(done.stdout.split()) == {wanted()}


def up() -> None:
    if not built():
        _base()
        _build()
    record(images={"base": base_tag(), "shop": all_tags()[0], "all": all_tags()})


def _archive() -> Path:
    """The file system of the base, made once."""
    archive = LAB / f"{base_tag().partition(':')[2]}.tar"
    if archive.exists():
        return archive
    packages.need("mmdebstrap")
    say("making the base image from Debian packages (about a minute)")
    draft = archive.with_suffix(".tar.new")
    draft.unlink(missing_ok=True)
    run(
        *("mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(CONTENT)}"),
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
        *("--customize-hook=" + ACCOUNT, "--format=tar", SUITE, draft),
        seconds=900,
    )
    draft.rename(archive)
    for old in LAB.glob("*.tar"):
        if old != archive:
            old.unlink()
    return archive


def _base() -> None:
    if succeeds("docker", "image", "inspect", base_tag()):
        return
    run("docker", "import", _archive(), base_tag(), seconds=300)


def _build() -> None:
    say("building the lab's images")
    stages = [("app", f"shop:v{number}", number) for number in RELEASES]
    stages += [(kind, f"{NAME}/{kind}:1", "1") for kind in KINDS]
    made_from = wanted()
    with tempfile.TemporaryDirectory() as folder:
        for part in ("app", "images"):
            shutil.copytree(HERE / part, Path(folder) / part)
        shutil.copy(BOOKS, Path(folder) / "app")
        for stage, tag, release in stages:
            run(
                *("docker", "build", "--quiet", "--target", stage, "--tag", tag),
                *("--build-arg", f"BASE={base_tag()}", "--build-arg", f"RELEASE={release}"),
                *("--label", f"made-from={made_from}", "--file", f"{folder}/images/Dockerfile"),
                folder,
                # Its warnings about a newer builder, which Debian does not have.
                environment={"DOCKER_CLI_HINTS": "false"},
            )

    # What the new ones have replaced.
    run("docker", "image", "prune", "--force", "--filter", "label=made-from", check=False)


def down() -> None:
    """Images are what the cache is for: they stay."""
    record(images=None)


def status() -> str:
    return output("docker", "images", "-q", "shop").replace("\n", " ") if built() else "not built"

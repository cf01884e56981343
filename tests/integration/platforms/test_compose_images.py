# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images of a real engine that has other users, too: only the test's own are removed."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.oncall.runbooks.plugins.action.disk_images import REMOVE
from ansible_collections.oncall.runbooks.plugins.module_utils.disk import images, look
from ansible_collections.oncall.runbooks.tests.lab import lab
from ansible_collections.oncall.runbooks.tests.lab.shell import output, run


def imported(*options: str) -> str:
    """An image of one file, each another one, and without a name."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as made:
        content = os.urandom(64)
        entry = tarfile.TarInfo("file")
        entry.size = len(content)
        made.addfile(entry, io.BytesIO(content))
    command = ["docker", "import", *options, "-"]
    done = subprocess.run(command, input=archive.getvalue(), capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.fixture
def made() -> Iterator[dict[str, str]]:
    lab.need("compose")
    built = ("LABEL com.docker.compose.project=oncall-t", "LABEL com.docker.compose.service=web")
    labels = [word for label in built for word in ("--change", label)]
    found = {name: imported() for name in ("loose", "used", "tagged")}
    found |= {name: imported(*labels) for name in ("built_before", "built_last")}
    tag = lab.fresh_name()
    run("docker", "tag", found["tagged"], tag)
    container = output("docker", "create", found["used"], "/none")
    yield found
    run("docker", "rm", container)
    run("docker", "rmi", tag)
    for image in found.values():
        run("docker", "rmi", image, check=False)


def there(image: str) -> bool:
    return run("docker", "image", "inspect", image, check=False).returncode == 0


def test_only_what_has_neither_a_name_nor_a_container(made: dict[str, str]) -> None:
    told = subprocess.run(
        ["sh", "-s"], input=look.closer([], []), text=True, capture_output=True, check=True
    )
    docker = look.causes(told.stdout)["docker"]
    assert docker and docker["mount"] and [row[0] for row in docker["usage"]]
    later = datetime.now(UTC) + timedelta(days=30)
    found = {one["id"] for one in images.removable(docker, [], 14, later)}
    assert {name for name, image in made.items() if image in found} == {"loose", "built_before"}
    assert not any(
        image["id"] in made.values()
        for image in images.removable(docker, [], 14, later - timedelta(days=30))
    )

    # What got a name or a container since is not removed, either.
    for name, gone in (("loose", True), ("used", False), ("tagged", False)):
        done = run("sh", "-c", REMOVE % {"id": made[name]}, check=False)
        assert (done.stdout.strip() == "gone") is gone
        assert there(made[name]) is not gone

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a look at a machine tells, from the text that its shell printed."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.disk import look

IMAGE, OTHER, THIRD = (f"sha256:{letter * 64}" for letter in "abc")
DF = "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
NODES = "Filesystem Inodes IUsed IFree IUse% Mounted on\n"
TEXT = (
    f"== room\n{DF}/dev/sda1 1000 700 300 70% /\ntmpfs 500 500 0 100% /run\n"
    f"tmpfs 500 500 0 100% /run/lock\n/dev/loop1 10 10 0 100% /snap/x\nudev 10 0 10 0% /dev\n"
    f"== inodes\n{NODES}/dev/sda1 100 96 4 96% /\n"
    f"== at /srv/log\n{DF}my disk 100 90 10 90% /srv/a b\n== inodes\n{NODES}my disk 0 0 0 - /srv/a b\n"
    f"== at /srv/backup\n{DF}my disk 100 90 10 90% /srv/a b\n== inodes\n{NODES}my disk 0 0 0 - /srv/a b\n"
    "== at /srv/missing\n== inodes\n"
    "== mounts\n/dev/sda1 / ext4 rw,relatime 0 0\nmy\\040disk /srv/a\\040b xfs ro,noatime 0 0\n"
)
CAUSES = f"""== held
66 12 81920 4242
python3
0::/system.slice/shop.service
/srv/log/app.log (deleted)
66 12 81920 4243
python3
0::/system.slice/shop.service
/srv/log/app.log (deleted)
66 13 2048 50
redis-server
0::/system.slice/docker-{"d" * 64}.scope
/data/x?y (deleted)
9 14 2048 51
other
0::/
/elsewhere (deleted)
== devices
66 /srv
== largest
500	/srv/log
300	/srv/log/a b
== journal
4096	/var/log/journal
/dev/sda1 1000 700 300 70% /
== docker
/var/lib/docker
/dev/sda1 1000 700 300 70% /
== usage
Images|5|1.2GB|300MB (25%)
== dangling
{IMAGE} 2026-01-01T00:00:00.5Z 1000 {{"com.docker.compose.project":"shop","com.docker.compose.service":"web"}}
{OTHER} 2026-01-01T00:00:00Z 1000 null
== used
{THIRD} {{"oncall.runbooks.image":"{OTHER}"}}
"""


def test_file_systems_that_hold_data_and_those_that_are_named() -> None:
    root, named = look.filesystems(TEXT)
    assert (root["mount"], root["places"]) == ("/", [])
    assert (root["used_percent"], root["inodes_percent"], root["inodes_free"]) == (70, 96, 4)
    assert (root["used_bytes"], root["free_bytes"], root["read_only"]) == (
        700 * 1024,
        300 * 1024,
        False,
    )
    assert (named["mount"], named["device"], named["kind"]) == ("/srv/a b", "my disk", "xfs")
    assert (named["read_only"], named["inodes_percent"]) == (True, 0)
    assert named["places"] == ["/srv/log", "/srv/backup"]
    assert look.filesystems("") == []


@pytest.mark.parametrize(
    ("kind", "flags", "read_only"),
    [
        ("ext4", "ro,relatime", True), ("tmpfs", "ro", True), ("ext4", "rw,errors=remount-ro", False),
        ("squashfs", "ro", False), ("iso9660", "ro", False),
    ],
)  # fmt: skip
def test_read_only(kind: str, flags: str, read_only: bool) -> None:
    text = f"== at /m\n{DF}/dev/sdb 100 50 50 50% /m\n== mounts\n/dev/sdb /m {kind} {flags} 0 0\n"
    assert look.filesystems(text)[0]["read_only"] is read_only


def test_what_is_held_by_whom() -> None:
    first, second = look.causes(CAUSES)["held"]
    assert (first["bytes"], first["pid"], first["command"]) == (81920 * 512, 4242, "python3")
    assert (first["unit"], first["container"], first["path"]) == (
        "shop.service",
        None,
        "/srv/log/app.log",
    )
    assert (second["unit"], second["container"]) == (None, "d" * 64)


@pytest.mark.parametrize(
    ("cgroup", "unit", "container"),
    [
        ("0::/system.slice/shop.service", "shop.service", None),
        (f"0::/system.slice/docker-{'d' * 64}.scope", None, "d" * 64),
        (f"1:name=systemd:/docker/{'d' * 64}", None, "d" * 64),
        (f"1:name=systemd:/docker/{'d' * 64}/system.slice/shop.service", "shop.service", None),
        (f"0::/kubepods.slice/pod1.slice/cri-containerd-{'d' * 64}.scope", None, "d" * 64),
        ("0::/user.slice/user-0.slice/user@0.service/app.slice/web.service", "web.service", None),
        ("0::/", None, None),
        ("", None, None),
    ],
)
def test_whose_a_process_is(cgroup: str, unit: str | None, container: str | None) -> None:
    assert look.owner(cgroup) == {"unit": unit, "container": container}


def test_the_journal_docker_and_what_is_large() -> None:
    found = look.causes(CAUSES)
    assert found["largest"] == [
        {"path": "/srv/log", "bytes": 500 * 1024},
        {"path": "/srv/log/a b", "bytes": 300 * 1024},
    ]
    assert found["journal"] == {"path": "/var/log/journal", "bytes": 4096 * 1024, "mount": "/"}
    docker: dict[str, Any] = found["docker"]
    assert (docker["root"], docker["mount"]) == ("/var/lib/docker", "/")
    assert docker["usage"] == [["Images", "5", "1.2GB", "300MB (25%)"]]
    assert [one["of"] for one in docker["dangling"]] == ["shop/web", ""]
    assert docker["used"] == sorted([OTHER, THIRD])  # the label's, too


def test_a_machine_without_any_of_it() -> None:
    assert look.causes("== held\n== devices\n== largest\n== journal\n") == {
        "held": [], "largest": [], "journal": None, "docker": None,
    }  # fmt: skip
    assert look.causes("== docker\n")["docker"] is None


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_the_scripts_run_with_hostile_places(shell: str) -> None:
    places = ["/", "/no'such$(touch /tmp/x)\"place", "/a b"]
    for text in (look.script(places, True), look.closer(["/"], places[1:])):
        text = text.replace("docker", "no-docker-here").replace("/proc/[0-9]*", "/proc/self")
        done = subprocess.run(
            [shell, "-s"], input=text, text=True, capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
    text = look.script(["/"], False)
    done = subprocess.run([shell, "-s"], input=text, text=True, capture_output=True, check=True)
    assert [one["places"] for one in look.filesystems(done.stdout)] == [["/"]]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a catalog may say of its disks: a rule that reaches too far is refused before anything is read."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.disk import entry
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError

RULE = {"dir": "/srv/shop/log", "pattern": "*.log.*", "older_than_days": 7}


def refusal(given: Any) -> str:
    with pytest.raises(InputError) as raised:
        entry.of("runbooks_services.api.disk", given)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_whole_section() -> None:
    command = ["pg_restore", "--list"]
    given = {"filesystems": ["/", "/srv"], "clean": [{**RULE, "keep": 3, "validate": command}]}
    found = entry.of("x", given)
    assert found.filesystems == ("/", "/srv")
    assert found.clean == (entry.Rule("/srv/shop/log", "*.log.*", 7, 3, tuple(command)),)
    assert entry.of("x", None) == entry.Disk((), ())
    assert entry.of("x", {"clean": [RULE]}).clean[0].keep == 1


@pytest.mark.parametrize(
    "folder",
    [
        "/", "//", "/./", "/var/log/../../etc", "/var/log/./shop", "/var/log//shop", "/var/log/shop/",
        "~", "~/logs", "/srv/~root", "$HOME", "/srv/$HOME/log", "logs", "./logs", "", "/srv/lo*",
        "/srv/a\nb", "/srv/a\0b", 7, None, ["/srv/log"], {},
    ],
)  # fmt: skip
def test_a_path_is_absolute_and_means_itself(folder: Any) -> None:
    said = refusal({"clean": [{**RULE, "dir": folder}]})
    assert said.startswith("runbooks_services.api.disk.clean[0].dir: got ")
    assert "an absolute path" in said and said.endswith("for example dir: /var/log/shop")


@pytest.mark.parametrize(
    "folder",
    [
        "/var", "/srv", "/tmp", "/etc/shop", "/usr/share/shop", "/boot/old", "/proc/1", "/run/log/journal",
        "/var/lib/docker/volumes", "/var/lib/docker", "/var/lib/kubelet/pods", "/srv/db/pg_wal",
        "/srv/db/pg_wal/archive_status", "/var/lib/postgresql/16/main/base", "/srv/redis/appendonlydir",
    ],
)  # fmt: skip
def test_what_belongs_to_the_system_or_to_a_server_is_no_place_to_clean(folder: str) -> None:
    said = refusal({"clean": [{**RULE, "dir": folder}]})
    assert "at least two levels below /" in said


@pytest.mark.parametrize(
    ("more", "key", "allowed"),
    [
        ({"keep": 0}, "keep", "from 1 to"),
        ({"keep": -1}, "keep", "from 1 to"),
        ({"keep": True}, "keep", "from 1 to"),
        ({"keep": "all"}, "keep", "from 1 to"),
        ({"older_than_days": 0}, "older_than_days", "from 1 to"),
        ({"older_than_days": None}, "older_than_days", "from 1 to"),
        ({"older_than_days": 0.5}, "older_than_days", "from 1 to"),
        ({"pattern": "*"}, "pattern", "a letter or a digit"),
        ({"pattern": ""}, "pattern", "a letter or a digit"),
        ({"pattern": None}, "pattern", "a letter or a digit"),
        ({"pattern": "../*.log"}, "pattern", "without '/'"),
        ({"validate": "gzip -t"}, "validate", "a list of arguments"),
        ({"validate": []}, "validate", "a list of arguments"),
        ({"older_then_days": 3}, "older_then_days", "did you mean older_than_days?"),
    ],
)
def test_one_line_for_each_slip(more: dict[str, Any], key: str, allowed: str) -> None:
    said = refusal({"clean": [{**RULE, **more}]})
    assert said.startswith(f"runbooks_services.api.disk.clean[0].{key}: ") and allowed in said


def test_other_shapes() -> None:
    assert "a mapping" in refusal([RULE])
    assert "a list" in refusal({"clean": RULE})
    assert "a list" in refusal({"filesystems": "/srv"})
    assert "an absolute path" in refusal({"filesystems": ["srv"]})
    assert "did you mean clean?" in refusal({"cleen": []})

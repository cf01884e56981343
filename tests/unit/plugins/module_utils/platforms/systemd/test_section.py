# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the catalog may say about a unit."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import systemd

FOLDERS = {"releases_dir": "/opt/shop/releases", "current": "/opt/shop/current"}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("shop", "shop.service"),
        ("shop.service", "shop.service"),
        ("backup.timer", "backup.timer"),
        ("org.example.shop", "org.example.shop.service"),
        ("postgresql@15-main", "postgresql@15-main.service"),
        ("worker@*", "worker@*.service"),
        ("worker@*.service", "worker@*.service"),
        (r"dev\x2dsda", r"dev\x2dsda.service"),
    ],
)
def test_a_unit(given: str, name: str) -> None:
    systemd.check("p", {"unit": given})
    assert systemd.unit_name(given) == name


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        (None, "p: got 'None'; allowed is a mapping"),
        ({}, "p.unit: got 'None'; allowed is the name of a unit"),
        ({"unit": "shop", "units": []}, "p.units: unknown key; did you mean unit? known are unit, scope"),
        *(({"unit": wrong}, "p.unit: got") for wrong in (
            "", "*", "shop*", "w@*x", "w@", "w@.service", "-H evil", "a b", "a;b", "a/b", "$(id)", 5, "x" * 201,
        )),
        ({"unit": "shop", "scope": "root"}, "p.scope: got 'root'; allowed is system or user"),
        ({"unit": "shop", "current": "/a/b"}, "p.releases_dir: not given, with current"),
        ({"unit": "shop", "releases_dir": "/a/b"}, "p.current: not given, with releases_dir"),
        ({"unit": "shop", **FOLDERS, "current": "b"}, "p.current: got 'b'; allowed is an absolute path"),
        ({"unit": "shop", **FOLDERS, "releases_dir": "/"}, "p.releases_dir: got '/'"),
        ({"unit": "shop", **FOLDERS, "current": "/a\n/b"}, "p.current: got"),
    ],
)  # fmt: skip
def test_a_wrong_section_is_refused(section: Any, problem: str) -> None:
    with pytest.raises(InputError) as refused:
        systemd.check("p", section)
    assert str(refused.value).startswith(problem)
    assert "for example" in str(refused.value)


def test_folders_of_releases() -> None:
    systemd.check("p", {"unit": "shop", "scope": "user", **FOLDERS})


def test_one_place_a_manager() -> None:
    assert systemd.place({"unit": "a"}) == systemd.place({"unit": "b", "scope": "system"})
    assert systemd.place({"unit": "a"}) != systemd.place({"unit": "a", "scope": "user"})

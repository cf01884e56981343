# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is meant beside what is named. Only playbooks that read may mean more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.plugin_utils import scope, targets

HOSTS = ["db", "api-1", "api-2", "web", "bot"]
GROUPS = {
    "all": HOSTS,
    "kind_postgresql": ["db"],
    "kind_http": ["api-1", "api-2", "web"],
    "kind_bot": ["bot"],
    "api": ["api-1", "api-2"],
}
SERVICES: dict[str, dict[str, Any]] = {
    "db": {},
    "api": {"depends_on": ["db"], "health": {"url": "http://x"}, "commands": {"smoke": ["true"]}},
    "web": {"depends_on": ["api"], "smoke": {"home": {}}},
    "bot": {"commands": {"restart": ["true"]}},
}
VARIABLES = {
    "groups": GROUPS,
    "runbooks_services": SERVICES,
    "hostvars": {name: {"ansible_host": "m1" if name < "c" else "m2"} for name in HOSTS},
}


def meant(kind: str, **extra: Any) -> list[str]:
    def entry_of(name: str) -> Mapping[str, Any]:
        return SERVICES[name]

    return scope.meant(kind, extra, HOSTS, VARIABLES, entry_of)


@pytest.mark.parametrize(
    ("kind", "extra", "expected"),
    [
        ("service", {"service": "api"}, HOSTS),
        ("closure", {}, HOSTS),
        ("closure", {"service": "web"}, ["db", "api-1", "api-2", "web"]),
        ("closure", {"service": ["db", "bot"]}, ["db", "bot"]),
        ("machine", {}, HOSTS),
        ("machine", {"host": "m1"}, ["api-1", "api-2", "bot"]),
        ("machine", {"host": "web"}, ["db", "web"]),
        ("smoke", {}, ["api-1", "api-2", "web"]),
        ("smoke", {"service": "bot"}, HOSTS),
        ("watch", {}, ["api-1", "api-2", "web"]),
    ],
)
def test_what_is_meant(kind: str, extra: Any, expected: list[str]) -> None:
    assert meant(kind, **extra) == expected


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("m3", "unknown host 'm3'; known: "),
        ("", "got ''"),
        (["m1"], "got"),
        ("a b", "got 'a b'"),
    ],
)
def test_a_host_that_is_none(value: Any, said: str) -> None:
    with pytest.raises(InputError, match=r"^host: ") as caught:
        meant("machine", host=value)
    assert said in str(caught.value) and "; for example -e host=" in str(caught.value)


def test_a_service_and_a_host_exclude_each_other() -> None:
    with pytest.raises(InputError, match=r"^host: given together with service"):
        scope.refuse_both({"service": "api", "host": "m1"})


def test_saying_nothing_does_not_mean_all_of_a_catalog() -> None:
    with pytest.raises(InputError, match="5 services could be meant"):
        targets.named(False, HOSTS)
    targets.named(True, HOSTS)
    targets.named(False, ["db"])


def test_a_circle_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SERVICES, "db", {"depends_on": ["web"]})
    with pytest.raises(InputError, match="circle"):
        meant("closure", service="web")

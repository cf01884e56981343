# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalog's proxy entry: what is taken, and the one line that refuses the rest."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.traffic import entry

PATH = "runbooks_services.gateway.proxy"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        (
            {"software": "haproxy", "socket": "/run/admin.sock"},
            entry.Proxy("haproxy", "/", socket="/run/admin.sock"),
        ),
        (
            {"software": "nginx", "file": "/etc/nginx/a.conf", "page": "/health"},
            entry.Proxy("nginx", "/health", file="/etc/nginx/a.conf"),
        ),
        (
            {"software": "nginx", "host_file": "/srv/a.conf", "config": "/etc/b.conf"},
            entry.Proxy("nginx", "/", file="/srv/a.conf", on_host=True, config="/etc/b.conf"),
        ),
    ],
)
def test_taken(given: Any, expected: entry.Proxy | None) -> None:
    assert entry.of(PATH, given) == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], f"{PATH}: got"),
        ({}, f"{PATH}.software: got 'None'; allowed is one of haproxy, nginx"),
        ({"software": "apache"}, f"{PATH}.software: got 'apache'"),
        ({"software": "haproxy"}, f"{PATH}.socket: got 'None'; allowed is an absolute path"),
        ({"software": "haproxy", "socket": "run"}, f"{PATH}.socket: got 'run'"),
        ({"software": "haproxy", "sockett": "/x"}, f"{PATH}.sockett: unknown key; did you mean socket?"),
        ({"software": "haproxy", "socket": "/x", "file": "/y"}, f"{PATH}.file: unknown key"),
        ({"software": "nginx"}, "allowed is one of file and host_file"),
        ({"software": "nginx", "file": "/x", "host_file": "/y"}, "one of file and host_file"),
        ({"software": "nginx", "file": "/x\n/y"}, f"{PATH}.file: got"),
        ({"software": "nginx", "file": "/x", "config": ""}, f"{PATH}.config: got"),
        ({"software": "nginx", "file": "/x", "page": "health"}, f"{PATH}.page: got 'health'"),
    ],
)  # fmt: skip
def test_refused(given: Any, says: str) -> None:
    with pytest.raises(InputError) as refused:
        entry.of(PATH, given)
    assert says in str(refused.value) and "\n" not in str(refused.value)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is written into our own files of a unit. That systemd reads it so is for the real machine."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd import drop_in

MARK = "oncall.runbooks systemd:"


@pytest.mark.parametrize(
    ("environment", "limits", "expected"),
    [
        ({"A": "1"}, {}, 'env A="1"\n'),
        ({"A": 5, "B": None}, {}, 'env A="5"\n'),
        ({"A": 'say "$x" \\ `id`'}, {}, 'env A="say \\"\\$x\\" \\\\ \\`id\\`"\n'),
        ({"A": ""}, {}, 'env A=""\n'),
        ({}, {"memory_bytes": 2**26, "cpus": 1.5}, "conf MemoryMax=67108864\nconf CPUQuota=150%\n"),
        ({}, {"cpus": 0.015}, "conf CPUQuota=2%\n"),
        ({}, {"cpus": None}, ""),
    ],
)
def test_lines(environment: dict[str, Any], limits: dict[str, Any], expected: str) -> None:
    assert drop_in.lines(environment, limits) == expected


@pytest.mark.parametrize(
    ("environment", "limits", "problem"),
    [
        ({"A": "two\nlines"}, {}, "A: allowed is one line"),
        ({"A": "bell\x07"}, {}, "A: allowed is one line"),
        ({"A": ["x"]}, {}, "A: allowed is a text or a number"),
        ({"A": True}, {}, "A: allowed is a text or a number"),
        ({}, {"memory_bytes": 1024}, "memory_bytes: got '1024'; allowed is 1048576 or more"),
        ({}, {"memory_bytes": 2**63}, "memory_bytes: got"),
        ({}, {"cpus": 0}, "cpus: got '0'"),
        ({}, {"cpus": -1}, "cpus: got '-1'"),
        ({}, {"cpus": float("nan")}, "cpus: got 'nan'"),
    ],
)
def test_refused(environment: dict[str, Any], limits: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as refused:
        drop_in.lines(environment, limits)
    assert problem in str(refused.value)
    assert "lines\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["1A", "A B", "A=1", "", "A;id", "Ä"])
def test_names_of_variables(name: str) -> None:
    with pytest.raises(InputError, match="letters, digits"):
        drop_in.script("shop.service", "system", {name: "x"}, {}, False)


def test_no_value_is_in_the_command() -> None:
    """It is seen with ps; the values come on the standard input."""
    command = drop_in.script("w@*.service", "system", {"A": "canary"}, {"cpus": 2}, False)
    assert "canary" not in command
    assert "named='A CPUQuota'" in command
    assert "unit=w@.service" in command


@pytest.mark.parametrize(
    ("rc", "stdout", "stderr", "expected"),
    [
        (0, f"{MARK} told changed yes\n", "", drop_in.Told(changed=True)),
        (0, f"Hello\n{MARK} told changed no\n", "", drop_in.Told()),
        (0, f"{MARK} told stale a.service b@1.service\n", "", drop_in.Told(stale=("a.service", "b@1.service"))),
        (1, "", "mkdir: Permission\n denied\n", drop_in.Told(failed="mkdir: Permission denied")),
        (1, "", "", drop_in.Told(failed="the host's shell ended with status 1")),
        (0, "", "", drop_in.Told(failed="the host's shell ended with status 0")),
    ],
)  # fmt: skip
def test_told(rc: int, stdout: str, stderr: str, expected: drop_in.Told) -> None:
    assert drop_in.told(rc, stdout, stderr) == expected

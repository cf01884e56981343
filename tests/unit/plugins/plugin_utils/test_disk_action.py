# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What came of the program that works on files: its answer, or why there is none."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Done
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.disk_action import PYTHON, answered


def test_an_answer() -> None:
    assert answered(Done(0, '{"gone": ["\\udcff"]}', "")) == {"gone": ["\udcff"]}


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (Done(127, "", ""), "its host has no python3"),
        (
            Done(1, "", "Traceback\nSyntaxError: bad\n"),
            "python3 on its host failed: SyntaxError: bad",
        ),
        (Done(2, "", ""), "python3 on its host failed: status 2"),
    ],
)
def test_no_answer(done: Done, said: str) -> None:
    with pytest.raises(Refused) as raised:
        answered(done)
    assert said in raised.value.refusal.message


@pytest.mark.parametrize(
    ("path", "status", "said"), [("/usr/bin:/bin", 0, "3"), ("/nowhere", 127, "")]
)
def test_a_host_with_and_without_python(path: str, status: int, said: str) -> None:
    command = PYTHON.format(given="/no/such/python")
    done = subprocess.run(
        ["/bin/sh", "-c", command.replace("/usr/libexec/platform-python", "no-python")],
        input="import sys; print(sys.version_info[0])",
        env={"PATH": path},
        text=True,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (status, said)

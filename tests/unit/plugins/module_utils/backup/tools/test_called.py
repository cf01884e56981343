# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In a real shell, as whoever runs the tests."""

from __future__ import annotations

import getpass
import subprocess

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.backup import entry
from ansible_collections.oncall.runbooks.plugins.module_utils.backup.tools import called

ME = getpass.getuser()


def shell(text: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-s"], input=text, text=True, capture_output=True, check=False)


def test_answers_are_told_apart() -> None:
    text = (
        called.asked(ME)
        + """told one as echo '[1]'
told two as sh -c 'echo "{"; echo no >&2; exit 3'
told three as cat
told four as no-such-tool
"""
    )
    done = shell(text)
    now, answers = called.parts(done.stdout)
    assert now and {name: part.rc for name, part in answers.items()} == {
        "one": 0,
        "two": 3,
        "three": 0,  # which reads nothing of what follows
        "four": 127,
    }
    assert answers["one"].data() == [1] and answers["two"].data() is None
    assert "no-such-tool" in called.why(answers["four"], done.stderr)


@pytest.mark.parametrize(("command", "rc"), [(["true"], 0), (["false"], 1), (["sleep", "9"], 124)])
def test_a_command_has_its_time(command: list[str], rc: int) -> None:
    assert shell(called.timed(ME, command, 1)).returncode == rc


def test_an_answer_of_another_shape_is_none() -> None:
    backup = entry.of("backup", {"tool": "pgbackrest", "stanza": "shop"})
    assert backup
    said = 'now 1\n== info\n[{"name": "shop"}]\n== info ended 0\n== wal\n{}\n== wal ended 0\n'
    found = backup.tool.read(said, "")
    assert found["backups"] == [] and "of another version" in found["unreadable"][0]

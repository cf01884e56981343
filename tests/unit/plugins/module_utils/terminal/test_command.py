# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.command import fold, quote


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("service=db", "service=db"),
        ("a b", "'a b'"),
        ("it's", "'it'\"'\"'s'"),
        ("db_password=***", "db_password=***"),
        ("*** $x", "'*** $x'"),
        ("x*", "'x*'"),
        ("", "''"),
        ("a b\x1b", "$'a b\\x1b'"),
        ("a\u3164b", "$'a\\xe3\\x85\\xa4b'"),
        ("a\x1b[31m", "$'a\\x1b[31m'"),
        ("a\nb'c\\d", "$'a\\x0ab\\x27c\\x5cd'"),
        ("a\u202eb", "$'a\\xe2\\x80\\xaeb'"),
    ],
)
def test_quote(word: str, expected: str) -> None:
    assert quote(word) == expected


@pytest.mark.parametrize("word", ["a b", "it's", "$HOME `x`", "a\nb'c\\d", "a\u202eb", "ü\x1b[0m"])
def test_a_shell_reads_a_quoted_word_as_it_was(word: str) -> None:
    said = subprocess.run(
        ["bash", "-c", f"printf %s {quote(word)}"], capture_output=True, check=True
    )
    assert said.stdout == word.encode()


def test_a_command_is_one_line_unless_it_is_for_a_terminal() -> None:
    words = ["ansible-playbook", "-i", "inventories/production", "x.yml", "-e", "approve=x"]
    one = "ansible-playbook -i inventories/production x.yml -e approve=x"
    assert fold(words, None) == [one]
    assert fold(words, 80) == [one]
    folded = fold(words, 50)
    assert folded == [
        "ansible-playbook -i inventories/production \\",
        "  x.yml -e approve=x",
    ]

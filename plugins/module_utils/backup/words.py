# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Words of the catalog's `backup` that go into a shell: none has a character that means anything there."""

from __future__ import annotations

import re

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import refusal

PATH = re.compile(r"(/[A-Za-z0-9._@+-]+)+/?")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,62}")
USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


def folder(path: str, given: object) -> str:
    """A file is named like this, too."""
    if isinstance(given, str) and PATH.fullmatch(given) and ".." not in given.split("/"):
        return given.rstrip("/")
    name = path.rpartition(".")[2]
    allowed = "an absolute path of letters, digits and . _ @ + -"
    raise refusal(path, given, allowed, f"{name}: /backup/{name}")


def file_if_given(path: str, given: object) -> str:
    """Empty: the tool looks where it looks itself."""
    return folder(path, given) if given is not None else ""


def name(path: str, given: object) -> str:
    """As the tool's own configuration has it."""
    if isinstance(given, str) and NAME.fullmatch(given):
        return given
    allowed = "a name of letters, digits and . _ -, as the tool's own configuration has it"
    raise refusal(path, given, allowed, f"{path.rpartition('.')[2]}: shop")


def user(path: str, given: object) -> str:
    if isinstance(given, str) and USER.fullmatch(given):
        return given
    raise refusal(path, given, "a user of the operating system", "run_as: postgres")

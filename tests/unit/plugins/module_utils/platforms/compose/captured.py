# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What real projects answered, each captured while the fault was there."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose import answers

HERE = Path(__file__).parent / "answers"


def text(name: str) -> str:
    return (HERE / f"{name}.txt").read_text()


def look(name: str, *replacements: tuple[str, str]) -> answers.Look:
    said = text(name)
    for old, new in replacements:
        assert old in said, old
        said = said.replace(old, new)
    return answers.read(said)


def image(name: str, tag: str) -> str:
    return next(one.id for one in look(name).images if one.tag == tag)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The end of a run that wrote no report."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    INDENT,
    Line,
    Lines,
    cell,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import Page, hang
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import (
    clean,
    clip,
    columns,
)

WORDS = {"failures": "failed"}


def broken_off(directory: object, page: Page) -> Lines:
    text = "The run broke off before its report was written."
    if directory:
        text += f" What is known of it: {clean(directory)}"
    return hang([INDENT], text, page)


def counts(hosts: Mapping[str, Mapping[str, int]]) -> Lines:
    """One short line a host, with only the counts that are not 0."""
    names = {host: clip(clean(host), 40) for host in hosts}
    width = max(map(columns, names.values()), default=0)
    lines: Lines = []
    for host, count_of in hosts.items():
        bad = any(count_of.get(name) for name in ("failures", "unreachable"))
        words = [f"{count} {WORDS.get(name, name)}" for name, count in count_of.items() if count]
        line: Line = [INDENT, *cell(names[host], width, "crit" if bad else "ok"), INDENT]
        lines.append([*line, (", ".join(words) or "nothing was done", "")])
    return lines

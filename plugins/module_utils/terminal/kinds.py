# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each kind of item that an action may return to be shown, and what makes it lines."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import (
    break_glass,
    catalog,
    causes,
    change,
    findings,
    lock,
    note,
    plan,
    progress,
    read_again,
    report,
    run,
    verified,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import Item
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import Lines
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import Page

KINDS: dict[str, Callable[[Item, Page], Lines]] = {
    "break_glass": break_glass.render,
    "catalog": catalog.render,
    "causes": causes.render,
    "change": change.render,
    "findings": findings.render,
    "lock": lock.render,
    "plan": plan.render,
    "progress": progress.render,
    "read_again": read_again.render,
    "report": report.render,
    "run": run.render,
    "verified": verified.render,
}


def render(item: Item, page: Page) -> Lines:
    return KINDS.get(str(item.get("kind")), note.render)(item, page)

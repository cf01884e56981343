# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines on Ansible's display: in the user's colours, at once, and plain in the log."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from ansible import constants as C
from ansible.utils.color import stringc
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    Lines,
    paint,
    plain,
)

if TYPE_CHECKING:
    from ansible.utils.display import Display

# The user's own palette. Grey is left out: on some terminals it is the background.
COLOURS = {
    "ok": C.COLOR_OK,
    "warn": C.COLOR_CHANGED,
    "crit": C.COLOR_ERROR,
    "unknown": C.COLOR_WARN,
    "head": C.COLOR_SKIP,
    "command": C.COLOR_SKIP,
}


def show(display: Display, lines: Lines) -> None:
    for line in lines:
        # What is painted must not reach the log file.
        display.display(paint(line, _colour), screen_only=True)
        display.display(plain(line), log_only=True)
    _flush()


def tell(display: Display, text: str, error: bool = False) -> None:
    display.display(text, color=C.COLOR_ERROR if error else None, stderr=error)
    _flush()


def _colour(text: str, style: str) -> str:
    return stringc(text, COLOURS[style]) if style in COLOURS else text


def _flush() -> None:
    """At once, also into a pipe: who waits wants to see it, and in the order of what happened."""
    with contextlib.suppress(OSError):
        sys.stdout.flush()

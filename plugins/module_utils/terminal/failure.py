# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One line for what failed, on standard error."""

from __future__ import annotations

import re

from ansible_collections.oncall.runbooks.plugins.module_utils.outcome import OUTCOMES
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import Item
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean

WRAPPINGS = re.compile(r"^((Task failed|Module failed|Action failed)(: |\.$))+")
# Messages that only say that there is something to read elsewhere.
HOLLOW = (
    "non-zero return code",
    "The command exited with a non-zero return code",
    "MODULE FAILURE",
)


def message(result: Item, task: str, foreign: bool) -> str:
    """What a failed task says. Of a task that is not ours, the name is needed, too."""
    if "censored" in result:
        return f"the task '{clean(task, 100)}' failed; its output is hidden (no_log)"
    raw = result.get("msg")
    text = " ".join(map(str, raw)) if isinstance(raw, (list, tuple)) else str(raw or "")
    text = clean(WRAPPINGS.sub("", text.strip()), 600).strip()
    if text.startswith(HOLLOW) or not text:
        text = ": ".join(part for part in (text.rstrip("."), _last_words(result)) if part)
    text = text or "it gave no reason; -vvv shows what it returned"
    return f"{text} (task: {clean(task, 100)})" if foreign else text


def _last_words(result: Item) -> str:
    """The last line a failed command wrote; what matters stands there."""
    for name in ("stderr", "module_stderr", "stdout", "module_stdout"):
        lines = [line for line in str(result.get(name) or "").splitlines() if line.strip()]
        if lines:
            return clean(lines[-1], 300)
    return ""


def line(text: str, host: str = "") -> str:
    """Our own messages name their outcome first; all others are errors."""
    named, colon, rest = text.partition(": ")
    if not colon or named not in OUTCOMES:
        named, rest = "error", text
    return f"{named}: {clean(host, 60)}: {rest}" if host else f"{named}: {rest}"

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the callback asks of a task, and its one short line (-v)."""

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import (
    INDENT,
    Lines,
    cell,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean

COLLECTION = "oncall.runbooks"
# Their messages are written by whoever wrote the playbook: the task's name adds nothing.
SPEAKING = {"fail", "assert", "validate_argument_spec"}
STYLES = {"changed": "warn", "ignored": "unknown", "again": "unknown"}

Task = Any  # Ansible's, which module_utils cannot import


def role_of(task: Task) -> str:
    return str(task._role._role_name) if task._role else ""


def name_of(task: Task) -> str:
    """The task's own name; of a role, it stands below the phase already."""
    return str(task.name or task.action)


def is_ours(task: Task) -> bool:
    role = task._role
    return _is_our_action(task) or bool(role and role._role_collection == COLLECTION)


def speaks_for_itself(task: Task) -> bool:
    """Whether its message says what went wrong without the task's name."""
    return _is_our_action(task) or str(task.action).rpartition(".")[2] in SPEAKING


def _is_our_action(task: Task) -> bool:
    return str(task.action).startswith(f"{COLLECTION}.")


def line(word: str, name: str, host: str) -> Lines:
    where = f" ({clean(host, 60)})" if host else ""
    text = (clean(name, 200) + where, "dim")
    return [[INDENT, ("· ", "dim"), *cell(word, 9, STYLES.get(word, "dim")), text]]

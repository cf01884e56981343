# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: incident
type: stdout
short_description: What a responder needs to see of a runbook
version_added: 0.1.0
author:
  - The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - Shows a runbook as an incident. The phases with the time since the start, the findings, the
    plan with what was refused and the command that would approve it, what was changed, the
    verified result, and at the end the report's path, the outcome and the next step.
  - Severity is told by a word and by a colour, never by the colour alone. There are no colours
    when the output is not a terminal, or when E(NO_COLOR) or E(ANSIBLE_NOCOLOR) is set.
  - Tasks print nothing of their own unless they fail. With C(-v) each has one short line, with
    C(-vvv) its whole result.
  - It shows what actions return as RV(ignore:incident_show), and knows nothing else about them. A
    play that has shown nothing yet gets one short line for each task that changed something.
  - Ansible's own output is there with E(ANSIBLE_STDOUT_CALLBACK=default).
extends_documentation_fragment:
  - ansible.builtin.result_format_callback
requirements:
  - set as stdout in configuration
options:
  width:
    description:
      - How many columns to write. V(0) is the width of the terminal, and 100 without one.
    type: int
    default: 0
    env:
      - name: ONCALL_RUNBOOKS_WIDTH
    ini:
      - section: oncall_runbooks
        key: width
"""

EXAMPLES = r"""
ansible.cfg: |
  # Show runbooks this way, in 120 columns.
  [defaults]
  stdout_callback = oncall.runbooks.incident

  [oncall_runbooks]
  width = 120
"""

import os
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ansible.playbook.task_include import TaskInclude
from ansible.plugins.callback import CallbackBase
from ansible_collections.oncall.runbooks.plugins.module_utils.processes import started_at
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import (
    failure,
    kinds,
    phases,
    recap,
    tasks,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.data import Item, mappings
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import Lines
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.memory import Memory, once
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import Page, here
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.text import clean
from ansible_collections.oncall.runbooks.plugins.plugin_utils import screen
from ansible_collections.oncall.runbooks.plugins.plugin_utils.bytecode import keep_bytecode
from ansible_collections.oncall.runbooks.plugins.plugin_utils.preload import preload_platforms

if TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.inventory.host import Host
    from ansible.playbook.play import Play
    from ansible.playbook.task import Task

SHOW = "incident_show"


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "oncall.runbooks.incident"

    def __init__(self) -> None:
        super().__init__()
        keep_bytecode()
        # As the report counts: from the start of the process, not of this plugin.
        self._began = started_at(os.getpid()) or time.time()
        self._memory = Memory()
        self._play_has_shown = False
        self._hosts: set[str] = set()
        self._failed_items: dict[tuple[str, str], list[Item]] = {}

    # Printing

    def _page(self) -> Page:
        width = self.get_option("width") if self.has_option("width") else 0
        return here(width, self._memory.run.get("services"), self._display.verbosity > 0)

    def _print(self, lines: Lines) -> None:
        screen.show(self._display, lines)

    def _heading(self, title: str) -> None:
        began = self._memory.enter(title)
        if began is not None:
            self._print([[], *phases.heading(title, began - self._began)])

    def _error(self, text: str) -> None:
        self._memory.error = text
        screen.tell(self._display, text, error=True)

    # Items

    def _show(self, result: CallbackTaskResult) -> list[str]:
        """Show what a result has to show; the kinds of it."""
        items = mappings(result.result.get(SHOW))
        for item in once(items):
            try:
                self._show_item(item, tasks.role_of(result.task))
            except BrokenPipeError:
                break  # nobody reads any more, as with `| head`
            except Exception as error:
                # What cannot be shown must not hide what comes after it.
                said = clean(f"{type(error).__name__}: {error}", 200)
                self._display.warning(f"could not show {clean(item.get('kind'), 40)}: {said}")
        self._play_has_shown = self._play_has_shown or bool(items)
        return [str(item.get("kind")) for item in items]

    def _show_item(self, item: Item, role: str) -> None:
        memory = self._memory
        noted = memory.note(item, self._display.verbosity > 0)
        if noted is None:
            return
        lines = kinds.render(noted, self._page())
        if lines:
            self._heading(phases.of_item(role, noted, memory.phase, memory.phases))
            self._print(lines)

    # Tasks

    def _task_line(self, word: str, result: CallbackTaskResult, verbosity: int = 1) -> None:
        """One short line for a task, when they are asked for."""
        if self._display.verbosity < verbosity or isinstance(result.task, TaskInclude):
            return
        if self._display.verbosity >= 3:
            self._dump(word, result)
            return
        self._heading(phases.of_task(tasks.role_of(result.task), self._memory.phase))
        self._print(tasks.line(word, tasks.name_of(result.task), self._label(result)))

    def _from(self, result: CallbackTaskResult) -> int:
        """The verbosity from which a task that is none of ours has its line."""
        return 1 if self._play_has_shown or tasks.is_ours(result.task) else 0

    def _label(self, result: CallbackTaskResult) -> str:
        """The host, where there are several."""
        return str(result.host.get_name()) if len(self._hosts) > 1 else ""

    def _dump(self, word: str, result: CallbackTaskResult, error: bool = False) -> None:
        """The result as Ansible's own callback prints it, which knows what no_log hides."""
        kept = without(result.result, SHOW)
        if isinstance(kept.get("results"), list):
            # Ansible's own leaves out the exception of the whole alone.
            kept["results"] = [
                without(each, SHOW, "exception") if isinstance(each, Mapping) else each
                for each in kept["results"]
            ]
        head = f"{word}: [{self.host_label(result)}] {tasks.name_of(result.task)}"
        screen.tell(self._display, f"{head} => {self._dump_results(kept)}", error)

    def _standard(self, result: CallbackTaskResult) -> None:
        """Warnings and deprecations as everywhere; the exception only with -vvv.

        Ansible hides the result of a no_log task, but not the message of its exception.
        """
        results = [result.result, *mappings(result.result.get("results"))]
        if self._display.verbosity < 3 or any("censored" in each for each in results):
            result.result.pop("exception", None)
        self._handle_warnings_and_exception(result)

    def v2_playbook_on_play_start(self, play: Play) -> None:
        self._play_has_shown = False
        self._hosts = set()
        # Here and not where the hosts are chosen: by now their variables are known.
        preload_platforms(play)

    def v2_playbook_on_task_start(self, task: Task, is_conditional: bool) -> None:
        self._memory.begin(tasks.role_of(task))

    def v2_runner_on_start(self, host: Host, task: Task) -> None:
        self._hosts.add(str(host.get_name()))

    def v2_runner_on_ok(self, result: CallbackTaskResult) -> None:
        self._show(result)
        self._standard(result)
        if result.result.get("_ansible_verbose_always") and not tasks.is_ours(result.task):
            self._dump("ok", result)  # debug: its output is what it is for
        elif result.result.get("changed"):
            self._task_line("changed", result, self._from(result))
        else:
            self._task_line("ok", result)

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:
        shown = self._show(result)
        self._standard(result)
        if ignore_errors:
            self._failed_items.pop(key_of(result), None)
            self._task_line("ignored", result)
            return
        if "report" in shown:
            self._tell_elsewhere(result)
        elif not shown:
            self._errors(result)
        if self._display.verbosity >= 3:
            self._dump("failed", result, error=True)

    def _tell_elsewhere(self, result: CallbackTaskResult) -> None:
        """The closing block is for the screen; a stderr that goes elsewhere gets its one line."""
        if not sys.stderr.isatty():
            self._error(failure.line(failure.message(result.result, "", False)))

    def _errors(self, result: CallbackTaskResult) -> None:
        """One line for what failed; of a loop, one for each item that did."""
        items = self._failed_items.pop(key_of(result), [])
        unsaid = [item for item in items if not item.get(SHOW)] if items else [result.result]
        foreign = not tasks.speaks_for_itself(result.task)
        for each in unsaid:
            text = failure.message(each, tasks.name_of(result.task), foreign)
            label = self._get_item_label(each) if items else None
            short = isinstance(label, (str, int, float))
            text += f" (item: {clean(label, 60)})" if short else ""
            self._error(failure.line(text, self._label(result)))

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        self._show(result)
        self._standard(result)
        if not result.task.ignore_unreachable:
            text = failure.message(result.result, tasks.name_of(result.task), False)
            self._error(f"error: {clean(result.host.get_name(), 60)} is unreachable: {text}")
        if self._display.verbosity >= 3:
            self._dump("unreachable", result, error=True)

    def v2_runner_on_skipped(self, result: CallbackTaskResult) -> None:
        self._standard(result)
        self._task_line("skipped", result)

    def v2_runner_retry(self, result: CallbackTaskResult) -> None:
        # An attempt that shows something is progress; others are only worth a line with -v.
        if not self._show(result):
            self._task_line("again", result, self._from(result))

    def v2_runner_item_on_ok(self, result: CallbackTaskResult) -> None:
        self._show(result)
        self._standard(result)

    def v2_runner_item_on_failed(self, result: CallbackTaskResult) -> None:
        # Its error is printed with its task's: only there is it known whether it is ignored.
        self._show(result)
        self._standard(result)
        self._failed_items.setdefault(key_of(result), []).append(result.result)

    def v2_on_file_diff(self, result: CallbackTaskResult) -> None:
        for each in mappings(result.result.get("results")) or [result.result]:
            if each.get("diff") and each.get("changed"):
                self._display.display(self._get_diff(each["diff"]))

    # The end

    def v2_playbook_on_no_hosts_matched(self) -> None:
        self._error("error: no host matches, so nothing was done")

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        run, reported = self._memory.run, self._memory.reported
        if reported and not self._display.verbosity:
            return
        lines: Lines = [[]]
        if run and not reported:
            lines += recap.broken_off(run.get("directory"), self._page())
        lines += recap.counts({host: stats.summarize(host) for host in sorted(stats.processed)})
        self._print(lines if len(lines) > 1 else [])


def key_of(result: CallbackTaskResult) -> tuple[str, str]:
    return str(result.host.get_name()), str(result.task._uuid)


def without(result: Item, *names: str) -> dict[str, Any]:
    return {key: value for key, value in result.items() if key not in names}

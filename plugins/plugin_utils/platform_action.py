# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions share that look at, or run something in, what a service runs on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import catalog
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import Platform, platform
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Reach,
    Unreachable,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reading import Reading
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refusal, Refused
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RunbookAction,
    Stop,
)

# Another instance may follow, whose end takes minutes: as long as that of a disruptive change.
LEASE_S = 600
LOOKS = "looks"


class PlatformAction(RunbookAction):
    def platform_of(self, service: str) -> tuple[Platform, Mapping[str, Any]]:
        """The platform's functions, and the service's section for them."""
        entry = self.entry(service)
        return platform(entry["platform"]), catalog.section(entry)

    def workload(self, service: str, again: bool = False) -> Reading:
        """What the service runs on, as it is now."""
        self.clusters.begin_anew()
        return self.workloads([service], again)[service]

    def workloads(self, services: Sequence[str], again: bool = False) -> dict[str, Reading]:
        """Of services of one place, which are read together. One more reading of a wait is told so:
        what changes only by a deployment is then taken from the last one that was not."""
        functions, _section = self.platform_of(services[0])
        sections = {name: catalog.section(self.entry(name)) for name in services}
        run = self.this_run()
        known = self.so_far(run, LOOKS)
        reach = replace(self.reach, known=dict(known), again=again)
        readings = functions.read(sections, reach)
        if reach.known != known:
            self.go_on(run, LOOKS, reach.known, done=False)
        return readings

    def stay_the_owner(self) -> None:
        """A run that waits is alive. Within a change its lock is kept up; elsewhere it has none."""
        fence, run = int(self.setting("incident_fence", 0)), self.this_run()
        self.stay(run)
        if fence:
            self.lock(run, run.services[self.host]).keep(run.run, fence, LEASE_S)

    @property
    def reach(self) -> Reach:
        return Reach(shell=self.shell, api=self.clusters.api)

    def inside(self, service: str, command: str, stdin: str = "") -> Done:
        """Where the service lives: in its container or pod, or on its host."""
        functions, section = self.platform_of(service)
        return functions.execute(section, command, stdin, self.reach)

    def execute(self, command: str, stdin: str) -> tuple[int, str, str]:
        """Where the server of this host lives, for the clients of servers. What is secret travels on
        standard input."""
        return self.executed(self.this_run().services[self.host], command, stdin)

    def executed(self, service: str, command: str, stdin: str) -> tuple[int, str, str]:
        try:
            return self.inside(service, command, stdin)
        except Unreachable as error:
            raise Refused(Refusal("unreachable", str(error))) from None

    @contextmanager
    def unrecovered(self, what: str) -> Iterator[None]:
        """When a server does not do what it is asked for, that ends the task with one line."""
        try:
            yield
        except Refused as refused:
            said = refused.refusal.message
            raise Stop(f"unrecovered: {what}: {said}", "unrecovered") from None

    def on_files(self, service: str, command: str, stdin: str = "") -> Done:
        """With the files of the service, also while it does not run."""
        functions, section = self.platform_of(service)
        return functions.execute_on_files(section, command, stdin, self.reach)

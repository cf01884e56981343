# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils import incident
from ansible_collections.oncall.runbooks.plugins.module_utils.outcome import exit_ok
from ansible_collections.oncall.runbooks.plugins.module_utils.report import build, html, markdown
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import (
    RUN_OPTION,
    RunbookAction,
)

RENDERED = ("json", "md", "html")


class ActionModule(RunbookAction):
    SPEC: ClassVar[dict[str, Any]] = {**RUN_OPTION}

    def act(self) -> dict[str, Any]:
        run = self.this_run()
        report = self._report(run)
        run.write("run_closed", {"outcome": report["outcome"], "outcomes": report["outcomes"]})
        report = self._report(run)
        files = write(run, report)
        show = {
            "kind": "report",
            **{
                key: report[key]
                for key in ("outcome", "outcomes", "next_step", "duration_s", "time_to_healthy_s")
            },
            "files": files,
        }
        result = {
            "changed": False,
            "outcome": report["outcome"],
            "files": files,
            "incident_show": [show],
        }
        if not exit_ok(report["outcome"], report["findings"]):
            result.update(failed=True, msg=f"{report['outcome']}: {report['next_step']}")
        return result

    def _report(self, run: incident.Run) -> dict[str, Any]:
        lines = run.journal.read()
        sealed = {"path": str(run.journal.path), "lines": len(lines), "head": lines[-1]["hash"]}
        return build.build(lines, run.run, journal=sealed)


def write(run: incident.Run, report: dict[str, Any]) -> dict[str, str]:
    """The run's own report, and a copy as the incident's latest."""
    texts = (
        json.dumps(report, indent=1, sort_keys=True),
        markdown.render(report),
        html.render(report),
    )
    for suffix, text in zip(RENDERED, texts, strict=True):
        name = f"report.{suffix}"
        for folder in (run.directory, run.folder):
            incident.write_whole(folder / name, text)
    latest = {suffix: str(run.folder / f"report.{suffix}") for suffix in RENDERED}
    return {"html": latest["html"], "markdown": latest["md"], "json": latest["json"]}

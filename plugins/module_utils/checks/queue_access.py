# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Can the queues be read where they are kept? What is wrong with that server is another runbook's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.grading import Finding, finding
from ansible_collections.oncall.runbooks.plugins.module_utils.redis import errors
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import many

PROBE = "queue"
REASONS = (*errors.REASONS, "queue_missing")


def grade(reading: Mapping[str, Any], _inputs: Mapping[str, Any]) -> list[Finding]:
    where, refused, document = reading["redis"], reading["refused"], reading["document"]
    if refused:
        reason = refused["reason"] if refused["reason"] in REASONS else "unknown"
        said = f"{where}, which keeps it, does not serve us: {refused['message']}"
        return [
            finding("crit", reason, f"{said}; redis_outage.yml -e service={where} looks at that")
        ]
    if document["role"] not in ("master", ""):
        said = f"{where} is a replica: the catalog should name the primary that keeps it"
        return [finding("crit", "replica", said)]
    lost = [one["name"] for one in document["queues"] if not one["there"]]
    if lost:
        said = f"{where} knows no queue {', '.join(lost)}: compare prefix, names and database"
        return [finding("unknown", "queue_missing", said)]
    return [finding("ok", "ok", f"{where} tells of {many(len(document['queues']), 'queue')}")]

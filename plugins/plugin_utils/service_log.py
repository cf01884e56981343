# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The end of what a service wrote, on whatever it runs, bounded in time and size; it is only read."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import capture, catalog
from ansible_collections.oncall.runbooks.plugins.module_utils.capture.source import script, taken
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.kubernetes import (
    logs,
    paths,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Reach,
    Unreachable,
)

BYTES, SECONDS = 2**20, 10


def end_of(
    service: str, entry: Mapping[str, Any], bounds: capture.Bounds, reach: Reach
) -> tuple[str, str]:
    """And why there is none."""
    section = catalog.section(dict(entry))
    try:
        if entry["platform"] == "kubernetes":
            return _of_pods(section, bounds, reach), ""
        found = capture.sources(entry["platform"], {service: section}, bounds)
        sources = [one for one in found if one.what == "log" and one.service == service]
        if not sources:
            return "", "nobody says where its log is"
        mark = f"oncall-{secrets.token_hex(8)}"
        done = reach.shell("sh -s", script(sources, mark, SECONDS, BYTES))
        output = done.stdout.replace("\r\n", "\n")
        (one,) = list(taken(sources, output, mark))[:1]
    except Unreachable as error:
        return "", str(error)
    return one.text, one.missed


def _of_pods(section: Mapping[str, Any], bounds: capture.Bounds, reach: Reach) -> str:
    api = reach.api(section)
    workload = api.get(paths.workload(section))
    return "\n".join(logs.of(api, workload, section, bounds.log_lines, bounds.minutes).values())

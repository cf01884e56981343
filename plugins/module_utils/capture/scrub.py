# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may be kept: text and settings without what is somebody's secret."""

from __future__ import annotations

import json
import re
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import HIDDEN, redact

# Of an environment the names are kept, never the values.
ENVIRONMENT = re.compile(r"^env(ironment)?$", re.IGNORECASE)
# All that was applied, with its environment, as one text.
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
SECRET = re.compile(r"pass|pwd|secret|token|credential|api_?key|private_?key|cookie", re.IGNORECASE)
# systemctl show, systemctl cat
UNIT_ENVIRONMENT = re.compile(r"^(\s*Environment=)(.*)$", re.MULTILINE)


def text(raw: str) -> str:
    return redact(UNIT_ENVIRONMENT.sub(lambda found: found[1] + names(found[2]), raw))


def names(assignments: str) -> str:
    """`A=1 "B=2 3"` as `A=*** B=***`: a value may hold anything."""
    return " ".join(f"{name}={HIDDEN}" for name in re.findall(r"(?:^|[\s\"'])(\w+)=", assignments))


def settings(raw: str) -> str:
    """JSON, by the names in it; text that is none of it is taken as text."""
    try:
        return json.dumps(scrubbed(json.loads(raw)), indent=1)
    except ValueError:
        return text(raw)


def scrubbed(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        if ENVIRONMENT.match(name):
            return dict.fromkeys(value, HIDDEN)
        return {key: scrubbed(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        if ENVIRONMENT.match(name):
            return [_variable(item) for item in value]
        return [scrubbed(item, name) for item in value]
    if (SECRET.search(name) or name == LAST_APPLIED) and value not in (None, "", False, True):
        return HIDDEN
    return redact(value) if isinstance(value, str) else value


def _variable(item: Any) -> Any:
    """`A=1` of a container, or `{name, value}` of a pod; where a value comes from is no secret."""
    if not isinstance(item, dict):
        return f"{str(item).partition('=')[0]}={HIDDEN}"
    kept = {"name": item.get("name"), "valueFrom": item.get("valueFrom")}
    return {
        **{key: value for key, value in kept.items() if value is not None},
        **({"value": HIDDEN} if "value" in item else {}),
    }

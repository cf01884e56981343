# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verbs on a real Compose project: only the one service changes, and everything can be taken back."""

from __future__ import annotations

from typing import Any

API = {"image": "shop:v1", "command": ["sleep", "600"], "stop_grace_period": "0s", "init": True}


def test_restart(compose: Any, verbs: Any) -> None:
    project = compose({"api": {**API, "scale": 2}})
    entry = {
        "kind": "worker",
        "platform": "compose",
        "compose": {"project_dir": str(project.folder), "service": "api"},
    }
    api = verbs("api", entry)
    done = api.run("restart")
    assert done["changed"]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import compose
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.compose import (
    answers,
    change,
    script,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import RUN_OPTION, Stop

DONE = {"same": False, "would": True, "applied": True}


class ActionModule(PlatformAction):
    SPEC: ClassVar[dict[str, Any]] = {
        **RUN_OPTION,
        "service": {"type": "str", "required": True},
        "release": {"type": "str"},
        "aside": {"type": "bool", "default": False},
        "replicas": {"type": "int"},
        "environment": {"type": "dict", "no_log": True},
        "limits": {
            "type": "dict",
            "options": {"memory_bytes": {"type": "int"}, "cpus": {"type": "float"}},
        },
    }

    def act(self) -> dict[str, Any]:
        _platform, section = self.platform_of(self.arguments["service"])
        try:
            plan, outcome = self._change(section)
        except Unreachable as error:
            raise Stop(f"unrecovered: {error}", "unrecovered") from None
        return {"changed": outcome, "number": plan.number, "created": self._created(section, plan)}

    def _created(self, section: Mapping[str, Any], plan: change.Plan) -> list[str]:
        """The keys of containers that were made aside: Compose does not tell."""
        if self.check_mode or plan.remake is None or not plan.remake.aside:
            return []
        look = compose.look_at(compose.where_of(section), [section], self.reach)
        found = [one["id"] for one in look.of(section["service"])]
        return [key for key in found if key not in plan.remake.expected]

    def _change(self, section: Mapping[str, Any]) -> tuple[change.Plan, bool]:
        where, name = compose.where_of(section), section["service"]
        look = compose.look_at(where, [section], self.reach)
        if look.refused:
            raise Stop(f"unrecovered: {look.refused[1]}", "unrecovered")
        try:
            plan = change.plan(look, name, self._wanted(), section.get("releases"))
        except change.Impossible as why:
            raise Stop(f"refused: {why}", "refused") from None
        if plan.remake is None:
            return plan, False
        text = script.apply(where, name, plan.remake, dry=self.check_mode)
        return plan, done(answers.read(self.shell(text, change.stdin(plan.values)).stdout))

    def _wanted(self) -> change.Wanted:
        given = {
            name: self.arguments[name]
            for name in ("release", "replicas", "environment", "limits")
            if self.arguments[name] is not None
        }
        if len(given) != 1:
            raise Stop("error: one of release, replicas, environment, limits is given", "error")
        # What is not named stays; what is named as null is taken back.
        if "limits" in given:
            named = self._task.args["limits"] or {}
            given["limits"] = {key: value for key, value in given["limits"].items() if key in named}
        return change.Wanted(**given, aside=self.arguments["aside"])


def done(look: answers.Look) -> bool:
    """Whether anything changed, or would in check mode."""
    if look.refused:
        raise Stop(f"unrecovered: {look.refused[1]}", "unrecovered")
    outcome = look.said.get("outcome", "")
    if outcome == "moved":
        raise Stop(
            "refused: the containers are not those that were looked at: somebody deploys at this moment",
            "refused",
        )
    if outcome not in DONE:
        said = look.said.get("message") or "it was cut off"
        raise Stop(f"unrecovered: Compose could not do it: {said}", "unrecovered")
    return DONE[outcome]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: unit_instances
short_description: Which instances of a systemd template to start and to stop
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - Numbered instances, as C(worker@1.service). Free numbers are filled from 1 on, and the highest are stopped first.
  - Fails for a unit that is no pattern of a template, and for instances that have no numbers.
positional: unit, replicas
options:
  _input:
    description: The instances of the service's reading.
    type: list
    elements: dict
    required: true
  unit:
    description: The pattern that the catalog names.
    type: str
    required: true
  replicas:
    description: How many are to run, from 1 on.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Two workers
  ansible.builtin.debug:
    msg: "{{ reading.instances | oncall.runbooks.unit_instances('worker@*.service', 2) }}"
"""

RETURN = r"""
_value:
  description: What to do, in this order.
  type: list
  elements: dict
  sample: [{unit: worker@2.service, state: started}]
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.systemd.scaling import steps


def unit_instances(instances: list[dict[str, Any]], unit: str, replicas: int) -> list[Any]:
    try:
        return steps(instances, unit, int(replicas))
    except InputError as error:
        raise AnsibleFilterError(f"refused: {error}") from None


class FilterModule:
    def filters(self) -> dict[str, Callable[..., list[Any]]]:
        return {"unit_instances": unit_instances}

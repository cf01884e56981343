# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What all actions share that read a service and grade the readings."""

    DOCUMENTATION = r"""
options:
  probes:
    description:
      - What to read, in this order; the names are listed in C(plugins/module_utils/probes.py).
        C(rollback_check) and C(target) come after C(workload), whose reading they need.
    type: list
    elements: str
    required: true
  checks:
    description: What to hold the readings against; the names of files under C(plugins/module_utils/checks/).
    type: list
    elements: str
    required: true
"""

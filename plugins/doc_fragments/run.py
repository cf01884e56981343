# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What all actions of an opened run share."""

    DOCUMENTATION = r"""
options:
  run:
    description:
      - Folder of the run, as M(oncall.runbooks.incident_open) answers it. Without an opened run no step can be taken.
    type: path
    required: true
attributes:
  check_mode:
    description: Can run in C(check_mode) and answers what it would do.
    support: full
  action:
    description: Runs on the controller; what it needs from the host it asks through the host's connection.
    support: full
"""

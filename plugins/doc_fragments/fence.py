# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What all actions share that are taken under the lock of a service."""

    DOCUMENTATION = r"""
options:
  fence:
    description:
      - Fencing number of the lock, which is confirmed right before anything is changed. V(0) in check mode.
    type: int
    required: true
"""

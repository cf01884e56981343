# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/systemd_settings.py

from __future__ import annotations

DOCUMENTATION = r"""
module: systemd_settings
short_description: Set variables and limits of a unit, in a drop-in of our own
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
description:
  - >-
    Writes C(90-oncall-runbooks.conf) into the unit's folder of drop-ins, with a private file for
    the variables beside it, and has systemd load it. Limits count at once; variables after a restart.
  - Both files, and their folder, are gone when nothing is set any more.
  - >-
    Refuses while any unit of the host has a change on disk that is not loaded, because loading
    this one would make that one count.
  - >-
    Variables come by a file, which wins over C(Environment=) and is shown to nobody
    (systemd.exec(5)); their values travel on a standard input, and are in no output.
options:
  service:
    description: Name of the service in the catalog, of the platform V(systemd).
    type: str
    required: true
  environment:
    description: The variables by name, each one line of text or a number. Null takes out what was set here before.
    type: dict
    default: {}
  limits:
    description: The limits of each instance. One that is not named stays; null takes out what was set here before.
    type: dict
    default: {}
    suboptions:
      memory_bytes:
        description: Memory, C(MemoryMax), in bytes, at least 1 MiB.
        type: int
      cpus:
        description: Processors, C(CPUQuota), in whole hundredths, as V(0.5).
        type: float
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Set the variables
  oncall.runbooks.systemd_settings:
    run: "{{ workload_run }}"
    service: "{{ workload_service }}"
    environment: {DATABASE_POOL_MAX: "10"}
"""

RETURN = r"""
unit:
  description: The unit that the settings are of; for a pattern, that of its template.
  returned: success
  type: str
  sample: shop-api.service
"""

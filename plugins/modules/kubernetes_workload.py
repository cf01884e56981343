# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

# The documentation of an action that runs on the controller: plugins/action/kubernetes_workload.py

from __future__ import annotations

DOCUMENTATION = r"""
module: kubernetes_workload
short_description: Carry out a verb of the role workload on a Deployment or StatefulSet
version_added: 0.1.0
author: The oncall.runbooks maintainers (@oncall-runbooks)
requirements:
  - kubernetes >= 36 (on the controller)
description:
  - Reads the service, decides which patches the verb takes, sends them, and waits until the cluster has done it.
  - >-
    Refuses, before the first patch, what the credentials may not do, what somebody paused, what
    a GitOps controller or an operator would take back, and what a disruption budget does not allow now.
  - A patch is made only when the object is still the one that was read; else it is read and judged again.
  - >-
    What is so already is not done again. What was deployed before is kept in the annotation
    C(oncall.runbooks/deployed).
  - In check mode the API server judges the patches and keeps nothing of them.
options:
  service:
    description: Name of the service in the catalog, whose platform is C(kubernetes).
    type: str
    required: true
  verb:
    description:
      - V(start) scales from 0 to the number that V(stop) has kept.
      - V(restart) makes the pods anew, once for an O(incident), by an annotation of the pod template.
      - V(rollback) goes back to the pod template of O(release).
      - V(scale) sets the number of pods; where an autoscaler sets it, the least number of that one is raised.
      - V(set_env) and V(set_limits) change the one container of the service.
    type: str
    choices: [start, stop, restart, rollback, scale, set_env, set_limits]
    required: true
  incident:
    description: For V(restart), what the pods are made anew for.
    type: str
    default: ""
  release:
    description: For V(rollback), the name of a ReplicaSet or ControllerRevision of the service.
    type: str
    default: ""
  replicas:
    description: For V(scale), how many pods there shall be.
    type: int
    default: 0
  environment:
    description:
      - For V(set_env), the variables by name. Null puts back what was deployed.
    type: dict
    default: {}
  limits:
    description: For V(set_limits). A limit that is not named stays; null puts back what was deployed.
    type: dict
    default: {}
    suboptions:
      memory_bytes:
        description: Memory, in bytes.
        type: int
      cpus:
        description: Processors, as 0.5.
        type: float
  timeout_seconds:
    description: How long the cluster may take, in seconds.
    type: float
    default: 300.0
  fence:
    description: Fencing number of the lock, which is confirmed before the first patch. With 0 it is not.
    type: int
    default: 0
extends_documentation_fragment: [oncall.runbooks.run]
"""

EXAMPLES = r"""
- name: Go back to the pod template of that revision
  oncall.runbooks.kubernetes_workload:
    run: "{{ workload_run }}"
    service: api
    verb: rollback
    release: api-5f7d9c6b8
  register: workload_done
"""

RETURN = r"""
before:
  description: What a verb can change, as it was; C(instances), C(desired), C(current) and C(limits) of the reading.
  returned: success
  type: dict
  sample: {desired: 2, current: api-66b9d5f7c, limits: {}, instances: []}
after:
  description: The same, when the cluster has done it.
  returned: success
  type: dict
  sample: {desired: 2, current: api-5f7d9c6b8, limits: {}, instances: []}
"""

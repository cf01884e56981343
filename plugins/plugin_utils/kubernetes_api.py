# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The clusters that one task asks, each as the Api of module_utils/platforms/kubernetes/api.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_client import (
        KubernetesApi,
    )


class Clusters:
    """Each is connected to when it is first asked for."""

    def __init__(self) -> None:
        self._open: dict[tuple[Any, Any], KubernetesApi] = {}

    def api(self, section: Mapping[str, Any]) -> KubernetesApi:
        # Here, because every action has this file, and the client takes a second to load.
        from ansible_collections.oncall.runbooks.plugins.plugin_utils.kubernetes_client import (
            KubernetesApi,
        )

        key = (section.get("kubeconfig"), section.get("context"))
        if key not in self._open:
            self._open[key] = KubernetesApi(section)
        return self._open[key]

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

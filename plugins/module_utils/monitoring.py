# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which alerts are active, as Prometheus or Alertmanager says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

Answer = Mapping[str, Any]
# Silenced and inhibited ones are somebody's decision.
ALERTMANAGER = "/api/v2/alerts?active=true&silenced=false&inhibited=false&unprocessed=false"
PROMETHEUS = "/api/v1/alerts"


def active(urls: Mapping[str, str | None], fetch: Callable[..., Answer]) -> dict[str, Any] | None:
    """`urls` by name; Alertmanager knows of silences, so it is asked first. None without any."""
    if urls.get("alertmanager"):
        return _asked(str(urls["alertmanager"]), ALERTMANAGER, of_alertmanager, fetch)
    if urls.get("prometheus"):
        return _asked(str(urls["prometheus"]), PROMETHEUS, of_prometheus, fetch)
    return None


def _asked(
    base: str, path: str, names: Callable[[Any], list[str]], fetch: Callable[..., Answer]
) -> dict[str, Any]:
    answer = fetch(base.rstrip("/") + path, [200], 5)
    if answer["reason"] != "ok" or answer["status"] != 200:
        why = answer["message"] or f"it answers {answer['status']}"
        return {"firing": [], "refused": why}
    try:
        return {"firing": sorted(names(json.loads(answer["body"]))), "refused": ""}
    except (ValueError, KeyError, TypeError):
        return {"firing": [], "refused": "its answer is not that of a monitoring system"}


def of_alertmanager(body: Any) -> list[str]:
    return [alert["labels"]["alertname"] for alert in body if alert["status"]["state"] == "active"]


def of_prometheus(body: Any) -> list[str]:
    alerts = body["data"]["alerts"]
    return [alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"]

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the proofs of all scenarios read: the laboratory's server and the reports of the runs."""

from __future__ import annotations

import http.client
import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.lab import postgres, services

EPHEMERAL = Path(os.environ.get("MOLECULE_EPHEMERAL_DIRECTORY", "/nonexistent"))


@pytest.fixture
def server() -> postgres.Server:
    return postgres.load(EPHEMERAL / "lab")


@pytest.fixture
def baseline() -> dict[str, Any]:
    """What the server said of itself before the fault."""
    found: dict[str, Any] = json.loads((EPHEMERAL / "lab" / "baseline.json").read_text())
    return found


@pytest.fixture
def api() -> dict[str, Any]:
    """What the api's keeper tells of it."""
    return services.status(EPHEMERAL / "shop", "api")


@pytest.fixture
def answer() -> int:
    """The status that the api's health page answers with."""
    port = services.read(EPHEMERAL / "shop" / "api" / "service.json")["port"]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.fixture
def reports() -> list[dict[str, Any]]:
    """One for each run of the playbook, the oldest first: --check, converge, idempotence."""
    found = [
        json.loads(path.read_text()) for path in EPHEMERAL.glob("state/incidents/*/report.json")
    ]
    return sorted(found, key=lambda report: str(report["started_at"]))

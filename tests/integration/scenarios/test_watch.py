# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watched over a time: it stays well, it breaks, and a schedule goes on in slices."""

from __future__ import annotations

import http.server
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.tests.integration.scenarios.conftest import extra
from ansible_collections.oncall.runbooks.tests.integration.scenarios.town import Town

harness = sys.modules["oncall_harness"]
pytestmark = pytest.mark.slow
QUICK = {"minutes": 1, "every_seconds": 20}


def watch(site: Any, **variables: Any) -> Any:
    done = site.run("watch", *extra(**{**QUICK, **variables}))
    assert done.report, done.stdout + done.stderr
    return done


@pytest.mark.soak
def test_it_stays_well_and_slices_add_up(town: Town, town_site: Any) -> None:
    first = watch(town_site, service=["api", "bot"], incident="INC-watch")
    assert (first.outcome, first.rc) == ("healthy", 0), first.stdout + first.stderr
    assert first.finding("watch")["summary"].startswith("0 of 4 looks failed (0 %)")
    assert "1 of 4, none failed: well" in first.stdout
    assert 55 < first.report["duration_s"] < 100
    second = watch(town_site, service="api", incident="INC-watch", every_seconds=30)
    assert "0 of 7 over the whole incident" in second.finding("watch")["summary"]


def test_it_breaks_and_ends_early(town: Town, town_site: Any) -> None:
    began = time.monotonic()
    breaker = threading.Timer(12, lambda: town.stop("bot"))
    breaker.start()
    done = watch(town_site, service=["api", "bot"], minutes=5, every_seconds=2)
    breaker.join()
    assert time.monotonic() - began < 120
    assert (done.outcome, done.rc != 0) == ("attention", True)
    found = {one["service"]: one for one in done.report["findings"]}
    assert (found["bot"]["severity"], found["bot"]["reason"]) == ("crit", "errors")
    assert "cannot be met any more" in found["bot"]["summary"]
    assert found["api"]["severity"] == "ok"
    kinds = [event["kind"] for event in done.report["timeline"] if event["service"] == "bot"]
    assert [kind for kind in kinds if kind.startswith("watch_")] == ["watch_ok", "watch_failed"]


@contextmanager
def monitoring(answer: Any) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = json.dumps(answer).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_active_alerts_are_told(town: Town, tmp_path: Path) -> None:
    alerts = [{"labels": {"alertname": "HighErrorRate"}, "status": {"state": "active"}}]
    with monitoring(alerts) as url:
        settings = {"runbooks_alertmanager_url": url}
        site = harness.make_site(tmp_path / "alerts", town.services(), settings, town.groups())
        done = watch(site, service="api", every_seconds=60)
    assert (done.outcome, done.rc) == ("attention", 0)
    reasons = {found["reason"] for found in done.report["findings"]}
    assert reasons == {"ok", "alerts_firing"}
    assert "HighErrorRate" in done.stdout


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"minutes": 0}, "minutes: got '0'"),
        ({"minutes": 1, "every_seconds": 61}, "every_seconds: got 61, with minutes 1"),
        ({"error_percent": 101}, "error_percent: got '101'"),
        ({"without_smoke": "yes"}, "without_smoke: got 'yes'"),
    ],
)
def test_bad_input_is_one_line(
    town: Town, town_site: Any, variables: dict[str, Any], said: str
) -> None:
    done = town_site.run("watch", *extra(service="api", **variables))
    assert done.rc != 0 and not done.report and said in done.stderr


def test_more_services_than_workers(town: Town, town_site: Any) -> None:
    done = town_site.run("watch", *extra(**QUICK), "--forks", "3")
    assert done.rc != 0 and "forks: got 3, for 9 services" in done.stderr

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was there is kept, sealed and without secrets; and nothing was changed by looking."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import journal
from ansible_collections.oncall.runbooks.tests.integration.scenarios.conftest import extra
from ansible_collections.oncall.runbooks.tests.integration.scenarios.town import Town

harness = sys.modules["oncall_harness"]
pytestmark = pytest.mark.slow
CANARY = "canary-hunter2-271828"


@pytest.fixture
def talkative(town: Town, tmp_path: Path) -> Any:
    """An API whose log and whose arguments say too much."""
    log = tmp_path / "api.log"
    lines = [f"GET /tasks {number}" for number in range(5000)]
    lines += [
        f"connecting to postgres://app:{CANARY}@db/shop",
        f"Authorization: Bearer {CANARY}",
        f"password={CANARY}",
        "the last line",
    ]
    log.write_text("\n".join(lines))
    words = [sys.executable, "-c", "import time; time.sleep(600)", f"--api-token={CANARY}"]
    loose = subprocess.Popen(words, start_new_session=True)
    commands = {**town.entry("api")["command"], "logs": ["cat", str(log)]}
    yield harness.make_site(
        tmp_path / "talk", town.services(api={"command": commands}), {}, town.groups()
    )
    loose.kill()
    loose.wait()


def kept(done: Any) -> dict[str, Path]:
    folder = done.state / "incidents" / done.report["incident"]
    return {item["what"]: folder / item["path"] for item in done.report["evidence"]}


def test_a_service(town: Town, talkative: Any) -> None:
    done = talkative.run("capture_state", *extra(service="api", log_lines=100))
    assert (done.outcome, done.rc) == ("done", 0), done.stdout + done.stderr
    files = kept(done)
    assert {"status", "log", "workload", "health", "machine-processes", "machine-sockets"} <= set(
        files
    )
    log = files["log"].read_text()
    assert "the last line" in log and "GET /tasks 4999" in log and "GET /tasks 4000" not in log
    assert "tenant.py" in files["machine-processes"].read_text()
    assert json.loads(files["health"].read_text())["reason"] == "ok"
    for item in done.report["evidence"]:
        raw = (done.state / "incidents" / done.report["incident"] / item["path"]).read_bytes()
        assert (hashlib.sha256(raw).hexdigest(), len(raw)) == (item["sha256"], item["bytes"])
    assert not any(CANARY in path.read_text() for path in done.state.rglob("*") if path.is_file())
    assert CANARY not in done.stdout + done.stderr
    assert all(path.stat().st_mode & 0o077 == 0 for path in files.values())


def test_what_vanishes_first_is_taken_first(town: Town, talkative: Any) -> None:
    done = talkative.run("capture_state", *extra(service="api"))
    order = [item["what"] for item in done.report["evidence"]]
    assert order[0] == "machine-processes"
    assert order.index("machine-sockets") < order.index("machine-memory") < order.index("log")
    path = done.state / "incidents" / done.report["incident"] / "journal.jsonl"
    lines = journal.Journal(path).read()
    assert journal.faults(lines) == []
    assert {line["type"] for line in lines} == {"run_opened", "evidence", "findings", "run_closed"}


def test_bounded_in_size(town: Town, talkative: Any) -> None:
    done = talkative.run("capture_state", *extra(service="api", item_kib=1, log_lines=5000))
    log = kept(done)["log"]
    assert log.stat().st_size <= 1100
    assert "the last line" in log.read_text()
    assert "cut to size" in done.finding("capture")["summary"]


def test_bounded_in_time_and_the_rest_is_kept(town: Town, tmp_path: Path) -> None:
    commands = {**town.entry("api")["command"], "logs": ["sleep", "300"]}
    site = harness.make_site(
        tmp_path / "slow", town.services(api={"command": commands}), {}, town.groups()
    )
    done = site.run("capture_state", *extra(service="api", item_seconds=1), timeout=90)
    found = done.finding("capture")
    assert (done.outcome, done.rc, found["reason"]) == ("attention", 0, "partly_captured")
    assert "log (no answer in time)" in found["summary"]
    assert "machine-processes" in kept(done)


def test_a_database(town: Town, town_site: Any, database: Any) -> None:
    done = town_site.run("capture_state", *extra(service="db"))
    assert done.outcome == "done", done.stdout + done.stderr
    document = json.loads(kept(done)["postgresql"].read_text())["document"]
    assert {"sessions", "blocking", "transactions", "statements"} <= set(document)


def test_a_whole_machine_is_looked_at_once(town: Town, town_site: Any) -> None:
    text = town_site.inventory.read_text()
    town_site.inventory.write_text(
        text.replace(
            "ansible_connection: local", "ansible_connection: local\n    ansible_host: app-1", 1
        )
    )
    done = town_site.run("capture_state", *extra(host="app-1"))
    assert done.rc == 0, done.stdout + done.stderr
    assert len(done.report["services"]) == 10
    whats = [item["what"] for item in done.report["evidence"]]
    assert whats.count("machine-processes") == 1
    assert whats.count("status") == 9


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({}, "service: not given, and 10 services could be meant"),
        ({"host": "ap"}, "host: unknown host 'ap'"),
        ({"host": "api", "service": "api"}, "host: given together with service"),
        ({"service": "api", "log_lines": 0}, "log_lines: got '0'"),
        ({"service": "api", "minutes": "5m"}, "minutes: got '5m'"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(
    town: Town, town_site: Any, variables: dict[str, Any], said: str
) -> None:
    done = town_site.run("capture_state", *extra(**variables))
    assert done.rc != 0 and not done.report
    assert said in done.stderr and "Traceback" not in done.stderr + done.stdout


def test_a_host_that_does_not_answer(town: Town, town_site: Any) -> None:
    text = town_site.inventory.read_text()
    wait = "ansible_ssh_common_args: '-o ConnectTimeout=2'"
    far = f"{{ansible_connection: ssh, ansible_host: 127.0.0.1, ansible_port: 1, {wait}}}"
    town_site.inventory.write_text(text.replace("indexer: {}", f"indexer: {far}"))
    done = town_site.run("capture_state", *extra(service=["indexer", "bot"]))
    assert done.report["outcomes"] == {"indexer": "error", "bot": "done"}
    assert done.rc != 0 and "does not answer" in done.stdout
    assert kept(done)["status"].exists()

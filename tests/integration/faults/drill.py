# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The passes of a case, and what every run must leave behind: a record that holds, and no secret.

healthy, check, real, again: all but the real one change nothing, and a refused real one neither.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils import journal
from ansible_collections.oncall.runbooks.tests.integration.faults import snapshot

GOOD = ("healthy", "recovered", "done", "planned")
PLAYBOOK = "db_connection_exhausted"
# Short waits; the thresholds are those of the sessions that the tests open.
QUICK = {"idle_seconds": 1, "hold_seconds": 1, "timeout_seconds": 3}
OUTCOMES = {"change_made", "change_failed"}


def extra(variables: Mapping[str, Any]) -> list[str]:
    return ["-e", json.dumps(variables)] if variables else []


@dataclass(frozen=True)
class Drill:
    """A service, and the variables that every pass of a case is given."""

    server: Any
    site: Any
    variables: Mapping[str, Any] = field(default_factory=lambda: QUICK)
    environment: Mapping[str, str] = field(default_factory=dict)
    playbook: str = PLAYBOOK

    def given(self, **variables: Any) -> Drill:
        return replace(self, variables={**self.variables, **variables})

    def run(self, *options: str, playbook: str | None = None, **variables: Any) -> Any:
        playbook = playbook or self.playbook
        usual = self.variables if playbook == self.playbook else {}
        chosen = {"service": "db", **usual, **variables}
        before = {path: path.read_bytes() for path in self.site.state.glob("incidents/*/*.jsonl")}
        done = self.site.run(playbook, *extra(chosen), *options, environment=self.environment)
        for path, lines in before.items():
            assert path.read_bytes().startswith(lines), f"{path} was rewritten"
        assert done.report, f"no report; {done.stdout}{done.stderr}"
        proven(done, self.secrets())
        return done

    def unchanged(self, *options: str, playbook: str | None = None, **variables: Any) -> Any:
        """A run that changes nothing."""
        before = snapshot.take(self.server)
        done = self.run(*options, playbook=playbook, **variables)
        assert snapshot.differences(before, snapshot.take(self.server)) == {}
        assert not of_run(done, "change_intended")
        return done

    def healthy(self, **variables: Any) -> Any:
        done = self.unchanged(**variables)
        assert (done.outcome, done.rc) == ("healthy", 0), done.stdout + done.stderr
        assert not done.report["plan"] and not done.report["changes"]
        return done

    def check(self, outcome: str = "planned", **variables: Any) -> Any:
        done = self.unchanged("--check", **variables)
        assert done.outcome == outcome, done.stdout + done.stderr
        assert done.report["check_mode"] and not done.report["changes"]
        return done

    def refused(self, outcome: str = "refused", **variables: Any) -> Any:
        """Checked, real and again: the same refusal, and nothing is changed."""
        checked = self.check(outcome, **variables)
        real, again = self.unchanged(**variables), self.unchanged(**variables)
        for done in (real, again):
            assert done.outcome == outcome and done.rc != 0, done.stdout + done.stderr
            assert not done.report["changes"]
            assert statuses(done) == statuses(checked)
        return real

    def secrets(self) -> list[str]:
        return [path.read_text().strip() for path in self.server.directory.glob("*.password")]


def of_run(done: Any, kind: str) -> list[dict[str, Any]]:
    """The journal's lines of this run, of one type."""
    path = done.state / "incidents" / done.report["incident"] / "journal.jsonl"
    run = done.report["run"]
    return [
        line for line in journal.Journal(path).read() if line["run"] == run and line["type"] == kind
    ]


def ended(done: Any) -> list[int]:
    """The pids that the record says were ended."""
    (change,) = done.report["changes"]
    assert change["status"] == "made"
    return [session["pid"] for session in change["after"]["ended"]]


def statuses(done: Any) -> list[tuple[str, str]]:
    return [(entry["action"], entry["status"]) for entry in done.report["plan"]]


def spoken(done: Any) -> str:
    """All that a person reads of a run."""
    folder = done.state / "incidents" / done.report["incident"]
    texts = [path.read_text() for path in sorted(folder.glob("report.*"))]
    return "\n".join([done.stdout, done.stderr, *texts])


def never_called_down(done: Any) -> None:
    """A server that refuses us is not a server that is down."""
    assert not re.search(r"\bdown\b", spoken(done), re.IGNORECASE)


def proven(done: Any, secrets: list[str]) -> None:
    report = done.report
    folder = done.state / "incidents" / report["incident"]
    lines = journal.Journal(folder / "journal.jsonl").read()
    assert journal.faults(lines) == []
    assert report["journal"]["head"] == lines[report["journal"]["lines"] - 1]["hash"]
    assert json.loads((folder / "report.json").read_text()) == report
    assert not list(done.state.glob("locks/*.lock")), "a lock was left behind"
    evidence_holds(folder, report, lines)
    intent_comes_first(lines)
    exit_status_tells(done)
    no_secret(done, secrets)


def evidence_holds(folder: Path, report: Mapping[str, Any], lines: list[dict[str, Any]]) -> None:
    sealed = [line["data"] for line in lines if line["type"] == "evidence"]
    assert all(entry in sealed for entry in report["evidence"])
    for entry in sealed:
        raw = (folder / entry["path"]).read_bytes()
        assert (hashlib.sha256(raw).hexdigest(), len(raw)) == (entry["sha256"], entry["bytes"])
    paths = {entry["path"] for entry in sealed}
    assert all(found["evidence"] in paths for found in report["findings"])


def intent_comes_first(lines: list[dict[str, Any]]) -> None:
    """Evidence, then the intent under a lock, then the outcome: one for each intent."""
    for at, line in enumerate(lines):
        earlier = [other["type"] for other in lines[:at] if other["run"] == line["run"]]
        numbers = [
            other["data"]["number"] for other in lines[:at] if other["type"] == "change_intended"
        ]
        if line["type"] == "change_intended":
            assert "evidence" in earlier and "lock_acquired" in earlier
            assert "lock_released" not in earlier
        if line["type"] in OUTCOMES:
            assert line["data"]["number"] in numbers
    intended = [line["data"]["number"] for line in lines if line["type"] == "change_intended"]
    assert intended == sorted(set(intended))
    assert intended == [line["data"]["number"] for line in lines if line["type"] in OUTCOMES]


def exit_status_tells(done: Any) -> None:
    critical = any(found["severity"] == "crit" for found in done.report["findings"])
    good = done.outcome in GOOD or (done.outcome == "attention" and not critical)
    assert (done.rc == 0) == good, f"exit status {done.rc} with {done.outcome}"
    if not good:
        assert re.search(rf"\b{done.outcome}\b", done.stdout + done.stderr, re.IGNORECASE)
        assert done.report["next_step"] not in ("", "nothing to do")


def no_secret(done: Any, secrets: list[str]) -> None:
    written = [path for path in done.state.rglob("*") if path.is_file()]
    texts = [done.stdout, done.stderr, *(path.read_text() for path in written)]
    assert not any(secret in text for secret in secrets for text in texts)

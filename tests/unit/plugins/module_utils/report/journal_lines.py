# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Journals to make reports of: each story is one incident, as its lines."""

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.decision import goal
from ansible_collections.oncall.runbooks.plugins.module_utils.report.build import build
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds, stamp

Line = dict[str, Any]

INCIDENT = "INC-20261121-030405-ab12"
PATH = f"/var/lib/oncall-runbooks/incidents/{INCIDENT}/journal.jsonl"
STARTED = "2026-11-21T03:04:05.123456Z"
RUN = "20261121-030405-77f0"
SCENARIO = "db_connection_exhausted"
SUMMARY = (
    "17 of 17 application slots are used (100 %): 14 idle, 3 idle in transaction;"
    " most by role app, application api"
)
OWNER = {"user": "ada", "host": "ctl-2", "pid": 4242, "incident": "INC-7", "run": "r7"}
# All that could end a table, a line, a code span, a page, or read as something else.
HOSTILE = (
    "evil|role\n# pwned `x` <script>alert(1)</script> {{ 7*7 }} {% raw %} **b** _i_"
    " \x1b[31m\u202egnp.exe"
    " \ud800 [x](javascript:alert(1)) ![i](http://e.example/i.png) \"'&lt; \\| --- |"
)


def after(start_s: float, start: str = STARTED) -> str:
    return stamp(seconds(start) + start_s)


class Story:
    """Writes journal lines of one run; times are seconds after its start."""

    def __init__(self, *services: str, run: str = RUN, **opened: Any) -> None:
        self.lines: list[Line] = []
        self.run = run
        self.services = services or ("db",)
        self.start = opened.get("started_at", STARTED)
        scenario = opened.get("scenario", SCENARIO)
        data = {
            "scenario": scenario,
            "goal": goal(scenario),
            "environment": "production",
            "check_mode": False,
            "severity": "sev2",
            "services": list(self.services),
            "inputs": {},
            "approvals": [],
            "user": "root",
            "controller": "ctl-1",
            "pid": 100,
            "version": "0.1.0",
            "started_at": self.start,
        }
        self.add(0.2, "run_opened", {**data, **opened}, None)

    def add(self, at: float, kind: str, data: dict[str, Any], service: str | None = "db") -> Story:
        line = {"at": after(at, self.start), "run": self.run, "type": kind, "service": service}
        self.lines.append({"n": len(self.lines) + 1, **line, "data": data})
        return self

    def findings(
        self, at: float, *found: dict[str, Any], stage: str = "diagnosis", attempt: int = 1
    ) -> Story:
        service = found[0]["service"] if found else self.services[0]
        data = {"stage": stage, "attempt": attempt, "findings": list(found)}
        return self.add(at, "findings", data, service)

    def plan(self, at: float, *entries: dict[str, Any], stage: str = "diagnosis") -> Story:
        service = entries[0]["service"] if entries else self.services[0]
        return self.add(at, "plan", {"stage": stage, "entries": list(entries)}, service)

    def intend(self, at: float, number: int = 1, **more: Any) -> Story:
        change = {**end_sessions(), **more}
        keys = ("action", "service", "risk", "because", "summary", "before", "undo")
        data = {"number": number, **{key: change[key] for key in keys}}
        data.update(expires_at=more.get("expires_at"), status="intended")
        return self.add(at, "change_intended", data, change["service"])

    def made(
        self, at: float, number: int = 1, after: Any = None, service: str | None = "db"
    ) -> Story:
        return self.add(at, "change_made", {"number": number, "after": after or ENDED}, service)

    def verified(
        self, at: float, healthy_at: float, held: float = 5.0, service: str = "db"
    ) -> Story:
        first = after(healthy_at, self.start)
        data = {"status": "verified", "attempts": 4, "first_healthy_at": first, "held_s": held}
        return self.add(at, "verification", data, service)

    def not_verified(self, at: float, service: str = "db") -> Story:
        data = {"status": "failed", "attempts": 9, "first_healthy_at": None, "held_s": 0}
        return self.add(at, "verification", data, service)

    def close(self, at: float, outcome: str = "recovered") -> Story:
        return self.add(at, "run_closed", {"outcome": outcome, "outcomes": {}}, None)

    def report(self, run: str = "") -> dict[str, Any]:
        journal = {"path": PATH, "lines": len(self.lines), "head": "ab" * 32}
        return build(self.lines, run or self.run, journal=journal)


def finding(severity: str = "ok", reason: str = "ok", **more: Any) -> dict[str, Any]:
    return {
        "check": "postgresql_connections",
        "service": "db",
        "severity": severity,
        "reason": reason,
        "value": 100.0 if severity == "crit" else 40.0,
        "unit": "percent",
        "threshold": 80,
        "summary": SUMMARY if severity == "crit" else "7 of 17 application slots are used (40 %)",
        "evidence": "evidence/r1/db-1-postgresql.json",
        **more,
    }


def access(severity: str = "ok", reason: str = "ok", **more: Any) -> dict[str, Any]:
    nothing = {"value": None, "unit": None, "threshold": None, "evidence": None}
    summary = "the database answers" if severity == "ok" else f"the database says {reason}"
    more = {"check": "postgresql_access", "summary": summary, **nothing, **more}
    return finding(severity, reason, **more)


def end_sessions(status: str = "planned", **more: Any) -> dict[str, Any]:
    return {
        "phase": "containment",
        "action": "end_sessions",
        "service": "db",
        "risk": "safe",
        "because": {"check": "postgresql_connections", "reason": "idle_sessions"},
        "status": status,
        "summary": "end up to 20 sessions of role app that have been idle for over 300 s",
        "why": "safe changes need no approval here",
        "approve_with": None,
        "parameters": {"idle_seconds": 300, "max_terminate": 20},
        "before": {"used": 17, "slots": 17},
        "undo": {
            "none": "an ended session cannot be restored; clients connect again by themselves"
        },
        **more,
    }


def raise_max_connections(status: str = "needs_approval", **more: Any) -> dict[str, Any]:
    how = {
        "action": "set_max_connections",
        "parameters": {"max_connections": 20},
        "summary": "set max_connections back to 20 and restart db",
    }
    entry = {
        "phase": "scaling",
        "action": "raise_max_connections",
        "risk": "disruptive",
        "summary": "raise max_connections from 20 to 40 and restart db",
        "why": "it is disruptive, and nobody approved it",
        "approve_with": "approve=raise_max_connections" if status == "needs_approval" else None,
        "parameters": {"max_connections": 40},
        "before": {"max_connections": 20},
        "undo": {"how": how},
    }
    return end_sessions(status, **{**entry, **more})


ENDED = {
    "ended": [
        {
            "pid": 4711 + i,
            "role": "app",
            "application": "api",
            "client": "10.0.0.5",
            "state": "idle",
            "idle_s": 512.0 - i,
        }
        for i in range(13)
    ],
    "skipped": [{"pid": 4799, "reason": "candidate_no_longer_matches"}],
}
CRIT = finding("crit", "idle_sessions")


def evidence(story: Story, at: float, service: str = "db") -> Story:
    data = {
        "path": f"evidence/{story.run}/{service}-1-postgresql.json",
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "bytes": 18432,
        "what": "postgresql",
    }
    return story.add(at, "evidence", data, service)


def recovered() -> Story:
    """Full of idle sessions; ended; the limit raised by approval; verified."""
    story = Story(approvals=["raise_max_connections"])
    evidence(story, 0.9).findings(1.0, access("crit", "slots_reserved"), CRIT)
    story.plan(1.1, end_sessions(), raise_max_connections("planned", why="approved by name"))
    took_over = {**OWNER, "why": "its process is gone"}
    lock = {"owner": {"user": "root"}, "fence": 3, "until": after(61.3), "took_over": took_over}
    story.add(1.3, "lock_acquired", lock)
    story.add(
        1.5, "break_glass", {"purpose": "read while every slot is used", "way": "exec as postgres"}
    )
    story.findings(1.9, access("crit", "slots_reserved"), CRIT, stage="under_lock")
    story.plan(2.0, end_sessions(), raise_max_connections("planned", why="approved by name"))
    story.intend(2.1).made(2.6)
    raised = raise_max_connections("planned")
    story.intend(2.8, number=2, **raised, expires_at=after(86400))
    story.made(17.5, number=2, after={"max_connections": 40})
    story.findings(18.0, access("crit", "unresponsive"), CRIT, stage="verification")
    story.findings(
        20.4, access(), finding("warn", "active_load", value=85.0), stage="verification", attempt=2
    )
    story.findings(27.2, access(), finding(value=18.0), stage="verification", attempt=3)
    story.findings(32.3, access(), finding(value=20.0), stage="verification", attempt=4)
    story.verified(32.4, healthy_at=27.2)
    return story.add(32.6, "lock_released", {"fence": 3}).close(32.9)


def needs_approval() -> Story:
    story = Story()
    evidence(story, 0.9).findings(1.0, access(), CRIT)
    story.plan(1.1, end_sessions("not_needed", why="no session is idle"), raise_max_connections())
    return story.close(1.3, "needs_approval")


def refused() -> Story:
    why = "no session is idle for 300 s; look at pg_stat_activity by hand"
    story = Story().findings(1.0, access(), CRIT)
    return story.plan(1.1, end_sessions("refused", why=why)).close(1.3, "refused")


def locked() -> Story:
    story = Story()
    story.findings(1.0, CRIT).plan(1.1, end_sessions())
    refused = {"owner": OWNER, "until": after(60), "message": "held by ada on ctl-2"}
    return story.add(1.2, "lock_refused", refused).close(1.4, "locked")


def check_run() -> Story:
    story = Story(check_mode=True)
    return story.findings(1.0, CRIT).plan(1.1, end_sessions()).close(1.2, "planned")


def cut_off() -> Story:
    """Killed between the intent and its outcome."""
    return Story().findings(1.0, CRIT).plan(1.1, end_sessions()).intend(2.0)


def hostile() -> Story:
    """Every text that comes from outside is an attack."""
    evil = {"summary": HOSTILE, "reason": HOSTILE}
    story = Story(HOSTILE, user=HOSTILE, controller=HOSTILE, environment=HOSTILE, severity=HOSTILE)
    story.findings(1.0, finding("crit", service=HOSTILE, check=HOSTILE, unit=HOSTILE, **evil))
    undo = {"how": {"action": "x", "parameters": {}, "summary": HOSTILE}}
    more: dict[str, Any] = {"service": HOSTILE, "summary": HOSTILE, "why": HOSTILE, "undo": undo}
    more["before"] = {HOSTILE: HOSTILE}
    approve: dict[str, Any] = {"approve_with": "approve=" + HOSTILE}
    story.plan(1.1, end_sessions(**more), raise_max_connections(**more, **approve))
    story.intend(2.0, **more)
    sessions = {
        "ended": [{"application": HOSTILE, HOSTILE: "a"}],
        "skipped": [HOSTILE],
        "x": HOSTILE,
    }
    story.made(2.1, after=sessions, service=HOSTILE)
    story.add(2.2, "failure", {"task": HOSTILE, "message": HOSTILE, "outcome": "error"}, HOSTILE)
    story.add(
        2.3, "evidence", {"path": HOSTILE, "sha256": HOSTILE, "bytes": 1, "what": HOSTILE}, HOSTILE
    )
    return story.close(2.5, "error")


def many(services: int = 50, findings: int = 5) -> Story:
    names = [f"service-{i:02d}" for i in range(services)]
    story = Story(*names)
    for i, name in enumerate(names):
        at, where = 1 + i / 7, {"service": name}
        checks = [f"check_{k}" for k in range(findings)]
        evidence(story, at, name)
        story.findings(at, *(finding("crit", "idle_sessions", check=c, **where) for c in checks))
        story.plan(at + 0.1, end_sessions(**where))
        story.intend(at + 0.2, number=i + 1, **where).made(at + 0.9, number=i + 1, service=name)
        story.findings(at + 4, *(finding(check=c, **where) for c in checks), stage="verification")
        story.verified(at + 9, healthy_at=at + 4, service=name)
    return story.close(30)


STORIES = {
    "recovered": recovered,
    "needs_approval": needs_approval,
    "refused": refused,
    "locked": locked,
    "planned": check_run,
    "cut_off": cut_off,
    "hostile": hostile,
    "many": many,
}

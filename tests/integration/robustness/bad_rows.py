# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of test_bad_input.py: what is given, and what the one line must say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# FOLDER in an argument, a setting or a file is the row's own folder; a template that is
# evaluated makes a file there.
MAKE_FILE = "{{ lookup('pipe', 'touch FOLDER/evaluated') }}"
CANARY = "canary-7f3e91d2"


@dataclass(frozen=True)
class Row:
    id: str
    arguments: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    playbook: str = "db_connection_exhausted"
    # Changes to the inventory: keys of postgresql, of the service, settings, groups, its text.
    postgresql: Mapping[str, Any] = field(default_factory=dict)
    service: Mapping[str, Any] = field(default_factory=dict)
    more_services: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    kinds: Mapping[str, list[str]] | None = None
    replace: tuple[str, str] = ("", "")
    files: Mapping[str, str] = field(default_factory=dict)
    modes: Mapping[str, int] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    closed: str = ""  # an incident that was closed before
    core: bool = False  # Ansible itself refuses, before anything of ours is read
    recorded: bool = False  # a run was opened by then, and its record says so, too
    slow: bool = True  # not in the inner loop

    def __str__(self) -> str:
        return self.id

    def __hash__(self) -> int:
        return hash(self.id)


def given(**variables: Any) -> tuple[str, ...]:
    """As JSON, with their types."""
    return ("-e", json.dumps(variables))


def words(*pairs: str) -> tuple[str, ...]:
    """As name=value, each a text."""
    return tuple(word for pair in pairs for word in ("-e", pair))


def quick(id: str, arguments: tuple[str, ...] = (), *says: str, **more: Any) -> Row:
    return Row(id, arguments, says, slow=False, **more)


def row(id: str, arguments: tuple[str, ...] = (), *says: str, **more: Any) -> Row:
    return Row(id, arguments, says, **more)


ACTIONS = "end_sessions, raise_max_connections, set_pool_max"
APPROVE = "-e approve=end_sessions"

APPROVALS = (
    quick("BI02 a generic yes", words("approve=yes"), "approve:", "'yes'", ACTIONS, APPROVE),
    row("BI03 a boolean", given(approve=True), "approve:", "'True'", ACTIONS, APPROVE),
    row("BI03 an empty list", given(approve=[]), "approve:", "'[]'", ACTIONS, APPROVE),
    row("BI03 an empty text", words("approve="), "approve:", "''", ACTIONS, APPROVE),
    row("BI03 null", given(approve=None), "approve:", "'None'", ACTIONS, APPROVE),
    row("BI03 a mapping", given(approve={"end_sessions": True}), "approve:", ACTIONS, APPROVE),
    row("BI03 one of two", given(approve=["end_sessions", "yes"]), "approve:", "'yes'", ACTIONS),
    row("BI03 wrong case", words("approve=End_Sessions"), "approve:", "'End_Sessions'", ACTIONS),
    quick(
        "BI04 another target",
        words("approve=raise_max_connections@other"),
        "approve:",
        "'raise_max_connections@other'",
        "'other'",
        "this run is for db",
        "-e approve=raise_max_connections@db",
    ),
    row(
        "BI04 no target after the @",
        words("approve=end_sessions@"),
        "approve:",
        "'end_sessions@'",
        APPROVE,
    ),
)


def whole_number(name: str, value: object, shown: str, bounds: str, **more: Any) -> Row:
    arguments = words(f"{name}={value}") if isinstance(value, str) else given(**{name: value})
    kind = "" if isinstance(value, str) else f" as {type(value).__name__}"
    return row(
        f"{name}={value}{kind}", arguments, f"{name}:", f"'{shown}'", f"a whole number from {bounds}",
        f"-e {name}=", **more,
    )  # fmt: skip


CAP = ("max_terminate", "1 to 200")
NUMBERS = (
    *(
        whole_number(CAP[0], value, shown, CAP[1], slow=value != "-5")
        for value, shown in (
            ("-5", "-5"), (-5, "-5"), ("0", "0"), (0, "0"), ("201", "201"),
            (10**20, str(10**20)), ("5.7", "5.7"), (5.7, "5.7"), ("5e3", "5e3"), ("0x10", "0x10"),
            ("1_000", "1_000"), (True, "True"), ("true", "true"), ("012", "012"), ("", ""),
            (None, "None"), ([5], "[5]"),
        )
    ),
    whole_number("timeout_seconds", "0", "0", "1 to 3600"),
    whole_number("timeout_seconds", "-1", "-1", "1 to 3600"),
    whole_number("timeout_seconds", 10**9, str(10**9), "1 to 3600"),
    whole_number("hold_seconds", "601", "601", "0 to 600"),
    whole_number("warn_percent", "80%", "80%", "1 to 99"),
    row(
        "blanks", ("-e", 'max_terminate=" 5 "'), "max_terminate:", "' 5 '", "1 to 200",
    ),
    row(
        "other digits", words("max_terminate=٥"), "max_terminate:", r"'\u0665'", "1 to 200",
    ),
    row(
        "in the catalog", (), "runbooks_services.db.limits.max_terminate:", "'-5'", "1 to 200",
        service={"limits": {"max_terminate": -5}},
    ),
    quick(
        "BI20 thresholds that contradict each other", words("warn_percent=96"), "warn_percent:",
        "got 96", "crit_percent 95", "below the critical threshold",
        "-e warn_percent=80 -e crit_percent=95",
    ),
    row(
        "BI20 one in the catalog, one the default", (), "warn_percent:", "got 80", "crit_percent 50",
        service={"limits": {"crit_percent": 50}},
    ),
    # What YAML 1.1 makes of plain scalars: shown as it was parsed.
    row("BI22 on", ("-e", "{severity: on}"), "severity:", "'True'", "-e severity=P1"),
    row("BI22 1.10", ("-e", "{incident: 1.10}"), "incident:", "'1.1'", "3 to 64 letters"),
    row("BI22 22:22", ("-e", "{max_terminate: 22:22}"), "max_terminate:", "'1342'", "1 to 200"),
    row("BI22 012", ("-e", "{service: 012}"), "service:", "'10'", "the name of a service"),
)  # fmt: skip

KNOWN = "known are approve, crit_percent"
NAMES = (
    quick("BI19 a typo", words("max_termnate=1"), "max_termnate:", "unknown", "did you mean max_terminate?"),
    row("BI19 wrong case", words("Max_Terminate=1"), "Max_Terminate:", "unknown", "max_terminate"),
    row("BI19 another scenario's", words("expired_only=true"), "expired_only:", "unknown", KNOWN),
    row("BI19 a word without =", ("-e", "max_terminate 5"), "-e:", "name=value"),
    row(
        "BI19 a typo in the limits", (), "runbooks_services.db.limits.max_termnate:",
        "did you mean max_terminate?", service={"limits": {"max_termnate": 5}},
    ),
    row(
        "a typo in the catalog", (), "runbooks_services.db.postgresql.hostname:", "unknown key",
        "did you mean host?", postgresql={"hostname": "db.example.org"},
    ),
    row(
        "a typo in the service", (), "runbooks_services.db.limit:", "unknown key",
        "did you mean limits?", service={"limit": {"max_terminate": 5}},
    ),
    quick("CN10 the folder of the run", words("incident_run=FOLDER"), "incident_run:", "unknown"),
    row("CN10 findings", given(diagnostics_findings=[]), "diagnostics_findings:", "unknown", KNOWN),
    row("CN10 the plan", given(decision_plan={"entries": []}), "decision_plan:", "unknown", KNOWN),
    row("CN10 the fence", given(decision_fence=1), "decision_fence:", "unknown", KNOWN),
    row("CN10 the opened run", given(incident_opened={"directory": "FOLDER"}), "incident_opened:", "unknown"),
    row("CN10 the scenario", words("incident_scenario=revert"), "incident_scenario:", "unknown"),
    row("CN10 runbooks_scenario", words("runbooks_scenario=revert"), "runbooks_scenario:", "set by the playbook"),
    row(
        "CN10 what a failed task said", given(ansible_failed_result={"outcome": "healthy", "msg": "-"}),
        "ansible_failed_result:", "cannot be given with -e",
    ),
    row("a template in a known one", words(f"severity={MAKE_FILE}"), "severity:", "template"),
)  # fmt: skip

SERVICE = "-e service=db"
TARGETS = (
    quick("BI18 a comma", words("service=db,db-2"), "service:", "'db,db-2'", "letters, digits", SERVICE),
    row("BI18 a list in a text", words('service=["db"]'), "service:", "letters, digits", SERVICE),
    row("BI18 a mapping", given(service={"db": 1}), "service:", "a list of names", SERVICE),
    row("BI18 a number", given(service=5), "service:", "'5'", "a list of names", SERVICE),
    row("BI18 true", given(service=True), "service:", "'True'", "a list of names", SERVICE),
    row("BI18 a list in a list", given(service=[["db"]]), "service:", "letters, digits", SERVICE),
    quick("BI26 null", given(service=None), "service:", "'None'", "the name of a service", SERVICE),
    row("BI26 an empty list", given(service=[]), "service:", "'[]'", "the name of a service", SERVICE),
    row("BI26 an empty text", words("service="), "service:", "''", "letters, digits", SERVICE),
    row("BI26 null in a list", given(service=[None]), "service:", "'None'", SERVICE),
    quick("BI27 unknown", words("service=cache"), "service:", "unknown", "'cache'", "known: db", SERVICE),
    row("BI27 wrong case", words("service=DB"), "service:", "'DB'", "known: db"),
    row("BI27 a host without a kind", words("service=localhost"), "service:", "'localhost'", "known: db"),
    row("BI27 all", words("service=all"), "service:", "'all'", more_services=("redis",)),
    row("BI27 a pattern", words("service=d*"), "service:", "'d*'", "letters, digits"),
    quick(
        "BI28 the beginning of two names", words("service=db"), "service:", "'db'", "db-1, db-2",
        kinds={"kind_postgresql": ["db-1", "db-2"]},
    ),
    row(
        "BI28 none named, two possible", (), "service:", "db-1, db-2", "-e service=db-1",
        kinds={"kind_postgresql": ["db-1", "db-2"]},
    ),
    row("not in the catalog", (), "'db-9'", "runbooks_services", "known: db", kinds={"kind_postgresql": ["db-9"]}),
    quick("BI23 an empty limit", ("--limit", ""), "--limit:", "''", "every host", "--limit db"),
    row("BI23 a comma as limit", ("--limit", ","), "--limit:", "','", "every host", "--limit db"),
    row("BI23 a colon as limit", ("--limit", ":"), "--limit:", "':'", "every host", "--limit db"),
    row("BI24 a limit of which a part is a typo", ("--limit", "typo,db"), "--limit:", "'typo'", "--limit db"),
    row(
        "BI24 a limit without the target", (*words("service=db"), "--limit", "other"), "--limit:",
        "'other'", "leaves out db", kinds={"kind_postgresql": ["db", "other"]},
    ),
    row("BI24 a limit that excludes all", ("--limit", "!db"), "no hosts", core=True),
    row("BI24 a limit that is a typo", ("--limit", "typo"), "no hosts", core=True),
    quick("BI25 an empty group", (), "kind_postgresql", "empty or missing", kinds={"kind_postgresql": []}),
    row("BI25 a missing group", (), "kind_postgresql", "empty or missing", kinds={"kind_postgres": ["db"]}),
    quick(
        "BI29 a host in two kinds", (), "db", "kind_postgresql, kind_redis",
        kinds={"kind_postgresql": ["db"], "kind_redis": ["db"]},
    ),
    row(
        "BI29 another kind in the catalog", (), "runbooks_services.db.kind:", "'redis'",
        "kind_postgresql", "kind: postgresql", service={"kind": "redis"},
        kinds={"kind_postgresql": ["db"]},
    ),
    row("BI21 a kind in the wrong case", (), "runbooks_services.db.kind:", "'PostgreSQL'", "one of postgresql",
        service={"kind": "PostgreSQL"}, kinds={"kind_postgresql": ["db"]}),
    quick(
        "BI21 a platform in the wrong case", (), "runbooks_services.db.platform:", "'External'",
        "one of command, compose, external", "platform: ", service={"platform": "External"},
    ),
    row("BI21 a platform without its section", (), "runbooks_services.db.compose:", "'None'",
        "a mapping", "project_dir: ", service={"platform": "compose"}),
    row("a catalog that is a list", (), "runbooks_services:", "a mapping", settings={"runbooks_services": ["db"]}),
    row("no catalog", (), "'db'", "runbooks_services", "known: none",
        replace=("runbooks_services:", "runbooks_servces:")),
    row("an undefined variable in the catalog", (), "runbooks_services.db", "no_such_variable",
        postgresql={"database": "{{ no_such_variable }}"}),
    row("more services than allowed", given(service=["db", "redis"]), "runbooks_max_targets:",
        "2 services", "db, redis", "runbooks_max_targets: 2",
        kinds={"kind_postgresql": ["db", "redis"]}),
)  # fmt: skip

INJECTIONS = (
    *(
        row(f"BI40 {name}", given(service=f"db{text}"), "service:", "letters, digits", SERVICE)
        for name, text in (
            ("a semicolon", "; touch FOLDER/evaluated"), ("a substitution", "$(touch FOLDER/evaluated)"),
            ("backticks", "`touch FOLDER/evaluated`"), ("a pipe", "|touch FOLDER/evaluated"),
            ("a newline", "\ntouch FOLDER/evaluated"), ("an expression", "[0]"), ("a folder", "/../x"),
        )
    ),
    quick("BI41 name=value", words(f"service={MAKE_FILE}"), "service:", "template", "never evaluated"),
    row("BI41 JSON", given(service=MAKE_FILE), "service:", "template", "never evaluated"),
    row("BI41 in a list", given(service=["db", MAKE_FILE]), "service:", "template"),
    row("BI41 a file", ("-e", "@FOLDER/vars.yml"), "service:", "template",
        files={"vars.yml": f'service: "{MAKE_FILE}"\n'}),
    row("BI41 incident", given(incident=MAKE_FILE), "incident:", "template"),
    row("BI41 approve", given(approve=[MAKE_FILE]), "approve:", "template"),
    row("BI41 a number", words(f"max_terminate={MAKE_FILE}"), "max_terminate:", "template"),
    row("BI41 a setting of ours", given(runbooks_environment=MAKE_FILE), "runbooks_environment:", "template"),
    row("BI41 the catalog", given(runbooks_services={"db": {"kind": MAKE_FILE}}), "runbooks_services:", "template"),
    row("BI41 a block", words("severity={% set x = 1 %}"), "severity:", "template"),
    row("BI41 a name of nobody", given(nobody=MAKE_FILE), "nobody:", "unknown"),
)  # fmt: skip

WAY = "runbooks_services.db.postgresql"
WAYS = (
    quick(
        "password_file readable by others", (), f"{WAY}.password_file:", "FOLDER/open.password", "0644",
        "only its owner can read", "password_file: ", postgresql={"password_file": "FOLDER/open.password"},
        files={"open.password": CANARY}, modes={"open.password": 0o644},
    ),
    row(
        "password_file writable by a group", (), f"{WAY}.password_file:", "0620",
        postgresql={"password_file": "FOLDER/open.password"},
        files={"open.password": CANARY}, modes={"open.password": 0o620},
    ),
    row("password_file missing", (), f"{WAY}.password_file:", "No such file", "only its owner",
        postgresql={"password_file": "FOLDER/missing.password"}),
    row("password_file empty", (), f"{WAY}.password_file:", "empty", "password_file: ",
        postgresql={"password_file": "FOLDER/empty.password"}, files={"empty.password": ""}),
    row("password_file a folder", (), f"{WAY}.password_file:", "regular file", postgresql={"password_file": "FOLDER"}),
    row("password_file a device", (), f"{WAY}.password_file:", "regular file",
        postgresql={"password_file": "/dev/null"}),
    row("password_file of two lines", (), f"{WAY}.password_file:", "one line",
        postgresql={"password_file": "FOLDER/two.password"}, files={"two.password": f"{CANARY}\n{CANARY}\n"}),
    row("password_file a password", (), f"{WAY}.password_file:", "(hidden)", postgresql={"password_file": CANARY}),
    row("password_env unset", (), f"{WAY}.password_env:", "ONCALL_TEST_UNSET", "not set", "password_env: ",
        postgresql={"password_file": None, "password_env": "ONCALL_TEST_UNSET"}),
    row("password_env empty", (), f"{WAY}.password_env:", "ONCALL_TEST_EMPTY", "empty",
        postgresql={"password_file": None, "password_env": "ONCALL_TEST_EMPTY"}, environment={"ONCALL_TEST_EMPTY": ""}),
    row("two passwords", (), f"{WAY}:", "password_file and password_env", "one of",
        postgresql={"password_env": "HOME"}),
    row("a password that is a number", (), f"{WAY}.password:", "text",
        postgresql={"password_file": None, "password": 7391}),
    row("sslmode", (), f"{WAY}.sslmode:", "'required'", "one of disable, allow", "sslmode: ",
        postgresql={"sslmode": "required"}),
    row("port", (), f"{WAY}.port:", "'99999'", "1 to 65535", "port: 5432", postgresql={"port": 99999}),
    row("port as text", (), f"{WAY}.port:", "'54a'", "1 to 65535", "port: 5432", postgresql={"port": "54a"}),
    quick("via", (), f"{WAY}.via:", "'TCP'", "one of tcp, exec", "via: tcp", postgresql={"via": "TCP"}),
    row("two hosts", (), f"{WAY}.host:", "'a,b'", "one name", postgresql={"host": "a,b"}),
    row("no user", (), f"{WAY}.user:", "nothing", "user: oncall", postgresql={"user": None}),
    row("a loopback host of a remote service", (), f"{WAY}.host:", "'127.0.0.1'", "controller's own",
        settings={"ansible_connection": "ssh"}),
    row("admin without a user", (), f"{WAY}.admin.user:", "nothing", "user: postgres",
        postgresql={"admin": {"via": "exec"}}),
    row("pooler with a wrong port", (), f"{WAY}.pooler.port:", "'0'", "1 to 65535", postgresql={"pooler": {"port": 0}}),
)  # fmt: skip

SECRET_GIVEN = {"db": {"kind": "postgresql", "postgresql": {"password": CANARY}}}
SECRETS = (
    quick("BI48 in the catalog", given(runbooks_services=SECRET_GIVEN), f"{WAY}.password:", "process list",
          "password_file: "),
    row("BI48 by a name of its own", words(f"password={CANARY}"), "password:", "unknown"),
    row("BI48 as a setting of ours", words(f"runbooks_db_password={CANARY}"), "runbooks_db_password:",
        "process list", "password_file"),
)  # fmt: skip

SETTINGS = (
    quick("runbooks_approve_up_to", words("runbooks_approve_up_to=destructive"), "runbooks_approve_up_to:",
          "'destructive'", "read, safe or disruptive", "runbooks_approve_up_to: safe"),
    row("runbooks_approve_up_to in the inventory", (), "runbooks_approve_up_to:", "'Safe'",
        settings={"runbooks_approve_up_to": "Safe"}),
    row("runbooks_max_targets a word", words("runbooks_max_targets=all"), "runbooks_max_targets:", "'all'",
        "1 to 1000"),
    row("runbooks_max_targets 0", (), "runbooks_max_targets:", "'0'", "1 to 1000",
        settings={"runbooks_max_targets": 0}),
    quick("runbooks_state_dir relative", words("runbooks_state_dir=state"), "runbooks_state_dir:", "'state'",
          "an absolute path", "runbooks_state_dir: /var/lib"),
    row("runbooks_state_dir a list", (), "runbooks_state_dir:", "an absolute path",
        settings={"runbooks_state_dir": ["/x"]}),
    row("runbooks_state_dir a file", (), "runbooks_state_dir:", "FOLDER/file", "Not a directory",
        settings={"runbooks_state_dir": "FOLDER/file"}, files={"file": ""}),
    row("runbooks_state_dir cannot be made", (), "runbooks_state_dir:", "/proc/nowhere",
        settings={"runbooks_state_dir": "/proc/nowhere"}),
    row("severity too long", words("severity=" + "P" * 300), "severity:", "PPP", "up to 16", "-e severity=P1"),
    row("severity of two words", given(severity="P 1"), "severity:", "'P 1'", "-e severity=P1"),
    row("severity markup", words("severity=<b>"), "severity:", "'<b>'", "-e severity=P1"),
    row("severity a number", given(severity=1), "severity:", "'1'", "-e severity=P1"),
    row("severity null", given(severity=None), "severity:", "'None'", "-e severity=P1"),
)  # fmt: skip

INCIDENT = "3 to 64 letters"
RECORDS = (
    quick("BI64 a path", words("incident=../../x"), "incident:", "'../../x'", INCIDENT, "-e incident=INC-"),
    row("BI64 a hidden one", words("incident=.ssh"), "incident:", "'.ssh'", INCIDENT),
    row("BI64 two dots", words("incident=.."), "incident:", "'..'", INCIDENT),
    row("BI64 a slash", words("incident=INC-1/x"), "incident:", "'INC-1/x'", INCIDENT),
    row("BI64 300 letters", words("incident=" + "x" * 300), "incident:", "xxx", INCIDENT),
    row("BI64 empty", words("incident="), "incident:", "''", INCIDENT),
    row("BI64 a newline", given(incident="INC-1\n"), "incident:", r"'INC-1\n'", INCIDENT),
    row("BI64 a list", given(incident=["INC-1"]), "incident:", "INC-1", INCIDENT),
    row("BI64 null", given(incident=None), "incident:", "'None'", INCIDENT),
    row("BI64 closed", words("incident=INC-closed"), "incident:", "'INC-closed'", "closed at", "leave incident out",
        closed="INC-closed"),
)  # fmt: skip

JUMPS = (
    quick("--tags", ("--tags", "report"), "--tags:", "report", "leave it out"),
    row("--tags always", ("--tags", "always"), "--tags:", "always", "leave it out"),
    row("--skip-tags all", ("--skip-tags", "all"), "--skip-tags:", "all", "leave it out"),
    row("--skip-tags untagged", ("--skip-tags", "untagged"), "--skip-tags:", "untagged", "leave it out"),
    row("tags by the environment", (), "--tags:", "report", environment={"ANSIBLE_RUN_TAGS": "report"}),
    row("--start-at-task", ("--start-at-task", "Write the report"), "--start-at-task:", "leave it out"),
    row("--start-at-task that matches nothing", ("--start-at-task", "nowhere"), "--start-at-task:", "leave it out"),
    row("--step", ("--step",), "--step:", "leave it out"),
)  # fmt: skip

DUPLICATE = "    runbooks_environment: drill\n"
DUPLICATES = (
    row("BI09 in the inventory", (), "runbooks_environment", core=True,
        replace=(DUPLICATE, f"{DUPLICATE}{DUPLICATE}")),
    row("BI09 in the limits", (), "max_terminate", core=True, service={"limits": {"max_terminate": 1}},
        replace=("max_terminate: 1", "max_terminate: 1\n          max_terminate: 99")),
    row("BI09 with -e", ("-e", "{max_terminate: 1, max_terminate: 99}"), "max_terminate", core=True),
)  # fmt: skip

REVERT = (
    row("revert: a change 0", given(incident="INC-1", change=0), "change:", "'0'", "a whole number from 1",
        playbook="revert"),
    row("revert: a word for a flag", given(expired_only="on"), "expired_only:", "'on'", "true or false",
        "-e expired_only=true", playbook="revert"),
    row("revert: a path", words("incident=../../x"), "incident:", "'../../x'", INCIDENT, playbook="revert"),
    row("revert: an incident that nobody opened", words("incident=INC-nobody"), "incident:", "'INC-nobody'",
        "the one that made the changes", playbook="revert", recorded=True),
    row("revert: no incident at all", (), "incident:", "-e incident=", playbook="revert", recorded=True),
    row("revert: an unknown service", given(service="cache", expired_only=True), "service:", "'cache'", "known: db",
        playbook="revert"),
    row("revert: an empty limit", (*given(expired_only=True), "--limit", ","), "--limit:", "every host",
        playbook="revert"),
    row("revert: no service of any kind", given(expired_only=True), "kind_", "empty or missing", playbook="revert",
        kinds={"databases": ["db"]}),
    row("revert: another scenario's variable", words("max_terminate=5"), "max_terminate:", "unknown",
        playbook="revert"),
)  # fmt: skip

ROWS = (
    *APPROVALS, *NUMBERS, *NAMES, *TARGETS, *INJECTIONS, *WAYS, *SECRETS, *SETTINGS, *RECORDS, *JUMPS,
    *DUPLICATES, *REVERT,
)  # fmt: skip

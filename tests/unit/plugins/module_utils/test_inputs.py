# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What may be passed with -e. Every refusal is one bounded line that says what is allowed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import inputs
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import (
    Flag,
    Input,
    InputError,
    Text,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.scenarios import (
    db_connection_exhausted,
    revert,
)

CAP = Input("max_terminate", 20, 1, 200, "sessions", "end at most this many in one run")
HOLD = Input("hold_seconds", 5, 0, 600, "seconds", "healthy for this long")
RAISE = Input("max_connections", None, 10, 10000, "connections", "target of the raise")
ONLY = Flag("expired_only", "undo only what has expired")
RELEASE = Text(
    "release", None, r"[a-z0-9:.]{1,9}", "a release's name", "v41", "go back to this one"
)
KNOWN = ["service", "approve", "incident", "severity", "max_terminate", "hold_seconds"]
ACTIONS = {"end_sessions": "safe", "raise_max_connections": "disruptive"}
DESTRUCTIVE = {**ACTIONS, "promote_replica": "destructive"}
SERVICES = ["db", "db-2"]
TEMPLATE = "{{ lookup('pipe', 'touch /tmp/pwn') }}"
# Ansible takes this for a template too: the first line names other delimiters.
OVERRIDE = (
    "#jinja2:variable_start_string:'[[',variable_end_string:']]'\n"
    "[[ lookup('pipe', 'touch /tmp/pwn') ]]"
)


def refused(text: str, call: Any, *arguments: Any) -> str:
    with pytest.raises(InputError, match=text) as caught:
        call(*arguments)
    message = str(caught.value)
    assert message.isprintable(), "one line without control characters"
    assert len(message) < 400
    return message


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, 1), (200, 200), (5, 5), ("1", 1), ("200", 200), ("20", 20)],
)
def test_whole_number_within_bounds(value: object, number: int) -> None:
    assert CAP.parse(value) == number
    assert not isinstance(CAP.parse(value), bool)


@pytest.mark.parametrize(
    "value",
    [
        # out of bounds
        0, "0", -5, "-5", 201, "201", 10**20, "99999999999999999999", "9" * 5000,
        # not a plain whole number
        True, False, 5.0, 5.7, float("nan"), float("inf"), "5.7", "5.0", "5e3", "0x10", "1_000",
        "012", "00", "+5", "-0", " 5", "5 ", "5\n", "\n5", "5\x00", "true", "yes", "", "five",
        # digits to Python, not to a reader of the record
        "\u0665", "\uff15", "\u00b2", "5\u200b",
        # not a number at all
        None, [], [5], (5,), {}, {"value": 5}, b"5", 5j, TEMPLATE,
    ],
)  # fmt: skip
def test_anything_else_is_refused(value: object) -> None:
    message = refused(r"^max_terminate: got ", CAP.parse, value)
    assert message.endswith(
        "allowed is a whole number from 1 to 200 (sessions); for example -e max_terminate=20"
    )


def test_a_number_too_long_to_print_is_refused_like_any_other() -> None:
    # YAML reads a hexadecimal number of any length; str() of it raises in Python.
    refused(r"^max_terminate: got .* allowed is", CAP.parse, 16**5000)


@pytest.mark.parametrize(("value", "number"), [(0, 0), ("0", 0), (600, 600)])
def test_zero_is_a_number_where_it_is_allowed(value: object, number: int) -> None:
    assert HOLD.parse(value) == number


@pytest.mark.parametrize("value", [False, "00", "-0", "", None, 601])
def test_what_looks_like_zero_is_not_guessed_at(value: object) -> None:
    refused(r"^hold_seconds: got ", HOLD.parse, value)


def test_without_a_default_the_example_is_the_smallest_value() -> None:
    assert refused("got '9'", RAISE.parse, 9).endswith("for example -e max_connections=10")


@pytest.mark.parametrize(
    ("value", "meant"), [(True, True), (False, False), ("true", True), ("false", False)]
)
def test_flag(value: object, meant: bool) -> None:
    assert ONLY.parse(value) is meant


@pytest.mark.parametrize(
    "value", [1, 0, "1", "yes", "on", "True", "TRUE", "", " true", "true\n", None, [], [True], {}]
)
def test_flag_is_not_guessed_at(value: object) -> None:
    refused(r"^expired_only: got .* allowed is true or false;", ONLY.parse, value)


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("x", "plain", "'plain'"),
        ("x", 5, "'5'"),
        ("x", None, "'None'"),
        ("x", "two\nlines", r"'two\nlines'"),
        ("x", "\x1b[31mred", r"'\x1b[31mred'"),
        ("x", "größe", r"'gr\xf6\xdfe'"),
        ("bot_token", "123:ABC", "(hidden)"),
        ("runbooks_services.db.postgresql.password", "hunter2", "(hidden)"),
        ("API_KEY", "hunter2", "(hidden)"),
        # The name of the service is no secret, whatever it is.
        ("runbooks_services.keycloak.platform", "Docker", "'Docker'"),
    ],
)
def test_shown(name: str, value: object, seen: str) -> None:
    assert inputs.shown(name, value) == seen


@pytest.mark.parametrize(
    "value",
    [
        "postgresql://oncall:hunter2@db/shop",
        "postgresql://oncall:p@ss/hunter2@db/shop",
        "host=db password=hunter2",
        "host=db PASSWORD = 'hunter2'",
        {"user": "oncall", "password": "hunter2"},
        [{"admin": {"password": "hunter2"}}],
        {"bot_token": "hunter2"},
    ],
)
def test_shown_repeats_no_secret_inside_a_value(value: object) -> None:
    assert "hunter2" not in inputs.shown("runbooks_services.db.postgresql", value)


@pytest.mark.parametrize("value", ["x" * 61, "x" * 10**6, ["x"] * 1000, "\x00" * 60])
def test_shown_is_bounded(value: object) -> None:
    assert len(inputs.shown("name", value)) <= 61


@pytest.mark.parametrize(
    "value",
    [
        "{{ 1 }}", "x{{", "{% raw %}", "{# note #}", ["{{ 1 }}"], ("{{ 1 }}",), {"{{ 1 }}"},
        {"a": "{{ 1 }}"}, {"{{ 1 }}": "a"}, {"a": [{"b": ["{{ 1 }}"]}]}, OVERRIDE, [OVERRIDE],
    ],
)  # fmt: skip
def test_template(value: object) -> None:
    assert inputs.contains_template(value)


@pytest.mark.parametrize(
    "value", ["", "plain", "{ {", "}}", "%}", "#}", "{}", 5, None, True, {}, [], {"a": ["b"]}]
)
def test_no_template(value: object) -> None:
    assert not inputs.contains_template(value)


@pytest.mark.parametrize(
    "name",
    [*KNOWN, "ansible_user", "awx_job_id", "tower_user_name", "runbooks_environment"],
)
def test_known_name(name: str) -> None:
    inputs.check_names({name: 1}, KNOWN)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("max_termnate", r"^max_termnate: unknown variable; did you mean max_terminate\?$"),
        ("Service", r"did you mean service\?$"),
        ("services", r"did you mean service\?$"),
        ("confirm", r"^confirm: unknown variable; "),
        ("zzz", r"; known are approve, hold_seconds, incident, max_terminate, service, severity$"),
        # What our own tasks set must not be forged.
        ("diagnosis", "unknown variable"),
        ("diagnostics_findings", "unknown variable"),
        ("decision_entries", "unknown variable"),
        ("incident_entry", "unknown variable"),
        ("containment_entries", "unknown variable"),
        ("runbooks_scenario", "is set by the playbook itself"),
        ("runbooks_checks", "is set by the playbook itself"),
        # No prefix of ours or theirs.
        ("ansible", "unknown variable"),
        ("runbook_environment", "unknown variable"),
        ("xansible_user", "unknown variable"),
        # YAML and JSON allow such names.
        ("max_terminate\n", "unknown variable"),
        ("\x1b[2J", "unknown variable"),
        ("x" * 500, "unknown variable"),
        ("", "unknown variable"),
        (1, r"^'?1'?: unknown variable"),
        (None, "unknown variable"),
    ],
)
def test_unknown_name(name: Any, text: str) -> None:
    refused(text, inputs.check_names, {"service": "db", name: 1}, KNOWN)


@pytest.mark.parametrize(
    "given",
    [
        {"service": TEMPLATE},
        {"max_terminate": "{{ 5 }}"},
        {"service": ["db", TEMPLATE]},
        {"runbooks_services": {"db": {"kind": TEMPLATE}}},
        {"runbooks_services": {TEMPLATE: {"kind": "postgresql"}}},
        {"runbooks_environment": "{% if true %}staging{% endif %}"},
        {"runbooks_environment": OVERRIDE},
        {"runbooks_state_dir": "{# #}"},
    ],
)
def test_a_template_is_no_value(given: dict[str, Any]) -> None:
    message = refused("got a template; .* is never evaluated", inputs.check_data, given, KNOWN)
    assert "touch" not in message


@pytest.mark.parametrize(
    "given", [{"service": "db"}, {"ansible_host": "{{ theirs }}"}, {"runbooks_max_targets": 2}, {}]
)
def test_data(given: dict[str, Any]) -> None:
    inputs.check_data(given, KNOWN)


@pytest.mark.parametrize(
    ("given", "limits", "expected"),
    [
        ({}, {}, {"max_terminate": 20, "max_connections": None, "expired_only": False}),
        ({}, {"max_terminate": 10}, {"max_terminate": 10}),
        ({"max_terminate": "5"}, {"max_terminate": 10}, {"max_terminate": 5}),
        ({"max_terminate": "5"}, {"max_terminate": "junk"}, {"max_terminate": 5}),
        ({"expired_only": "true"}, {}, {"expired_only": True}),
        ({"expired_only": False}, {"expired_only": True}, {"expired_only": False}),
        ({"max_connections": "40"}, {}, {"max_connections": 40}),
    ],
)
def test_values(given: dict[str, Any], limits: dict[str, Any], expected: dict[str, Any]) -> None:
    chosen = inputs.values((CAP, RAISE, ONLY), given, limits, "db")
    assert set(chosen) == {"max_terminate", "max_connections", "expired_only"}
    assert {name: chosen[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("given", "limits", "text"),
    [
        ({"max_terminate": None}, {}, r"^max_terminate: got 'None'"),
        ({"max_terminate": ""}, {"max_terminate": 10}, r"^max_terminate: got ''"),
        ({}, {"max_terminate": 0}, r"^runbooks_services\.db\.limits\.max_terminate: got '0'"),
        ({}, {"max_terminate": True}, r"^runbooks_services\.db\.limits\.max_terminate: got"),
        ({}, {"max_terminate": None}, r"^runbooks_services\.db\.limits\.max_terminate: got"),
    ],
)
def test_values_are_refused(given: dict[str, Any], limits: dict[str, Any], text: str) -> None:
    refused(text, inputs.values, (CAP,), given, limits, "db")


@pytest.mark.parametrize(
    ("limit", "meant"),
    [
        ("max_termnate", "max_terminate"),
        ("max_terminates", "max_terminate"),
        ("Hold_seconds", "hold_seconds"),
    ],
)
def test_a_typo_in_the_limits_of_the_catalog_is_refused(limit: str, meant: str) -> None:
    text = rf"^runbooks_services\.db\.limits\.{limit}: unknown limit; did you mean {meant}\?$"
    refused(text, inputs.values, (CAP, HOLD), {}, {limit: 5}, "db")


@pytest.mark.parametrize("one", [db_connection_exhausted, revert])
@pytest.mark.parametrize("other", [db_connection_exhausted, revert])
def test_the_limits_of_one_scenario_are_no_typos_to_another(one: Any, other: Any) -> None:
    limits = {spec.name: spec.default for spec in one.INPUTS if spec.default is not None}
    chosen = inputs.values(other.INPUTS, {}, limits, "db")
    assert list(chosen) == [spec.name for spec in other.INPUTS]


@pytest.mark.parametrize(
    "value", ["INC", "INC-20261121-030405-a1b2", "a.b_c-d", "7up", "0-0", "x" * 64]
)
def test_incident(value: str) -> None:
    assert inputs.incident_id(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "", "a", "ab", "x" * 65, "x" * 300, "../../x", "a/b", "/etc/passwd", "..", "...", ".hid",
        "-rf", "_ab", "abc\n", "\nabc", "abc def", "abc\x00", "a\\b", "é" * 5, "abc$(id)", "`id`",
        "abc;id", "{{ 7*7 }}", None, True, 12345, 1.5, [], ["abc"], {"a": 1},
    ],
)  # fmt: skip
def test_incident_is_refused(value: object) -> None:
    refused(r"^incident: got .* allowed is 3 to 64 letters", inputs.incident_id, value)


@pytest.mark.parametrize("value", ["P1", "SEV-1", "1", "critical", "x" * 16])
def test_severity(value: str) -> None:
    assert inputs.severity(value) == value


@pytest.mark.parametrize("value", ["", "x" * 17, "P 1", "P1\n", "-P1", "P1;id", None, 1, True, []])
def test_severity_is_refused(value: object) -> None:
    refused(r"^severity: got ", inputs.severity, value)


@pytest.mark.parametrize(
    ("value", "approved"),
    [
        ("end_sessions", ["end_sessions"]),
        ("raise_max_connections@db", ["raise_max_connections@db"]),
        (["end_sessions", "promote_replica@db-2"], ["end_sessions", "promote_replica@db-2"]),
        (("end_sessions",), ["end_sessions"]),
    ],
)
def test_approvals(value: object, approved: list[str]) -> None:
    assert inputs.approvals(value, DESTRUCTIVE, SERVICES) == approved


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # a generic yes approves nothing
        ("yes", "got 'yes'; allowed is the name of an action of this playbook"),
        ("true", "got 'true'"),
        (True, "got 'True'"),
        ("all", "got 'all'"),
        ("*", "got"),
        # nothing, or no name
        ("", "got ''"),
        (None, "got 'None'"),
        ([], "got"),
        ({}, "got"),
        ({"end_sessions": True}, "got"),
        (["end_sessions", ""], "got ''"),
        ([["end_sessions"]], "got"),
        ([None], "got 'None'"),
        (1, "got '1'"),
        # names are exact
        ("End_sessions", "got 'End_sessions'"),
        ("end_sessions ", "got 'end_sessions '"),
        ("end_sessions\n", "got"),
        ("end_sessions,raise_max_connections", "got"),
        ("drop_slot", r"\(end_sessions, promote_replica, raise_max_connections\)"),
        # another target, or none
        ("raise_max_connections@cache", "approves it for 'cache'; this run is for db, db-2;"),
        ("raise_max_connections@", "approves it for ''"),
        ("raise_max_connections@db@db", "approves it for 'db@db'"),
        ("raise_max_connections@DB", "approves it for 'DB'"),
        ("@db", "got '@db'"),
        ("promote_replica", "names its target; for example -e approve=promote_replica@db$"),
        ("promote_replica@", "approves it for ''"),
        (["promote_replica@db", "promote_replica"], "names its target"),
    ],
)
def test_approvals_are_refused(value: object, text: str) -> None:
    refused(rf"^approve: .*{text}", inputs.approvals, value, DESTRUCTIVE, SERVICES)


@pytest.mark.parametrize("actions", [ACTIONS, DESTRUCTIVE, {"promote_replica": "destructive"}])
def test_the_example_of_an_approval_is_one(actions: dict[str, str]) -> None:
    message = refused("for example", inputs.approvals, "yes", actions, SERVICES)
    example = re.search(r"-e approve=(\S+)$", message)
    assert example and inputs.approvals(example[1], actions, SERVICES) == [example[1]]


def test_nothing_can_be_approved_where_nothing_is_changed() -> None:
    refused("this playbook changes nothing", inputs.approvals, "end_sessions", {}, SERVICES)


@pytest.mark.parametrize("value", ["read", "safe", "disruptive"])
def test_approve_up_to(value: str) -> None:
    assert inputs.approve_up_to(value) == value


@pytest.mark.parametrize(
    "value", ["destructive", "Safe", "safe\n", "", "none", None, True, 1, ["safe"], {}]
)
def test_approve_up_to_never_implies_destruction(value: object) -> None:
    refused(r"^runbooks_approve_up_to: got ", inputs.approve_up_to, value)


@pytest.mark.parametrize(("value", "number"), [(1, 1), ("12", 12), (1000, 1000)])
def test_max_targets(value: object, number: int) -> None:
    assert inputs.max_targets(value) == number


@pytest.mark.parametrize("value", [0, "0", -1, 1001, True, "all", "", None, 1.0])
def test_max_targets_is_refused(value: object) -> None:
    refused(r"^runbooks_max_targets: got ", inputs.max_targets, value)


@pytest.mark.parametrize("value", ["v41", "sha256:0a"])
def test_a_text_of_the_pattern_is_taken_as_it_is(value: str) -> None:
    assert RELEASE.parse(value) == value


@pytest.mark.parametrize("value", ["", "V41", "v41\n", "v 41", 41, None, True, ["v41"], "v" * 10])
def test_any_other_text_is_refused(value: Any) -> None:
    refused(
        "release: got .*; allowed is a release's name; for example -e release=v41",
        RELEASE.parse,
        value,
    )


PATIENCE = Input("timeout_seconds", 120, 1, 3600, "seconds", "give up after this long")


@pytest.mark.parametrize("given", [{"hold_seconds": 121}, {"timeout_seconds": 4}])
def test_to_hold_for_longer_than_anybody_waits_is_refused(given: dict[str, int]) -> None:
    refused(
        "^hold_seconds: got .*, with timeout_seconds .*; allowed is at most timeout_seconds",
        inputs.values,
        (HOLD, PATIENCE),
        given,
        {},
        "db",
    )


def test_to_hold_for_as_long_as_one_waits_is_taken() -> None:
    assert inputs.values((HOLD, PATIENCE), {"hold_seconds": 120}, {}, "db")["hold_seconds"] == 120

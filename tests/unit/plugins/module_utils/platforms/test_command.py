# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The user's own commands: lists of arguments, and a status that says whether it runs."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms import NAMES, platform
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import (
    Done,
    Reach,
    Unreachable,
)

COMMAND = platform("command")


def answering(done: Done) -> tuple[Reach, list[str]]:
    asked: list[str] = []

    def shell(command: str, _stdin: str) -> Done:
        asked.append(command)
        return done

    return Reach(shell), asked


def silent(_command: str, _stdin: str) -> Done:
    raise Unreachable("the host does not answer: timed out")


@pytest.mark.parametrize(
    ("done", "state", "message"),
    [
        (Done(0, "4711\n", ""), "running", ""),
        (Done(1, "", "no such process\n"), "stopped", "no such process"),
        (Done(3, "", ""), "stopped", "status 3"),
    ],
)
def test_its_status_command_tells(done: Done, state: str, message: str) -> None:
    reach, asked = answering(done)
    found = COMMAND.read({"api": {"status": ["pm2", "pid", "my api"]}}, reach)["api"]
    assert asked == ["pm2 pid 'my api'"]
    assert [(one["state"], one["message"]) for one in found["instances"]] == [(state, message)]


def read(document: str, **section: Any) -> dict[str, Any]:
    reach, _asked = answering(Done(1, document, ""))
    found: dict[str, Any] = COMMAND.read({"api": {"status": ["status"], **section}}, reach)["api"]
    return found


def test_its_status_command_may_tell_a_whole_reading() -> None:
    found = read(
        '{"instances": [{"name": "api-1", "state": "restarting", "exit_code": 1}], "desired": 2, '
        '"releases": [{"name": "2"}, {"name": "1", "title": "one"}], "current": "2"}'
    )
    assert found["refused"] is None
    assert (found["desired"], found["current"]) == (2, "2")
    assert found["instances"][0]["exit_code"] == 1
    assert [(one["name"], one["title"]) for one in found["releases"]] == [("2", "2"), ("1", "one")]


@pytest.mark.parametrize(
    "document",
    [
        '{"instances": [{"name": "api-1", "state": "fine"}]}',
        '{"instances": [{"name": "api-1"}]}',
        '{"instances": [{"name": "api-1", "state": "running", "colour": "red"}]}',
        '{"instances": 3}',
        '{"instances": [], "releases": [{"title": "2"}]}',
    ],
)
def test_a_document_that_is_not_understood_is_no_reading(document: str) -> None:
    assert read(document)["refused"]["reason"] == "client_missing"


def test_other_json_is_only_a_text() -> None:
    assert read('{"uptime": 3}')["instances"][0]["state"] == "stopped"


def test_what_it_has_no_command_for_is_an_obstacle() -> None:
    found = read('{"instances": []}', restart=["restart"])["obstacles"]
    assert "restart" not in found and {"start", "rollback", "scale", "set_env"} <= set(found)


def test_a_host_that_does_not_answer_is_a_reading() -> None:
    found = COMMAND.read({"api": {"status": ["true"]}}, Reach(silent))["api"]
    assert found["refused"]["reason"] == "host_unreachable"


def test_without_a_status_command_nothing_is_known() -> None:
    assert COMMAND.read({"api": {}}, Reach(silent))["api"]["refused"]["reason"] == "not_managed"


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        (None, "p: got 'None'; allowed is a mapping"),
        ({"reboot": ["true"]}, "p.reboot: unknown key; known are start, stop, restart"),
        ({"restart": "pm2 restart api"}, "p.restart: got 'pm2 restart api'; allowed is a list of arguments"),
        ({"restart": []}, "p.restart: got '.*'; allowed is a list"),
        ({"restart": ["pm2", 1]}, "p.restart: got .*; allowed is a list"),
    ],
)  # fmt: skip
def test_a_wrong_section_is_refused(section: Any, problem: str) -> None:
    with pytest.raises(InputError, match=problem.replace("[", "\\[")):
        COMMAND.check("p", section)


@pytest.mark.parametrize("name", NAMES)
def test_every_platform_has_its_file(name: str) -> None:
    functions = platform(name)
    assert isinstance(functions.KEYS, tuple)
    for function in ("check", "place", "read", "execute", "execute_on_files"):
        assert callable(getattr(functions, function))


def test_another_name_is_no_platform() -> None:
    with pytest.raises(ValueError, match="no platform"):
        platform("../catalog")

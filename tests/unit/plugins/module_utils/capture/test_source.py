# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many looks in one real shell: bounded, in order, none able to stop the others."""

from __future__ import annotations

import json
import subprocess
import time

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils import capture
from ansible_collections.oncall.runbooks.plugins.module_utils.capture import compose, scrub
from ansible_collections.oncall.runbooks.plugins.module_utils.capture.source import (
    LOGS,
    PROCESSES,
    SETTINGS,
    Source,
    Taken,
    script,
    taken,
)

MARK = "oncall-0123456789abcdef"


def run(*sources: Source, seconds: int = 5, most: int = 1000) -> list[Taken]:
    text = script(sources, MARK, seconds, most)
    done = subprocess.run(
        ["sh", "-s"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(taken(sources, done.stdout, MARK))


def one(command: str, **more: bool) -> Source:
    return Source("x", command, LOGS, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("command", "text", "missed"),
    [
        ("echo hello", "hello\n", ""),
        ("printf hello", "hello", ""),
        ("echo problem >&2; exit 3", "problem\n", ""),
        ("no-such-program-here", None, "its program is not there"),
        ("exit 4", "", "nothing (status 4)"),
        ("true", "", "nothing to tell"),
        ("""echo "it's 'quoted'" '$HOME'""", "it's 'quoted' $HOME\n", ""),
        ("cat", "", "nothing to tell"),
    ],
)
def test_one_look(command: str, text: str | None, missed: str) -> None:
    (got,) = run(one(command))
    assert got.missed == missed
    assert text is None or got.text == text


def test_one_that_hangs_does_not_stop_the_rest() -> None:
    began = time.monotonic()
    hung, fine = run(one("echo begun; sleep 60"), one("echo fine"), seconds=1)
    assert time.monotonic() - began < 20
    assert (hung.text, fine.text) == ("begun\n", "fine\n")
    assert run(one("sleep 60"), seconds=1)[0].missed == "no answer in time"


@pytest.mark.parametrize(("end", "first", "last"), [(False, "1", None), (True, None, "9999")])
def test_what_is_too_long_is_cut(end: bool, first: str | None, last: str | None) -> None:
    (got,) = run(one("seq 1 9999", end=end), most=500)
    lines = got.text.split()
    assert len(got.text) <= 500
    assert first is None or lines[0] == first
    assert last is None or lines[-1] == last


def test_a_head_says_that_it_was_cut() -> None:
    (got,) = run(one("seq 1 9999"), most=500)
    assert got.cut and got.missed == ""


def test_an_output_that_breaks_off() -> None:
    (got,) = taken([one("x")], f"{MARK} begin 0\nhalf", MARK)
    assert (got.text, got.status) == ("", None)


def test_the_order_is_that_of_vanishing() -> None:
    sources = [Source("c", "", SETTINGS), Source("b", "", LOGS), Source("a", "", PROCESSES)]
    assert [each.what for each in capture.in_order(sources)] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("section", "project"),
    [
        ({"project_dir": "/opt/usdx-wexel"}, "usdx-wexel"),
        ({"project_dir": "/opt/My.Shop"}, "myshop"),
        ({"project_dir": "/opt/_x/"}, "x"),
        ({"project_dir": "/opt/x", "project": "other"}, "other"),
    ],
)
def test_the_name_of_a_compose_project(section: dict[str, str], project: str) -> None:
    assert compose.project_of(section) == project


@pytest.mark.parametrize(
    ("raw", "kept", "gone"),
    [
        (
            'Environment=A=hunter2 "B=hunter2 x"\nExecStart=/x',
            ["A=***", "B=***", "ExecStart"],
            "hunter2",
        ),
        ("postgres://u:hunter2@db/x", ["postgres://***@db/x"], "hunter2"),
        ("token: hunter2", ["token"], "hunter2"),
        ("nothing here", ["nothing here"], "hunter2"),
    ],
)
def test_text_is_scrubbed(raw: str, kept: list[str], gone: str) -> None:
    clean = scrub.text(raw)
    assert gone not in clean and all(word in clean for word in kept)


def test_settings_are_scrubbed_by_name() -> None:
    raw = '[{"Env": ["A=hunter2", "PATH=/hunter2"], "api_token": "hunter2", "Cmd": ["--password=hunter2"], "Id": 7}]'
    clean = scrub.settings(raw)
    assert "hunter2" not in clean
    assert '"A=***"' in clean and '"Id": 7' in clean
    assert scrub.settings("Error: no such object") == "Error: no such object"


def test_of_a_pod_only_the_names_of_variables_are_kept() -> None:
    """In the template, and in what was applied last."""
    source = {"secretKeyRef": {"name": "db", "key": "url"}}
    pod = {
        "metadata": {"annotations": {scrub.LAST_APPLIED: '{"env": "hunter2"}', "team": "shop"}},
        "spec": {"env": [{"name": "A", "value": "hunter2"}, {"name": "B", "valueFrom": source}]},
        "environment": {"C": "hunter2"},
    }
    clean = scrub.scrubbed(pod)
    assert "hunter2" not in json.dumps(clean)
    assert clean["spec"]["env"] == [
        {"name": "A", "value": "***"},
        {"name": "B", "valueFrom": source},
    ]
    assert clean["metadata"]["annotations"]["team"] == "shop" and clean["environment"] == {
        "C": "***"
    }

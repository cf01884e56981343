# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a killed lab or a rebooted machine leaves behind is never taken for a running lab."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from ansible_collections.oncall.runbooks.tests.lab import daemons, engine, lab, parts, places
from ansible_collections.oncall.runbooks.tests.lab.shell import Skipped, wait_for


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(daemons, "RUN", tmp_path / "run")
    monkeypatch.setattr(daemons, "LOGS", tmp_path / "log")
    monkeypatch.setattr(places, "LAB", tmp_path)
    monkeypatch.setattr(places, "STATE", tmp_path / "lab.json")


def begin() -> int:
    process = daemons.start("sleeper", "sleep", "60")
    # It is our child only here; the lab's own starter ends at once.
    process.returncode = 0
    return process.pid


def test_it_is_known_again_and_ended() -> None:
    pid = begin()
    assert daemons.pid_of("sleeper") == pid
    daemons.stop("sleeper")
    assert daemons.pid_of("sleeper") is None


def test_after_a_kill_it_is_gone(tmp_path: Path) -> None:
    os.kill(begin(), signal.SIGKILL)
    wait_for("the end", lambda: daemons.pid_of("sleeper") is None, seconds=5)
    with pytest.raises(daemons.Ended):
        daemons.alive("sleeper")


@pytest.mark.parametrize("changed", [0, 1], ids=["another boot", "a recycled process id"])
def test_a_stranger_with_the_same_process_id_is_left_alone(tmp_path: Path, changed: int) -> None:
    path = tmp_path / "run" / "sleeper.json"
    path.parent.mkdir()
    kept = {"pid": os.getpid(), "identity": daemons._identity(os.getpid())}
    assert kept["identity"]
    path.write_text(json.dumps(kept))
    assert daemons.pid_of("sleeper") == os.getpid()
    kept["identity"][changed] += "0"  # type: ignore[index]
    path.write_text(json.dumps(kept))
    assert daemons.pid_of("sleeper") is None
    daemons.stop("sleeper")
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]x"])
def test_a_state_that_was_cut_off_is_no_state(tmp_path: Path, text: str) -> None:
    (tmp_path / "lab.json").write_text(text)
    assert places.load() == {}
    with pytest.raises(lab.Skipped, match="tools/lab up compose"):
        lab.need("compose")


def test_what_cannot_run_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_engine() -> None:
        raise Skipped("it needs root")

    monkeypatch.setattr(engine, "up", no_engine)
    assert parts.up(["kubernetes"]) == 3
    assert capsys.readouterr().out.startswith("skipped: docker, images, kubernetes: it needs root")

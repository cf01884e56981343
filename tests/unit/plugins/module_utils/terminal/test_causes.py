# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The likely causes on a terminal: in order, and each command on a line of its own."""

from __future__ import annotations

from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.terminal import catalog, causes
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.lines import plain
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.page import Page

COMMAND = "ansible-playbook -i inventories/a-rather-long-name playbooks/db_outage.yml -e service=db -e incident=INC-1"


def cause(**more: Any) -> dict[str, Any]:
    given = {
        "rank": 1, "service": "db", "severity": "crit", "certainty": "likely", "summary": "refused",
        "why": "", "affects": [], "playbook": "db_outage", "command": COMMAND,
    }  # fmt: skip
    return {**given, **more}


def shown(*given: dict[str, Any], **page: Any) -> list[str]:
    return [plain(line) for line in causes.render({"causes": list(given)}, Page(**page))]


def test_a_cause_and_its_command() -> None:
    lines = shown(cause(affects=["api", "web"], why="its release v2 came 5 min ago"), width=70)
    assert lines[0].split() == ["1.", "CRIT", "db", "refused"]
    assert lines[1].strip() == "it takes api, web with it"
    assert lines[2].strip() == "its release v2 came 5 min ago"
    # Never wrapped, so that it can be copied.
    assert lines[3].strip() == COMMAND


def test_certainties() -> None:
    assert "possibly db" in shown(cause(certainty="possible"))[0]
    asked = shown(cause(certainty="asked", severity="ok"))[0]
    assert "OK" not in asked and "db" in asked


def test_without_a_playbook_and_without_a_cause() -> None:
    assert shown(cause(command=None))[-1].strip() == "no playbook is for this: look at it by hand"
    assert "nothing is wrong" in shown()[0]


def test_on_awx_a_template_is_launched() -> None:
    lines = shown(cause(), on_awx=True)
    assert lines[-1].strip() == "launch db_outage with the extra variable service=db"


def test_what_cannot_be_printed_is_shown_by_its_code() -> None:
    assert all("\x1b" not in line for line in shown(cause(summary="\x1b[2J", service="d\x1bb")))


def found(service: str, severity: str) -> dict[str, Any]:
    return {
        "service": service,
        "severity": severity,
        "summary": f"{service} is {severity}",
        "check": "health",
    }


def test_the_worst_service_first_and_the_well_ones_in_one_line() -> None:
    rows = [
        found("a", "ok"),
        found("b", "warn"),
        found("c", "unknown"),
        found("c", "crit"),
        found("d", "ok"),
    ]
    page = Page(services=("a", "b", "c", "d"))
    lines = [plain(line).strip() for line in catalog.render({"findings": rows}, page)]
    assert lines == ["c  CRIT     c is crit", "b  WARN     b is warn", "OK       a, d"]
    everything = catalog.render({"findings": rows}, Page(services=page.services, details=True))
    assert len(everything) == 5

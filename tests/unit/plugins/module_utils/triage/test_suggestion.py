# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The command for another playbook, as whoever typed this one would type it."""

from __future__ import annotations

import re
import shlex

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.triage.suggestion import (
    Playbook,
    command,
)

DROPPED = ("service", "alert", "symptom", "incident", "warn_percent")
GIVEN = {"service": "db", "incident": "INC-1"}
ADDED = "-e service=db -e incident=INC-1"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ansible-playbook playbooks/triage.yml", "ansible-playbook playbooks/db_outage.yml"),
        (
            "ansible-playbook -i inv/x playbooks/triage.yml",
            "ansible-playbook -i inv/x playbooks/db_outage.yml",
        ),
        (
            "ansible-playbook oncall.runbooks.triage -i inv",
            "ansible-playbook oncall.runbooks.db_outage -i inv",
        ),
        ("ansible-playbook /a/b/triage.yaml", "ansible-playbook /a/b/db_outage.yaml"),
        ("ansible-playbook triage.yml -e alert=DatabaseDown", "ansible-playbook db_outage.yml"),
        ("ansible-playbook triage.yml -e service=api -C", "ansible-playbook db_outage.yml"),
        ("ansible-playbook triage.yml --check -v", "ansible-playbook db_outage.yml -v"),
        ("ansible-playbook triage.yml --extra-vars service=api", "ansible-playbook db_outage.yml"),
        ("ansible-playbook triage.yml --extra-vars=service=api", "ansible-playbook db_outage.yml"),
        ("ansible-playbook triage.yml -eservice=api", "ansible-playbook db_outage.yml"),
        ("ansible-playbook mine/converge.yml", "ansible-playbook /x/db_outage.yml"),
        ("ansible-playbook converge.yml triage.yml -v", "ansible-playbook /x/db_outage.yml -v"),
        (
            "ansible-playbook triage.yml -e 'service=api runbooks_environment=drill'",
            "ansible-playbook db_outage.yml -e runbooks_environment=drill",
        ),
        (
            'ansible-playbook triage.yml -e \'{"service": "api", "runbooks_environment": "drill"}\'',
            'ansible-playbook db_outage.yml -e \'{"runbooks_environment": "drill"}\'',
        ),
        (
            'ansible-playbook triage.yml -e \'{"service": ["api", "web"]}\'',
            "ansible-playbook db_outage.yml",
        ),
        ("ansible-playbook triage.yml -e @vars.yml", "ansible-playbook db_outage.yml -e @vars.yml"),
        (
            "ansible-playbook triage.yml -i 'my inventories/triage'",
            "ansible-playbook db_outage.yml -i 'my inventories/triage'",
        ),
        (
            "ansible-playbook triage.yml --vault-password-file ~/.vault",
            "ansible-playbook db_outage.yml --vault-password-file '***'",
        ),
    ],
)
def test_the_command(typed: str, expected: str) -> None:
    words = shlex.split(typed)
    playbooks = [
        word
        for word in words
        if re.search(r"triage(\.ya?ml)?$|converge\.yml$", word) and "invent" not in word
    ]
    got = command(
        words, playbooks, Playbook("triage", "db_outage", "/x/db_outage.yml"), DROPPED, GIVEN
    )
    assert shlex.split(got) == shlex.split(f"{expected} {ADDED}")


def test_a_hostile_service_is_quoted() -> None:
    words = ["ansible-playbook", "triage.yml"]
    other = Playbook("triage", "x", "/x/x.yml")
    got = command(words, words[1:], other, (), {"service": "a; rm -rf /"})
    assert shlex.split(got)[-1] == "service=a; rm -rf /"

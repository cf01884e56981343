# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The catalog's queue entry: what is taken, and the one line that refuses the rest."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.queue import entry

PATH = "runbooks_services.mail.queue"
GOOD: dict[str, Any] = {"software": "bullmq", "redis": "redis", "names": ["email"]}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (GOOD, entry.Queue("redis", "bull", ("email",))),
        (
            {**GOOD, "prefix": "{shop}", "names": ["email", "web-hook.2"]},
            entry.Queue("redis", "{shop}", ("email", "web-hook.2")),
        ),
    ],
)
def test_taken(given: Any, expected: entry.Queue) -> None:
    assert entry.of(PATH, given) == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (None, f"{PATH}: got 'None'"),
        ("bullmq", f"{PATH}: got 'bullmq'"),
        (
            {**GOOD, "software": "celery"},
            f"{PATH}.software: got 'celery'; allowed is one of bullmq",
        ),
        ({**GOOD, "names": []}, f"{PATH}.names: got '[]'"),
        ({**GOOD, "names": "email"}, f"{PATH}.names: got 'email'"),
        ({**GOOD, "names": ["a:b"]}, f"{PATH}.names"),
        ({**GOOD, "names": ["*"]}, f"{PATH}.names"),
        ({**GOOD, "names": [7]}, f"{PATH}.names"),
        ({**GOOD, "names": ["a", "a"]}, "a name twice"),
        ({**GOOD, "prefix": ""}, f"{PATH}.prefix: got ''"),
        ({**GOOD, "redis": None}, f"{PATH}.redis: got 'None'"),
        ({**GOOD, "name": ["email"]}, f"{PATH}.name: unknown key; did you mean names?"),
    ],
)
def test_refused(given: Any, says: str) -> None:
    with pytest.raises(InputError) as error:
        entry.of(PATH, given)
    assert says in str(error.value) and "\n" not in str(error.value)
    assert "for example" in str(error.value)


def test_one_of_them_is_chosen() -> None:
    both = entry.of(PATH, {**GOOD, "names": ["email", "webhook"]})
    assert both.chosen(None) == ("email", "webhook")
    assert both.chosen("webhook") == ("webhook",)
    with pytest.raises(InputError, match=r"queue: got 'sms'; allowed is one of .*email, webhook"):
        both.chosen("sms")

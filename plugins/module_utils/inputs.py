# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person, AWX or an alert may pass with -e: names, types, bounds, one clear line for each slip.

Ansible's own argument_specs ignore unknown names and take -5, 10^20 and true for an
integer, so the judgement is made here, on the raw values, before anything is templated.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

# Names that Ansible, AWX and Tower pass by themselves, and our own settings.
FOREIGN_PREFIXES = ("ansible_", "awx_", "tower_", "runbooks_")
# Names that playbooks, and Ansible in a rescue, set for the roles: a forged one would steer them.
RESERVED = (
    "runbooks_scenario",
    "runbooks_checks",
    "runbooks_probes",
    "ansible_failed_task",
    "ansible_failed_result",
)
# What Ansible calls the words that it cannot read as name=value.
UNREAD = "_raw_params"
INCIDENT_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,63}")
SEVERITY_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,15}")
SECRET_NAME = re.compile(
    r"(^|[._-])(pass|password|passwd|secret|token|key|credentials?)$", re.IGNORECASE
)
# What may hold a secret though its name says nothing: a connection string.
SECRET_VALUE = re.compile(r"://[^\s]*@|(pass\w*|secret|token|key)\s*=", re.IGNORECASE)
# The last one lets a text choose marks of its own.
TEMPLATE_MARKS = ("{{", "{%", "{#", "#jinja2:")
RISKS = ("read", "safe", "disruptive", "destructive")


class InputError(ValueError):
    """One line: which variable, what was given, what is allowed, an example."""


class NoSecret(InputError):
    """The entry is as it should be; what it names as the place of a secret has none for us."""


@dataclass(frozen=True)
class Input:
    """One documented whole-number variable of a scenario."""

    name: str
    default: int | None
    minimum: int
    maximum: int
    unit: str
    help: str

    def parse(self, value: object, where: str = "") -> int:
        """A plain whole number within bounds; anything else is refused, never guessed at."""
        label = where or self.name
        allowed = f"a whole number from {self.minimum} to {self.maximum} ({self.unit})"
        example = f"-e {self.name}={self.default if self.default is not None else self.minimum}"
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise refusal(label, value, allowed, example)
        if isinstance(value, str) and not re.fullmatch(r"0|[1-9][0-9]{0,18}", value):
            raise refusal(label, value, allowed, example)
        number = int(value)
        if not self.minimum <= number <= self.maximum:
            raise refusal(label, value, allowed, example)
        return number


@dataclass(frozen=True)
class Flag:
    """One documented yes-or-no variable of a scenario."""

    name: str
    help: str
    default: bool = False

    def parse(self, value: object, where: str = "") -> bool:
        """true or false as such or as that word; 'on', 1 and the like are refused, never guessed at."""
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return value == "true"
        raise refusal(where or self.name, value, "true or false", f"-e {self.name}=true")


@dataclass(frozen=True)
class Text:
    """One documented variable of a scenario that is a word: a release, a mode, a path."""

    name: str
    default: str | None
    pattern: str  # of the whole text
    allowed: str  # the same in words
    example: str
    help: str

    def parse(self, value: object, where: str = "") -> str:
        if isinstance(value, str) and re.fullmatch(self.pattern, value):
            return value
        raise refusal(where or self.name, value, self.allowed, f"-e {self.name}={self.example}")


Spec: TypeAlias = "Input | Flag | Text"


def shown(name: str, value: object) -> str:
    """A given value as an error may repeat it: bounded, printable, and never a secret."""
    if SECRET_NAME.search(name):
        return "(hidden)"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, (list, tuple, set)) and any(isinstance(v, (Mapping, list)) for v in value):
        return f"a list of {len(value)}"
    try:
        text = str(value)
    except ValueError:  # Python prints no number of more than 4300 digits
        return "a number of thousands of digits"
    if SECRET_VALUE.search(text):
        return "(hidden)"
    text = ascii(text)
    return text if len(text) <= 60 else text[:57] + "...'"


def refusal(name: str, value: object, allowed: str, example: str) -> InputError:
    return InputError(
        f"{name}: got {shown(name, value)}; allowed is {allowed}; for example {example}"
    )


def contains_template(value: object) -> bool:
    if isinstance(value, str):
        return any(mark in value for mark in TEMPLATE_MARKS)
    if isinstance(value, Mapping):
        return any(contains_template(item) for pair in value.items() for item in pair)
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(contains_template(item) for item in value)
    return False


def check_names(given: Mapping[Any, Any], known: Sequence[str]) -> None:
    """Refuse what nobody reads: a typo that is ignored is a limit that does not hold."""
    if UNREAD in given:
        raise refusal("-e", given[UNREAD], "name=value, JSON or @file", "-e service=db")
    for name in given:
        label = (
            name
            if isinstance(name, str) and name.isidentifier() and len(name) < 61
            else shown("", name)
        )
        if name in RESERVED:
            raise InputError(
                f"{label}: is set by the playbook itself and cannot be given with -e; leave it out"
            )
        if name in known or str(name).startswith(FOREIGN_PREFIXES):
            continue
        close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.6)
        hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(sorted(known))}"
        raise InputError(f"{label}: unknown variable; {hint}")


def check_data(given: Mapping[str, Any], known: Sequence[str]) -> None:
    """Values are data. Ansible would evaluate a template in one on the control node."""
    for name, value in given.items():
        if (name in known or name.startswith("runbooks_")) and contains_template(value):
            raise InputError(
                f"{name}: got a template; a value given with -e is data and is never evaluated; "
                f"for example give the plain text itself, -e {name}=VALUE"
            )


def values(
    specs: Iterable[Spec], given: Mapping[str, Any], limits: Mapping[str, Any], service: str
) -> dict[str, Any]:
    """Each variable's value: given with -e, else the service's limits, else the default."""
    specs = list(specs)
    check_limits(limits, [spec.name for spec in specs], service)
    chosen: dict[str, Any] = {}
    for spec in specs:
        if spec.name in given:
            chosen[spec.name] = spec.parse(given[spec.name])
        elif spec.name in limits:
            where = f"runbooks_services.{service}.limits.{spec.name}"
            chosen[spec.name] = spec.parse(limits[spec.name], where)
        else:
            chosen[spec.name] = spec.default
    check_times(chosen)
    return chosen


def check_times(chosen: Mapping[str, Any]) -> None:
    """Healthy for longer than anybody waits for it is never."""
    hold, patience = chosen.get("hold_seconds"), chosen.get("timeout_seconds")
    if hold is not None and patience is not None and hold > patience:
        raise InputError(
            f"hold_seconds: got {hold}, with timeout_seconds {patience}; allowed is at most timeout_seconds; "
            f"for example -e hold_seconds={hold} -e timeout_seconds={hold + 60}"
        )


def check_limits(limits: Mapping[str, Any], known: Sequence[str], service: str) -> None:
    """A typo in the catalog's limits is a limit that does not hold; other scenarios' names are not ours to judge."""
    for name in limits:
        close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.85)
        if name not in known and close:
            raise InputError(
                f"runbooks_services.{service}.limits.{name}: unknown limit; did you mean {close[0]}?"
            )


def incident_id(value: object) -> str:
    if isinstance(value, str) and INCIDENT_PATTERN.fullmatch(value):
        return value
    raise refusal(
        "incident",
        value,
        "3 to 64 letters, digits, '.', '_' and '-', starting with a letter or digit",
        "-e incident=INC-20261121-030405-a1b2",
    )


def lock_dir(value: object) -> str:
    """The folder of a host where its locks lie; nothing when none is given."""
    if value is None:
        return ""
    if isinstance(value, str) and re.fullmatch(r"(/[^/\x00-\x1f]+)+/?", value):
        return value
    raise refusal(
        "runbooks_lock_dir", value, "an absolute path below /", "runbooks_lock_dir: /run/lock"
    )


def severity(value: object) -> str:
    if isinstance(value, str) and SEVERITY_PATTERN.fullmatch(value):
        return value
    raise refusal(
        "severity",
        value,
        "your own scale's name, up to 16 letters, digits and '-'",
        "-e severity=P1",
    )


def approvals(value: object, actions: Mapping[str, str], services: Sequence[str]) -> list[str]:
    """Each approval names an action, and its service where the action destroys (action@service)."""
    given = [value] if isinstance(value, str) else value
    known = ", ".join(sorted(actions)) or "none: this playbook changes nothing"
    example = "no approve at all"
    if actions:
        first = sorted(actions)[0]
        target = f"@{services[0]}" if actions[first] == "destructive" else ""
        example = f"-e approve={first}{target}"
    if not isinstance(given, (list, tuple)) or not given:
        raise refusal(
            "approve", value, f"the name of an action or a list of names ({known})", example
        )
    for item in given:
        action, at, service = item.partition("@") if isinstance(item, str) else ("", "", "")
        if action not in actions:
            raise refusal(
                "approve", item, f"the name of an action of this playbook ({known})", example
            )
        if at and service not in services:
            raise InputError(
                f"approve: got {shown('approve', item)}, which approves it for {shown('', service)}; this run is "
                f"for {', '.join(services)}; for example -e approve={action}@{services[0]}"
            )
        if actions[action] == "destructive" and not at:
            raise refusal(
                "approve",
                item,
                "an approval that names its target",
                f"-e approve={action}@{services[0]}",
            )
    return list(given)


def approve_up_to(value: object) -> str:
    """The risk that needs no approval; 'destructive' is never implied."""
    if value in RISKS[:3]:
        return str(value)
    raise refusal(
        "runbooks_approve_up_to",
        value,
        "read, safe or disruptive (destructive is always approved by name)",
        "runbooks_approve_up_to: safe",
    )


def max_targets(value: object) -> int:
    spec = Input("runbooks_max_targets", 1, 1, 1000, "services", "")
    return spec.parse(value)

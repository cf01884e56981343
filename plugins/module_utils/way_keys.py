# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How to reach a server: a mapping of the catalog read key by key, and the secrets that it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError, NoSecret
from ansible_collections.oncall.runbooks.plugins.module_utils.private_file import PASSWORD_MAX

Entry = Mapping[str, Any]


class WayError(ValueError):
    """One line: which key of the catalog, what was given (never a secret), what is allowed."""


class SecretError(WayError):
    """The place of a secret that has none for us."""


def as_input(error: Exception, text: str) -> InputError:
    """The same for whoever gave the catalog; `text` names the key with its whole path."""
    return NoSecret(text) if isinstance(error, SecretError) else InputError(text)


class Keys:
    """A mapping of the catalog, read key by key; null counts as not given."""

    def __init__(self, path: str, given: Entry) -> None:
        self.path = path
        self.given = given

    def has(self, key: str) -> bool:
        return self.given.get(key) is not None

    def text(self, key: str, example: str) -> str | None:
        value = self.given.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value or not value.isprintable():
            allowed = "a text without control characters"
            raise wrong(f"{self.path}.{key}", value, allowed, f"{key}: {example}")
        return str(value)

    def choice(self, key: str, choices: tuple[str, ...]) -> str | None:
        value = self.given.get(key)
        if value is None:
            return None
        if value not in choices:
            raise wrong(
                f"{self.path}.{key}", value, f"one of {', '.join(choices)}", f"{key}: {choices[0]}"
            )
        return str(value)

    def port(self) -> int | None:
        value = self.given.get("port")
        if value is None:
            return None
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,5}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
            allowed = "a whole number from 1 to 65535"
            raise wrong(f"{self.path}.port", value, allowed, "port: 5432")
        return int(value)

    def host(self) -> str | None:
        host = self.text("host", "db.example.org")
        # A comma would make libpq try several servers: one entry is one server.
        if host is not None and re.search(r"[\s,@=]", host):
            allowed = "one name, address or socket folder"
            raise wrong(f"{self.path}.host", host, allowed, "host: db.example.org")
        return host


@dataclass(frozen=True)
class Kind:
    """What a secret is called in the catalog, and examples of where it is kept."""

    name: str
    file: str
    variable: str
    vault: str

    @property
    def keys(self) -> tuple[str, str, str]:
        return f"{self.name}_file", f"{self.name}_env", self.name

    @property
    def example(self) -> str:
        return f"{self.name}_file: {self.file}"


PASSWORD = Kind("password", "/etc/oncall/db.password", "ONCALL_DB_PASSWORD", "vault_db_password")


def password_of(keys: Keys, env: Mapping[str, str], read_file: Callable[[str], str]) -> str | None:
    key, password = secret_of(keys, env, read_file, PASSWORD)
    if password is None:
        return None
    if not password or re.search(r"[\x00\r\n]", password) or len(password) > PASSWORD_MAX:
        allowed = f"one line of 1 to {PASSWORD_MAX} characters"
        found = "an empty one" if not password else "more than that"
        raise WayError(
            f"{keys.path}.{key}: got {found}; allowed is {allowed}; for example {PASSWORD.example}"
        )
    return password


def secret_of(
    keys: Keys, env: Mapping[str, str], read_file: Callable[[str], str], kind: Kind
) -> tuple[str, str | None]:
    """Its key in the catalog, and the secret as it was found there."""
    given = [key for key in kind.keys if keys.has(key)]
    if len(given) > 1:
        raise WayError(
            f"{keys.path}: got {' and '.join(given)}; allowed is one of "
            f"{', '.join(kind.keys)}; for example {kind.example}"
        )
    if not given:
        return kind.name, None
    in_file, in_environment, _in_catalog = kind.keys
    if given[0] == in_file:
        return in_file, _from_file(keys, read_file, kind)
    if given[0] == in_environment:
        return in_environment, _from_environment(keys, env, kind)
    return kind.name, _from_catalog(keys, kind)


def _from_file(keys: Keys, read_file: Callable[[str], str], kind: Kind) -> str:
    path = keys.text(kind.keys[0], kind.file) or ""
    # A secret written where a path belongs is not repeated.
    named = _shown(path) if "/" in path else "(hidden)"
    try:
        text = read_file(path)
    except UnicodeDecodeError:
        problem = "it is not UTF-8 text"
    except OSError as error:
        problem = error.strerror or str(error) or type(error).__name__
    except ValueError as error:
        problem = str(error)
    else:
        return str(text).removesuffix("\n").removesuffix("\r")
    raise SecretError(
        f"{keys.path}.{kind.keys[0]}: {named} cannot be used: {problem}; allowed is a regular file "
        f"that only its owner can read; for example {kind.example}"
    )


def _from_environment(keys: Keys, env: Mapping[str, str], kind: Kind) -> str:
    key = kind.keys[1]
    variable = keys.text(key, kind.variable) or ""
    if env.get(variable):
        return env[variable]
    # A secret written where a variable's name belongs is not repeated.
    named = variable if re.fullmatch(r"[A-Z][A-Z0-9_]*", variable) else "(hidden)"
    state = "empty" if variable in env else "not set"
    raise SecretError(
        f"{keys.path}.{key}: the environment variable {named} is {state}; allowed is the "
        f"name of one that holds the {kind.name}; for example {key}: {kind.variable}"
    )


def _from_catalog(keys: Keys, kind: Kind) -> str:
    value = keys.given[kind.name]
    if not isinstance(value, str):
        raise WayError(
            f"{keys.path}.{kind.name}: got something that is not text (hidden); allowed is a text, "
            f'in quotes when it looks like a number; for example {kind.name}: "{{{{ {kind.vault} }}}}"'
        )
    return str(value)


def wrong(path: str, value: object, allowed: str, example: str) -> WayError:
    got = "nothing" if value is None else _shown(value)
    return WayError(f"{path}: got {got}; allowed is {allowed}; for example {example}")


def _shown(value: object) -> str:
    text = ascii(value if isinstance(value, str) else str(value))
    return text if len(text) <= 80 else text[:77] + "...'"

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How to reach a server: a service's `postgresql` entry of the catalog, judged and completed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ansible_collections.oncall.runbooks.plugins.module_utils.private_file import read_private
from ansible_collections.oncall.runbooks.plugins.module_utils.way_keys import (
    Entry,
    Keys,
    password_of,
    wrong,
)

NAMES = ("normal", "admin", "pooler")
VIAS = ("tcp", "exec")
# https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
DEFAULT_PORTS = {"normal": 5432, "admin": 5432, "pooler": 6432}


@dataclass(frozen=True)
class Way:
    """One way to a server. The password is left out of its repr."""

    name: str
    via: str
    host: str | None
    port: int | None
    database: str
    user: str
    sslmode: str | None = None
    sslrootcert: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def by_socket(self) -> bool:
        """Over a Unix socket, where the server may know us by our operating system's user."""
        return self.host is None or self.host.startswith("/")


def resolve(
    entry: Entry,
    name: str,
    env: Mapping[str, str],
    read_file: Callable[[str], str] = read_private,
) -> Way:
    """The way called `name` of a `postgresql` mapping, with what it inherits from the normal."""
    if name not in NAMES:
        raise wrong("postgresql", name, f"one of {', '.join(NAMES)}", "normal")
    if not isinstance(entry, Mapping):
        raise wrong("postgresql", entry, "a mapping", "{via: tcp, host: db.example.org}")
    normal = Keys("postgresql", entry)
    if name == "normal":
        return _way(name, normal, None, env, read_file)
    given = entry.get(name)
    if not isinstance(given, Mapping):
        raise wrong(f"postgresql.{name}", given, "a mapping", "{via: exec, user: postgres}")
    return _way(name, Keys(f"postgresql.{name}", given), normal, env, read_file)


def _way(
    name: str,
    own: Keys,
    normal: Keys | None,
    env: Mapping[str, str],
    read_file: Callable[[str], str],
) -> Way:
    base = normal or own
    base_via = base.choice("via", VIAS)
    via = own.choice("via", VIAS) or base_via
    if via is None:
        raise wrong(f"{own.path}.via", None, f"one of {', '.join(VIAS)}", "via: tcp")
    same_via = via == base_via
    # A tcp host is an address as the controller sees it; where the server lives it means
    # nothing, and the server's own socket is there.
    host = own.host() or (base.host() if same_via else None)
    if via == "tcp" and host is None:
        raise wrong(
            f"{own.path}.host", None, "a name or address, with via: tcp", "host: db.example.org"
        )
    port = own.port() or base.port()
    if port is None and (via == "tcp" or name == "pooler"):
        port = DEFAULT_PORTS[name]
    database = own.text("database", "shop")
    if database is None:
        database = "pgbouncer" if name == "pooler" else base.text("database", "shop") or "postgres"
    user, password = _credentials(name, own, base, env, read_file)
    sslmode = own.choice("sslmode", SSLMODES) or base.choice("sslmode", SSLMODES)
    sslrootcert = own.text("sslrootcert", "/etc/ssl/db-ca.pem") or (
        base.text("sslrootcert", "/etc/ssl/db-ca.pem") if same_via else None
    )
    return Way(name, via, host, port, database, user, sslmode, sslrootcert, password)


def _credentials(
    name: str,
    own: Keys,
    base: Keys,
    env: Mapping[str, str],
    read_file: Callable[[str], str],
) -> tuple[str, str | None]:
    user = own.text("user", "oncall")
    password = password_of(own, env, read_file)
    if user is None and name == "pooler":
        # A pooler that names nobody is asked as the normal user, with that one's password.
        user = base.text("user", "oncall")
        password = password if password is not None else password_of(base, env, read_file)
    if user is None:
        example = "user: postgres" if name == "admin" else "user: oncall"
        raise wrong(f"{own.path}.user", None, "the name of a role", example)
    return user, password

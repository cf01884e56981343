# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.postgresql.errors import (
    REASONS,
    classify,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import (
    MESSAGE_MAX,
)

# As psql and libpq 14 and later frame what a server says.
FRAME = 'connection to server at "db.example.org" (10.0.0.7), port 5432 failed: '
PSQL = f"psql: error: {FRAME}"

# reason: what servers 13 to 18 and poolers say on connecting (src/backend/utils/init/postinit.c,
# libpq/auth.c, postmaster/backend_startup.c; pgbouncer/src/client.c).
SAID = {
    "slots_reserved": [
        "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
        "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
        "FATAL:  remaining connection slots are reserved for roles with privileges of the "
        '"pg_use_reserved_connections" role',
        "FATAL:  sorry, too many clients already",
        "FATAL:  no more connections allowed (max_client_conn)",
    ],
    "auth_failed": [
        'FATAL:  password authentication failed for user "oncall"',
        'FATAL:  Peer authentication failed for user "oncall"',
        'FATAL:  Ident authentication failed for user "oncall"',
        'FATAL:  SCRAM authentication failed for user "oncall"',
        'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "oncall", database "shop", no encryption',
        'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "oncall", database "shop", SSL off',
        'FATAL:  pg_hba.conf rejects connection for host "10.0.0.1", user "x", database "y", SSL on',
        'FATAL:  role "oncall" does not exist',
        'FATAL:  role "oncall" is not permitted to log in',
        "fe_sendauth: no password supplied",
        "FATAL:  no such user: oncall",
        "FATAL:  not allowed",
        'authentication method requirement "scram-sha-256" failed: server requested a cleartext password',
    ],
    "database_missing": [
        'FATAL:  database "shop" does not exist',
        "FATAL:  no such database: shop",
    ],
    "starting_up": ["FATAL:  the database system is starting up"],
    "recovering": [
        "FATAL:  the database system is in recovery mode",
        "FATAL:  the database system is not yet accepting connections",
        "FATAL:  the database system is not accepting connections",
    ],
    "shutting_down": ["FATAL:  the database system is shutting down"],
    "insufficient_privilege": ['FATAL:  permission denied for database "shop"'],
    # A live server that says something we do not know, or cannot read, is not down.
    "server_refused": [
        "FATAL:  the moon is in the wrong phase",
        'FATAL:  too many connections for role "app"',
        'FATAL:  too many connections for database "shop"',
        'FATAL:  53300: too many connections for role "app"',
        "FATAL:  verbleibende Verbindungs-Slots sind für andere Rollen reserviert",
        "ВАЖНО:  слоты подключений исчерпаны",
        "致命错误:  连接槽已满",
        "FATAL:  unsupported frontend protocol 3.0: server supports 2.0 to 2.0",
        "FATAL:  server login has been failing, try again later (server_login_retry)",
    ],
    "refused": ["Connection refused\n\tIs the server running on that host and accepting TCP/IP?"],
    "timeout": [
        "timeout expired",
        "Connection timed out",
        "could not connect: Operation timed out",
    ],
    "unreachable": ["No route to host", "Network is unreachable", "Permission denied"],
    "reset": [
        "server closed the connection unexpectedly\n\tThis probably means the server terminated",
        "could not receive data from server: Connection reset by peer",
        "SSL SYSCALL error: EOF detected",
    ],
    "tls_failed": [
        "server does not support SSL, but SSL was required",
        "SSL error: certificate verify failed",
        'root certificate file "/root/.postgresql/root.crt" does not exist',
        'server certificate for "a" does not match host name "b"',
        "SSL error: tlsv1 alert unknown ca",
        "FATAL:  SSL required",
    ],
}


@pytest.mark.parametrize(
    ("reason", "said"), [(reason, said) for reason, texts in SAID.items() for said in texts]
)
@pytest.mark.parametrize("frame", ["", FRAME, PSQL])
def test_what_is_said_on_connecting(reason: str, said: str, frame: str) -> None:
    if reason == "tls_failed" and said.startswith("FATAL"):
        reason = "server_refused"  # spoken by a live server, after all
    found = classify(f"{frame}{said}")
    assert found.reason == reason
    assert found.reason in REASONS
    assert found.message and "\n" not in found.message and "FATAL:  " not in found.message


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("dns_failure", 'could not translate host name "db" to address: Name or service not known'),
        ("dns_failure", 'could not translate host name "db" to address: Temporary failure'),
        ("refused", 'connection to server on socket "/run/x" failed: No such file or directory'),
        ("client_missing", "sh: 1: psql: not found"),
        ("client_missing", "bash: line 1: psql: command not found"),
        # psql 13 and older.
        ("refused", "psql: error: could not connect to server: Connection refused"),
        ("slots_reserved", "psql: error: FATAL:  sorry, too many clients already"),
        ("slots_reserved", "psql: FATAL:  sorry, too many clients already"),
        # After the connection is made, with \\set VERBOSITY verbose.
        ("statement_timeout", "ERROR:  57014: canceling statement due to statement timeout"),
        ("statement_timeout", "FEHLER:  57014: storniere Anfrage wegen Zeitüberschreitung"),
        ("statement_timeout", "ERROR:  55P03: canceling statement due to lock timeout"),
        ("insufficient_privilege", "ERROR:  42501: permission denied for function pg_read_file"),
        ("insufficient_privilege", "ERREUR:  42501: droit refusé pour la fonction pg_read_file"),
        ("reset", "FATAL:  57P01: terminating connection due to administrator command"),
        ("starting_up", "FATAL:  57P03: das Datenbanksystem startet"),
        ("slots_reserved", "FATAL:  53300: désolé, trop de clients sont déjà connectés"),
        ("auth_failed", "FATAL:  28P01: Passwort-Authentifizierung fehlgeschlagen"),
        # An error in our own statement is nobody's refusal.
        ("unknown", 'ERROR:  42601: syntax error at or near "SELCT"\nLINE 1: SELCT 1'),
        ("unknown", "ОШИБКА:  42P01: отношение не существует"),
        ("unknown", ""),
        ("unknown", "Segmentation fault"),
        # Of two addresses the one that is answered counts.
        (
            "slots_reserved",
            f"{FRAME}Connection refused\n\tIs the server running?\n"
            f"{FRAME}FATAL:  sorry, too many clients already",
        ),
        ("server_refused", f"{FRAME}Connection refused\n{FRAME}FATAL:  попробуйте позже"),
        # A name is not a message.
        ("database_missing", f'{FRAME}FATAL:  database "sorry, too many clients" does not exist'),
        ("auth_failed", f'{FRAME}FATAL:  role "the database system is starting up" does not exist'),
    ],
)
def test_other_texts(reason: str, text: str) -> None:
    assert classify(text).reason == reason


def test_the_message_is_the_servers_own_words() -> None:
    said = "remaining connection slots are reserved for roles with the SUPERUSER attribute"
    assert classify(f"{PSQL}FATAL:  {said}").message == said
    place = classify(f"{PSQL}Connection refused\n\tIs the server running?").message
    assert place == f"{FRAME}Connection refused"


@pytest.mark.parametrize(
    "text",
    [
        "FATAL:  password=canary-7f3a wrong",
        "invalid URI: postgresql://oncall:canary-7f3a@db/shop",
        "PASSWORD = 'canary-7f3a' is not one",
        "something with canary-7f3a in it",
    ],
)
def test_no_password_is_in_a_message(text: str) -> None:
    assert "canary" not in classify(text, secret="canary-7f3a").message


def test_a_message_can_be_shown() -> None:
    hostile = 'FATAL:  role "\x1b[2J\x07\u202eevil\u2066\t{{ 7*7 }}\x00" does not exist'
    found = classify(hostile)
    assert found.reason == "auth_failed"
    assert found.message.isprintable() and "{{ 7*7 }}" in found.message
    assert len(classify("FATAL:  " + "x" * 5000).message) == MESSAGE_MAX

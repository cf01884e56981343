# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server, or a client, says when it does not serve us."""

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.checks import redis_access
from ansible_collections.oncall.runbooks.plugins.module_utils.redis.errors import REASONS, classify


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("NOAUTH Authentication required.", "auth_failed"),
        ("WRONGPASS invalid username-password pair or user is disabled.", "auth_failed"),
        ("ERR invalid password", "auth_failed"),
        (
            "ERR AUTH <password> called without any password configured for the default user.",
            "auth_failed",
        ),
        ("NOPERM this user has no permissions to run the 'info' command", "no_permission"),
        ("LOADING Redis is loading the dataset in memory", "loading"),
        (
            "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
            "busy_script",
        ),
        (
            "BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
            "busy_script",
        ),
        (
            "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.",
            "busy_function",
        ),
        ("ERR max number of clients reached", "max_clients"),
        ("max number of clients reached", "max_clients"),
        (
            "DENIED Redis is running in protected mode because protected mode is enabled",
            "protected_mode",
        ),
        ("READONLY You can't write against a read only replica.", "replica"),
        ("MASTERDOWN Link with MASTER is down", "replica_link_down"),
        (
            "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist",
            "save_failing",
        ),
        ("OOM command not allowed when used memory > 'maxmemory'.", "out_of_memory"),
        ("Error 111 connecting to 127.0.0.1:1. Connection refused.", "refused"),
        ("Could not connect to Redis at /run/r.sock: No such file or directory", "refused"),
        ("Error 113 connecting to 10.0.0.1:6379. No route to host.", "unreachable"),
        ("Connection closed by server.", "reset"),
        ("Error: Server closed the connection", "reset"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "tls_failed"),
        ("Timeout connecting to server", "timeout"),
        ("something new", "unknown"),
        ("", "unknown"),
    ],
)
def test_reasons(said: str, reason: str) -> None:
    found = classify(said)
    assert found.reason == reason
    assert found.reason in REASONS and found.message


def test_a_password_is_not_repeated() -> None:
    assert "hunter2" not in classify("ERR wrong hunter2", "hunter2").message


def test_every_reason_of_the_check_is_told_apart() -> None:
    assert set(redis_access.REASONS) <= set(REASONS)
    assert set(redis_access.MEANING) <= set(redis_access.REASONS)

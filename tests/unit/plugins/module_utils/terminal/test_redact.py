# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.terminal.redact import redact


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["ansible-playbook", "-i", "inv", "x.yml"], None),
        (["-e", "service=db approve=x"], None),
        (["--ask-vault-password", "x.yml"], None),
        (["-e", "@secrets.yml"], None),
        (["-e", "https://host/path"], None),
        (["-e", '{"service": "db"}'], None),
        (["--vault-password-file", "/x", "y.yml"], ["--vault-password-file", "***", "y.yml"]),
        (["--vault-password-file=/x"], ["--vault-password-file=***"]),
        (["--become-pass-file", "/x"], ["--become-pass-file", "***"]),
        (["-e", "db_password=hunter2"], ["-e", "db_password=***"]),
        (["-edb_password=hunter2"], ["-edb_password=***"]),
        (["--extra-vars=api_token=t"], ["--extra-vars=api_token=***"]),
        (["--extra-vars", "api_token=t"], ["--extra-vars", "api_token=***"]),
        (["-ve", "api_token=t"], ["-ve", "api_token=***"]),
        (["-veapi_token=t"], ["-veapi_token=***"]),
        (["-e", "service=db db_password='a b' x=1"], ["-e", "service=db db_password=*** x=1"]),
        (["-e", "PASSWORD=x=y"], ["-e", "PASSWORD=***"]),
        (["-e", "telegram_token=1:x"], ["-e", "telegram_token=***"]),
        (["-e", "ssh_key=x"], ["-e", "ssh_key=***"]),
        (["-e", '{"db_password": "x"}'], ["-e", "***"]),
        (["-e", "{db: {password: x}}"], ["-e", "***"]),
        (["-e", "password='unbalanced"], ["-e", "***"]),
        (["-e", "url=postgres://u:pw@h/d"], ["-e", "url=postgres://***@h/d"]),
    ],
)
def test_redact(argv: list[str], expected: list[str] | None) -> None:
    assert redact(argv) == (argv if expected is None else expected)

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the two modules about webhooks share: the options that reach a bot, and an end in one line.

Nothing leaves here but values that are known to hold no secret, and texts of our own.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import rules
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.change import Failed
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.client import (
    BUDGET_S,
    Api,
    Budget,
)

TOKEN_EXAMPLE = 'token: "{{ vault_bot_token }}"'
BUDGET_MAX_S = 600
COMMON: dict[str, dict[str, Any]] = {
    "token": {"type": "str", "required": True, "no_log": True},
    "base_url": {"type": "str", "default": rules.API},
    "ca_file": {"type": "path"},
    "timeout": {"type": "int", "default": BUDGET_S},
    "validate_certs": {"type": "bool", "default": True},
}


def api(given: Mapping[str, Any], secrets: Sequence[str] = ()) -> Api:
    """Everything about the way to the API is judged before anything is sent."""
    rules.verified("validate_certs", given["validate_certs"])
    token = rules.token("token", given["token"], TOKEN_EXAMPLE)
    base_url = rules.base_url("base_url", given["base_url"])
    seconds = given["timeout"]
    if not 1 <= seconds <= BUDGET_MAX_S:
        allowed = f"a whole number from 1 to {BUDGET_MAX_S} (seconds)"
        raise rules.invalid("timeout", f"got {seconds}", allowed, f"timeout: {BUDGET_S}")
    return Api(token, Budget(seconds), base_url, ca_file(given["ca_file"]), secrets)


def ca_file(path: str | None, name: str = "ca_file") -> str:
    if not path:
        return ""
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ValueError):
        allowed = "a file with the certificate of a CA in PEM"
        example = f"{name}: /etc/ssl/private-ca.pem"
        raise rules.invalid(name, "it cannot be read as that", allowed, example) from None
    return path


def certificate(path: str | None, name: str = "certificate") -> str | None:
    if not path:
        return None
    try:
        text = Path(path).read_text(encoding="ascii")
    except (OSError, ValueError):
        text = ""
    return rules.certificate(name, text)


def ended(module: Any, work: Callable[[], dict[str, Any]]) -> None:
    """Runs it and ends the module. It fails outside of any `except`, or Ansible would show the traceback,
    which may hold anything."""
    failure: dict[str, Any] = {}
    try:
        result = work()
    except rules.Invalid as error:
        failure = {"msg": f"error: {error}", "reason": "invalid", "untouched": True}
    except Failed as error:
        failure = {
            "msg": f"error: {error}",
            "reason": error.refusal.reason,
            "untouched": error.untouched,
        }
    except Refused as error:
        failure = {
            "msg": f"error: {error.refusal.message}",
            "reason": error.refusal.reason,
            "untouched": True,
        }
    except Exception as error:
        kind = type(error).__name__
        failure = {
            "msg": f"error: unforeseen ({kind}); look with telegram_webhook_info at what is set",
            "reason": "unforeseen",
            "untouched": False,
        }
    else:
        module.exit_json(**result)
    module.fail_json(**failure)

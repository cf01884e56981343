# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the actions about a bot share: its catalog entry with its secrets, and an end without them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.inputs import InputError
from ansible_collections.oncall.runbooks.plugins.module_utils.lock import (
    LockHeld,
    LockLost,
    LockUnavailable,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.platforms.reach import Unreachable
from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refused
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram import entry as bots
from ansible_collections.oncall.runbooks.plugins.module_utils.telegram.change import Failed
from ansible_collections.oncall.runbooks.plugins.plugin_utils.platform_action import PlatformAction
from ansible_collections.oncall.runbooks.plugins.plugin_utils.runbook_action import Stop

FORESEEN = (Stop, InputError, LockHeld, LockLost, LockUnavailable, Refused, Failed, Unreachable)
FALLBACK = "fall_back_to_polling"


class BotAction(PlatformAction):
    def bot(self, service: str) -> bots.Bot:
        path = f"runbooks_services.{service}.telegram"
        return bots.of(path, self.entry(service).get("telegram"), os.environ)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """What nobody foresaw may hold an address, and so the token: only its kind is told."""
        try:
            yield
        except FORESEEN:
            raise
        except Exception as error:
            kind = type(error).__name__
            raise Stop(f"error: unforeseen ({kind}) while the bot was asked") from None


def polls(history: Mapping[str, Any]) -> bool:
    """Whether a runbook made it poll, and nobody has taken that back."""
    return any(
        change["action"] == FALLBACK and change["status"] != "failed"
        for change in history.get("open", ())
    )

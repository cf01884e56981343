# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """What the modules about a Telegram bot share."""

    DOCUMENTATION = r"""
options:
  token:
    description:
      - The bot's token, as BotFather gave it. It is in no output, log or process argument.
      - A space or a line break in it is refused, not cut off.
    type: str
    required: true
  base_url:
    description: The Bot API; another one than Telegram's for a server of your own.
    type: str
    default: https://api.telegram.org
  ca_file:
    description: >-
      A file on the target with the CA that signed the certificate of O(base_url), when it is a private one.
    type: path
  timeout:
    description:
      - >-
        How long all calls together may take, in seconds from 1 to 600, with the waiting that Telegram asks for
        (C(retry_after)).
    type: int
    default: 30
  validate_certs:
    description: Certificates are always verified; V(false) is refused. See O(ca_file).
    type: bool
    default: true
notes:
  - Needs nothing on the target but Python.
  - >-
    Do not pass the token or the secret with C(-e): the process list shows it. Keep them in a vault, or take them from a
    file or the environment of the controller with a lookup.
attributes:
  check_mode:
    description: Can run in C(check_mode) and answers what it would do; it then only reads.
    support: full
"""

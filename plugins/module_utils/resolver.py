# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The addresses of a name, within a deadline: client libraries wait for a name server as long as that likes."""

from __future__ import annotations

import socket
import threading
import time

from ansible_collections.oncall.runbooks.plugins.module_utils.refusals import Refusal, Refused, safe


def addresses(host: str, port: int | None, deadline: float) -> list[str]:
    """Raises Refused."""
    found: list[str] = []
    problems: list[str] = []

    def look_up() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(info[4][0]) for info in infos))
        except (OSError, UnicodeError) as error:
            problems.append(getattr(error, "strerror", None) or "it is no name")

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if found:
        return found
    problem = problems[0] if problems else "the name server does not answer"
    raise Refused(Refusal("dns_failure", safe(f"{host} is not resolved: {problem}")))

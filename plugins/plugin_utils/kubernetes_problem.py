# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a connection failed, in a few words: the cause at the bottom of what the libraries wrap around it."""

from __future__ import annotations

import ssl


def reason(problem: BaseException) -> str:
    cause = bottom(problem)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {cause.verify_message}"
    if isinstance(cause, TimeoutError) or "timed out" in str(cause):
        return "timed out"
    text = getattr(cause, "strerror", None) or str(cause) or type(cause).__name__
    return " ".join(str(text).split())[:200]


def bottom(problem: BaseException) -> BaseException:
    wrapped = [one for one in problem.args if isinstance(one, BaseException)]
    inner = problem.__cause__ or next(iter(wrapped), None)
    return bottom(inner) if inner else problem

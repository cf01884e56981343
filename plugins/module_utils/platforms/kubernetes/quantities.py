# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubernetes writes amounts as "512Mi", "1500m" or "2e3": read, compared, written.

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from decimal import Decimal

BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
FORM = re.compile(r"(?P<number>[+-]?[0-9]*\.?[0-9]+|[+-]?[0-9]+\.)(?P<rest>.*)")


def amount(text: str | int | float) -> Decimal:
    found = FORM.fullmatch(str(text).strip())
    if not found:
        raise ValueError(f"'{text}' is no quantity")
    number, rest = Decimal(found["number"]), found["rest"]
    if rest in BINARY:
        return number * Decimal(1024) ** BINARY[rest]
    if rest in DECIMAL:
        return number * Decimal(10) ** DECIMAL[rest]
    if re.fullmatch(r"[eE][+-]?[0-9]+", rest):
        return number * Decimal(10) ** int(rest[1:])
    raise ValueError(f"'{text}' is no quantity")


def whole_bytes(text: str | int | float) -> int:
    return int(amount(text))


def memory(size: int) -> str:
    """The shortest whole number: 512Mi, not 536870912."""
    for unit in ("Ei", "Pi", "Ti", "Gi", "Mi", "Ki"):
        factor = 1024 ** BINARY[unit]
        if size and size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)


def cpus(number: float) -> str:
    thousandths = round(number * 1000)
    whole, rest = divmod(thousandths, 1000)
    return f"{thousandths}m" if rest else str(whole)

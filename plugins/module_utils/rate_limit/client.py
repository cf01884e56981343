# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A client as its counter names it: an address, a user, a key of an API.

Pure functions. What looks like a key is not shown whole.
"""

from __future__ import annotations

import re

from ansible_collections.oncall.runbooks.plugins.module_utils.redaction import excerpt

# A person may name one by these; they are no characters of a pattern.
PATTERN = r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,127}"
SEPARATORS = ":|/"
KEY = re.compile(r"[A-Za-z0-9_-]{20,}")


def shown(name: str) -> str:
    said = KEY.sub(lambda found: f"{found[0][:4]}…", name)
    return excerpt(said, 80)


def is_of(rest: str, client: str) -> bool:
    """Whether what follows a counter's prefix is this client's, and not one that only begins like it."""
    for found in re.finditer(re.escape(client), rest):
        before, after = rest[: found.start()][-1:], rest[found.end() :][:1]
        if before in ("", *SEPARATORS) and after in ("", *SEPARATORS):
            return True
    return False

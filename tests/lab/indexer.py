# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A chain and an index of it, each as a function of time: what is measured can be told beforehand.

    python tests/lab/indexer.py make --dir DIR [--behind N] [--pace BLOCKS] [--stuck]
    python tests/lab/indexer.py height|restart|alive --dir DIR

The chain grows by one block a second, and the index by `pace` a second in whole steps until it is there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

FIRST = 1000


def head(kept: dict[str, Any]) -> int:
    return FIRST + int(time.time() - kept["began"])


def height(kept: dict[str, Any]) -> int:
    if kept["stuck"]:
        return int(kept["height"])
    return min(head(kept), int(kept["height"] + kept["pace"] * int(time.time() - kept["since"])))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("verb")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--behind", type=int, default=0)
    parser.add_argument("--pace", type=int, default=50)
    parser.add_argument("--stuck", action="store_true")
    given = parser.parse_args()
    path = given.dir / "index.json"
    if given.verb == "make":
        given.dir.mkdir(parents=True, exist_ok=True)
        now = time.time()
        content = {"began": now - given.behind, "since": now, "height": FIRST, "pace": given.pace}
        path.write_text(json.dumps({**content, "stuck": given.stuck, "restarts": 0}))
        return 0
    kept = json.loads(path.read_text())
    if given.verb == "height":
        print(json.dumps({"indexed": height(kept), "chain": head(kept)}))
    elif given.verb == "restart":
        kept.update(
            height=height(kept), since=time.time(), stuck=False, restarts=kept["restarts"] + 1
        )
        path.write_text(json.dumps(kept))
    return 0


if __name__ == "__main__":
    sys.exit(main())

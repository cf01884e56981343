# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ten services, two faults: what a triage costs, beside an empty playbook, in one run."""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from lib import measure
from lib.measure import Run

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".ansible" / "collections"))

from ansible_collections.oncall.runbooks.tests.integration import harness  # noqa: E402
from ansible_collections.oncall.runbooks.tests.integration.scenarios import town  # noqa: E402
from ansible_collections.oncall.runbooks.tests.lab import postgres  # noqa: E402

LIMIT = 6


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/triage", description=__doc__)
    parser.add_argument("--runs", type=int, default=9, help="rounds that count (default 9)")
    parser.add_argument(
        "--strict", action="store_true", help=f"exit 1 above {LIMIT} empty playbooks"
    )
    return parser.parse_args()


def row(name: str, runs: list[Run]) -> str:
    walls, cpus = [run.wall_s for run in runs], [run.cpu_s for run in runs]
    spread = f"{min(walls):.2f} to {max(walls):.2f}"
    return f"{name:8}{statistics.median(walls):8.2f} s  ({spread}){statistics.median(cpus):10.2f} s CPU"


def rounds(site: harness.Site, count: int) -> tuple[list[Run], list[Run]]:
    """One after the other, so that both meet the same machine; the first round is not counted."""
    empty, triage = [harness.PLAYBOOK, "-i", "db01,", "bench/empty.yml"], site.command("triage")
    found: tuple[list[Run], list[Run]] = ([], [])
    for number in range(count + 1):
        for argv, runs in zip((empty, triage), found, strict=True):
            done = measure.run(argv, cwd=ROOT, env=site.environment())
            if number:
                runs.append(done)
    return found


def main() -> int:
    given = arguments()
    print(f"load before the start: {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        database = postgres.start(folder / "db", engine="embedded")
        try:
            with town.open_town(folder, database) as opened:
                site = harness.make_site(folder, opened.services(), {}, opened.groups())
                postgres.stop(folder / "db")
                opened.stop("bot")
                empty, triage = rounds(site, given.runs)
        finally:
            postgres.stop(folder / "db", delete=True)
    ratio = statistics.median(run.wall_s for run in triage) / statistics.median(
        run.wall_s for run in empty
    )
    print(row("empty", empty), row("triage", triage), sep="\n")
    print(f"a triage takes as long as {ratio:.2f} empty playbooks (limit {LIMIT})")
    return 1 if given.strict and ratio > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())

# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The same incident handled by a script, by a typed-over port, and by ours, side by side."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType

from lib import clusters, figures, variants
from lib.clusters import Cluster, Clusters
from lib.figures import Figures
from lib.measure import Run
from lib.sessions import FULL, Sessions
from lib.variants import HEALTHY, Bench, Variant

MOST = 50  # targets
IDLE_S = 1.2  # ours is told idle_seconds=1


def numbers(given: str) -> list[int]:
    """1,10,50 in ascending order."""
    found = sorted({int(each) for each in given.split(",")})
    if found[0] < 1 or found[-1] > MOST:
        raise argparse.ArgumentTypeError(f"from 1 to {MOST} targets")
    return found


def chosen(given: str) -> list[Variant]:
    names = {variant.name: variant for variant in variants.ALL}
    try:
        wanted = {names[name] for name in given.split(",")}
    except KeyError as error:
        raise argparse.ArgumentTypeError(f"{error} is not one of {', '.join(names)}") from None
    return [variant for variant in variants.ALL if variant in wanted]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="rounds that count (default 5)")
    parser.add_argument("--targets", type=numbers, default=[1, 10, 50], metavar="1,10,50")
    names = ",".join(variant.name for variant in variants.ALL)
    parser.add_argument("--only", type=chosen, default=list(variants.ALL), metavar=names)
    parser.add_argument("--port", type=int, default=27400, help="the first of the clusters' ports")
    parser.add_argument("--strict", action="store_true", help="exit 1 unless every limit holds")
    parser.add_argument("--verbose", action="store_true", help="show each run, and its output")
    parser.add_argument("--clean", action="store_true", help="remove what a killed run left")
    return parser.parse_args()


class Comparison:
    """Rounds of A B C A B C, each from the same start, and what they cost."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.rounds, self.counts, self.verbose = given.runs, given.targets, given.verbose
        self.variants = [v for v in given.only if variants.missing(v) is None]
        self.clusters = Clusters(given.port)
        self.sessions = Sessions()
        self.bench = Bench()
        self.figures = Figures()

    def run(self) -> None:
        for count in self.counts:
            targets = self.clusters.first(count)
            chosen = [v for v in self.variants if v.incident or count == 1]
            self.say(f"{count} targets: warming up, memory")
            chosen = [v for v in chosen if self.once(v, targets, watched=True)]
            for number in range(1, self.rounds + 1):
                self.say(f"{count} targets: round {number} of {self.rounds}")
                for variant in chosen:
                    self.once(variant, targets)

    def once(self, variant: Variant, targets: Sequence[Cluster], *, watched: bool = False) -> bool:
        """One measurement; one watched for its memory is not counted."""
        self.prepare(variant, targets)
        run = self.bench.measure(variant, targets, memory=watched)
        wrong = run.problem or self.wrong(variant, targets, run)
        if wrong:
            self.say(f"{variant.title}: {wrong}; not counted\n{run.tail(40)}\n")
        elif self.verbose:
            self.say(f"{variant.title}: {run.wall_s:.2f} s\n{run.tail(100)}\n")
        if not wrong and watched:
            self.figures.memory[len(targets), variant] = run
        elif not wrong:
            self.figures.add(len(targets), variant, run)
        return not wrong

    @staticmethod
    def say(what: str) -> None:
        print(what, file=sys.stderr, flush=True)

    def prepare(self, variant: Variant, targets: Sequence[Cluster]) -> None:
        """The state it starts from: every slot taken and idle, or nobody there."""
        clusters.each(clusters.restore, targets)
        if not variant.incident:
            if variant is HEALTHY:
                self.sessions.release()
                time.sleep(0.5)
            return
        self.sessions.fill(targets)
        time.sleep(IDLE_S)
        for target in targets:
            if clusters.application_gets_in(target):
                raise RuntimeError(f"{target.name} has a free slot with {FULL} sessions held")

    @staticmethod
    def wrong(variant: Variant, targets: Sequence[Cluster], run: Run) -> str | None:
        """Whether the incident is really over, by the bench's own eyes."""
        if run.status:
            return f"exit status {run.status}"
        if not variant.incident:
            return None
        if run.healthy_s is None:
            return "it never read healthy"
        for target in targets:
            if not clusters.application_gets_in(target):
                return f"{target.name} has still no free slot"
            if (clusters.max_connections(target) != clusters.MAX_CONNECTIONS) != variant.restarts:
                return f"{target.name} has max_connections {clusters.max_connections(target)}"
        return None

    def close(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.sessions.release()
        self.clusters.drop()
        self.bench.close()


def machine() -> str:
    """What the figures depend on; ask before the bench itself is the load."""
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before the start"
    return f"PostgreSQL {clusters.VERSION}, Python {platform.python_version()}, {load}"


def interrupted(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    given = arguments()
    if given.clean:
        for name in clusters.leftovers():
            clusters.drop(name)
        return 0
    if why := clusters.unusable():
        print(f"bench/run: {why}", file=sys.stderr)
        return 2
    for variant in given.only:
        if why := variants.missing(variant):
            print(f"{variant.title}: left out, {why}", file=sys.stderr)
    signal.signal(signal.SIGTERM, interrupted)
    where = machine()
    comparison = Comparison(given)
    try:
        comparison.run()
    except KeyboardInterrupt:
        print("bench/run: interrupted; what was measured so far:", file=sys.stderr)
    except RuntimeError as error:
        print(f"bench/run: {error}; what was measured so far:", file=sys.stderr)
    finally:
        comparison.close()
    print(f"{where}; {given.runs} rounds\n")
    print(*figures.text(comparison.figures), sep="\n")
    held = all(limit.holds for limit in comparison.figures.limits())
    return 1 if given.strict and not held else 0


if __name__ == "__main__":
    sys.exit(main())

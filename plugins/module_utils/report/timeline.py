# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The timeline drawn to scale: an SVG with a lane for each service.

A mark stands at its true time. Its numbered badge stands above it, moved sideways only as
far as its neighbours force it to, with a line to the mark; the number leads to the table of
events. Colours are CSS variables of the page, so the drawing follows light and dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import (
    clock,
    duration,
    visible,
)
from ansible_collections.oncall.runbooks.plugins.module_utils.times import seconds

WIDTH, LEFT, RIGHT = 1040, 116, 1024
AXIS, ROW, LEADER, BAND, GAP, KEY = 32, 23, 18, 18, 26, 28
BADGE_GAP = 23  # between the centres of two badges, which are 18 wide
LETTER = 6.4  # how wide a letter of the labels may be, in the widest of the usual fonts
TICKS = 8
STEPS = (
    *(m * 10**e for e in range(-3, 1) for m in (1, 2, 5)),
    *(10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400),
)

# kind of event -> (tone, short label)
KINDS = {
    "run_opened": ("plain", "start"),
    "findings_ok": ("ok", "ok"),
    "findings_warn": ("warn", "warning"),
    "findings_crit": ("crit", "critical"),
    "findings_unknown": ("unknown", "unknown"),
    "plan": ("plain", "plan"),
    "causes": ("warn", "causes"),
    "watch": ("plain", "watch"),
    "lock_acquired": ("plain", "lock"),
    "lock_refused": ("warn", "locked"),
    "lock_released": ("plain", "unlock"),
    "break_glass": ("warn", "break glass"),
    "change_intended": ("change", "change"),
    "change_made": ("change", "made"),
    "change_failed": ("crit", "change failed"),
    "change_cut_off": ("warn", "cut off"),
    "change_reverted": ("change", "reverted"),
    "verification_verified": ("ok", "verified"),
    "verification_failed": ("crit", "not healthy"),
    "failure": ("crit", "failure"),
    "run_closed": ("plain", "end"),
    "incident_closed": ("plain", "closed"),
}
# what the key below the drawing says, in its order
KEYS = (
    ("crit", "critical"),
    ("warn", "warning"),
    ("unknown", "unknown"),
    ("ok", "ok"),
    ("plain", "not read yet"),
    ("change", "change under way"),
    ("lock", "lock held"),
)
# a span runs from its first kind to the next of the others in the same lane
SPANS = {
    "change_intended": (
        "change",
        ("change_made", "change_failed", "change_cut_off", "change_reverted"),
    ),
    "lock_acquired": ("lock", ("lock_released",)),
}


@dataclass
class Mark:
    number: int
    at: float  # seconds after the start
    kind: str
    text: str
    x: float
    badge: float = 0.0
    row: int = 0

    @property
    def tone(self) -> str:
        return tone(self.kind)


@dataclass
class Lane:
    name: str
    marks: list[Mark] = field(default_factory=list)
    rows: int = 1


@dataclass(frozen=True)
class Scale:
    span: float

    def x(self, at: float) -> float:
        return LEFT + (RIGHT - LEFT) * at / self.span


def tone(kind: str) -> str:
    return KINDS.get(kind, ("plain", ""))[0]


def numbered(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The events with their numbers and seconds after the start, for drawing and table."""
    events = report["timeline"]
    times = [seconds(event["at"]) for event in events]
    start = min(times, default=0.0)
    return [
        {**event, "number": n, "after": at - start, "tone": tone(event["kind"])}
        for n, (event, at) in enumerate(zip(events, times, strict=True), start=1)
    ]


def draw(report: dict[str, Any]) -> str:
    """The SVG; an empty text when nothing happened."""
    events = numbered(report)
    if not events:
        return ""
    end = max(event["after"] for event in events)
    scale = Scale(end if end > 0 else 1.0)
    lanes = lanes_of(events, report["services"], scale)
    height = AXIS + sum(_height(lane) for lane in lanes) + KEY
    used: set[str] = set()
    body = list(_axis(scale, height - KEY))
    top = AXIS
    for lane in lanes:
        body += _lane(lane, top, scale, end, used)
        top += _height(lane)
    body += _key(used, height)
    summary = f"{len(events)} events in {duration(end)}, from {clock(events[0]['at'])} UTC"
    return (
        f'<svg class="timeline" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-labelledby="timeline-title" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="timeline-title">Timeline to scale: {_text(summary)}</title>'
        + "".join(body)
        + "</svg>"
    )


def lanes_of(events: list[dict[str, Any]], services: Sequence[str], scale: Scale) -> list[Lane]:
    """A lane for each service; the run has its own, unless there is but one service."""
    shared = services[0] if len(services) == 1 else ""
    lanes = {name: Lane(name) for name in ([shared] if shared else ["", *services])}
    for event in events:
        lane = lanes.setdefault(event["service"] or shared, Lane(event["service"] or shared))
        at = event["after"]
        lane.marks.append(Mark(event["number"], at, event["kind"], event["text"], scale.x(at)))
    placed = [lane for lane in lanes.values() if lane.marks]
    for lane in placed:
        place(lane)
    return placed


def place(lane: Lane) -> None:
    """Give each badge a place of its own; a lane with too many for one row gets more rows."""
    room = int((RIGHT - LEFT) // BADGE_GAP) + 1
    lane.rows = -(-len(lane.marks) // room)
    for row in range(lane.rows):
        marks = lane.marks[row :: lane.rows]
        places = spread([mark.x for mark in marks], BADGE_GAP, LEFT, RIGHT)
        for mark, x in zip(marks, places, strict=True):
            mark.badge, mark.row = x, row


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places in the same order, `gap` apart, within low..high, as near to the wanted as can."""
    # Less i gaps, "at least a gap apart" is "not falling": neighbours that would fall are
    # pooled at their mean, which is the least squares solution.
    pools: list[tuple[float, int]] = []
    for i, x in enumerate(wanted):
        mean, count = x - i * gap, 1
        while pools and pools[-1][0] > mean:
            before, size = pools.pop()
            mean, count = (before * size + mean * count) / (size + count), size + count
        pools.append((mean, count))
    flat = [mean for mean, count in pools for _unused in range(count)]
    top = high - (len(flat) - 1) * gap
    return [min(max(x, low), top) + i * gap for i, x in enumerate(flat)]


def ticks(span: float) -> list[float]:
    """Round times, as many as can be read."""
    step = next((step for step in STEPS if span / step <= TICKS), 0.0)
    if not step:
        days = int(span / STEPS[-1] / TICKS) + 1
        step = days * STEPS[-1]
    return [i * step for i in range(int(span / step + 1e-9) + 1)]


def _height(lane: Lane) -> int:
    return lane.rows * ROW + LEADER + BAND + GAP


def _axis(scale: Scale, bottom: float) -> Iterator[str]:
    for at in ticks(scale.span):
        x = scale.x(at)
        yield f'<path class="grid" d="M{x:.1f} {AXIS - 8}V{bottom - 8:.1f}"/>'
        anchor = "start" if x < LEFT + 20 else "end" if x > RIGHT - 20 else "middle"
        label = "0" if not at else f"+{duration(at)}"
        place = f'x="{x:.1f}" y="{AXIS - 14}" text-anchor="{anchor}"'
        yield f'<text class="tick" {place}>{label}</text>'


def _lane(lane: Lane, top: float, scale: Scale, end: float, used: set[str]) -> Iterator[str]:
    y = top + lane.rows * ROW + LEADER
    yield (
        f'<text class="lane" x="{LEFT - 14}" y="{y + 13}" text-anchor="end">'
        f"{_text(_fit(lane.name or 'run', LEFT - 20))}<title>{_text(lane.name)}</title></text>"
    )
    yield from _states(lane, y, scale, end, used)
    yield from _spans(lane, y, scale, end, used)
    for mark in lane.marks:
        badge_y = top + mark.row * ROW + 10
        path = f"M{mark.badge:.1f} {badge_y + 9}L{mark.x:.1f} {y - 2}V{y + BAND}"
        yield f'<path class="leader" d="{path}"/>'
    for i, mark in enumerate(lane.marks):
        badge_y = top + mark.row * ROW + 10
        after = lane.marks[i + lane.rows].badge if i + lane.rows < len(lane.marks) else WIDTH + 12
        yield from _badge(mark, badge_y, after - mark.badge - 24)


def _states(lane: Lane, y: float, scale: Scale, end: float, used: set[str]) -> Iterator[str]:
    """How the service was, as far as it had been read."""
    if not lane.name:
        yield f'<path class="run" d="M{LEFT} {y + BAND / 2}H{RIGHT}"/>'
        return
    read = [mark for mark in lane.marks if mark.kind.startswith("findings_")]
    edges = [(0.0, "plain"), *((mark.at, mark.tone) for mark in read)]
    stops = [*(at for at, _unused in edges[1:]), end]
    for (start, state), stop in zip(edges, stops, strict=True):
        left, width = scale.x(start), scale.x(stop) - scale.x(start)
        if width <= 0 and len(edges) > 1 and start != end:
            continue
        used.add(state)
        yield _rect(f"band t-{state}", left, y, max(width, 1.5), BAND)
        label = dict(KEYS)[state]
        if state != "plain" and width > len(label) * LETTER + 12:
            yield f'<text class="on-band" x="{left + 7:.1f}" y="{y + 13}">{label}</text>'


def _spans(lane: Lane, y: float, scale: Scale, end: float, used: set[str]) -> Iterator[str]:
    for i, mark in enumerate(lane.marks):
        if mark.kind not in SPANS:
            continue
        name, closing = SPANS[mark.kind]
        stop = next((other.at for other in lane.marks[i:] if other.kind in closing), end)
        used.add(name)
        top, thick = (y + BAND + 2, 5) if name == "change" else (y + BAND + 9, 2)
        width = max(scale.x(stop) - mark.x, 2.0)
        yield _rect(f"s-{name}", mark.x, top, width, thick)


def _badge(mark: Mark, y: float, room: float) -> Iterator[str]:
    yield f'<g class="event t-{mark.tone}"><title>{mark.number}. {_text(mark.text)}</title>'
    yield f'<circle class="badge" cx="{mark.badge:.1f}" cy="{y}" r="9"/>'
    small = ' class="small"' if mark.number > 99 else ""
    place = f'x="{mark.badge:.1f}" y="{y + 3.6:.1f}" text-anchor="middle"'
    yield f"<text{small} {place}>{mark.number}</text>"
    label = KINDS.get(mark.kind, ("", ""))[1]
    if label and room > len(label) * LETTER:
        yield f'<text class="label" x="{mark.badge + 13:.1f}" y="{y + 3.8:.1f}">{label}</text>'
    yield "</g>"


def _key(used: set[str], height: float) -> Iterator[str]:
    """Which colour and line means what: only those that occur."""
    x, y = float(LEFT), height - 8
    for name, label in KEYS:
        if name not in used:
            continue
        if name in ("change", "lock"):
            thick = 5 if name == "change" else 2
            yield _rect(f"s-{name}", x, y - 4 - thick / 2, 16, thick)
        else:
            yield _rect(f"band t-{name}", x, y - 9, 16, 10)
        yield f'<text class="key" x="{x + 22:.1f}" y="{y}">{label}</text>'
        x += 22 + len(label) * LETTER + 16


def _rect(css: str, x: float, y: float, width: float, height: float) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}"'
    return f'<rect class="{css}" {place}/>'


def _fit(name: str, room: float) -> str:
    return visible(name, int(room / LETTER))


def _text(value: object) -> str:
    return escape(visible(value))

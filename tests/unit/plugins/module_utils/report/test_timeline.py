# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.report.events import TEXTS
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import visible
from ansible_collections.oncall.runbooks.plugins.module_utils.report.timeline import (
    KINDS,
    LEFT,
    LETTER,
    RIGHT,
    WIDTH,
    draw,
    numbered,
    spread,
    ticks,
)
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.report.journal_lines import (
    CRIT,
    HOSTILE,
    STORIES,
    Story,
    end_sessions,
    finding,
    hostile,
    many,
    recovered,
)

SVG = "{http://www.w3.org/2000/svg}"


def crowd(events: int) -> Story:
    """Everything at the same moment, in a run of an hour."""
    story = Story().findings(1, CRIT)
    for number in range(events):
        story.intend(2, number=number)
    return story.close(3600)


DRAWINGS: dict[str, Callable[[], Story]] = {
    **STORIES,
    "one event": Story,
    "a second": lambda: Story().findings(0.4, CRIT).plan(0.5, end_sessions()).close(1),
    "an hour": lambda: Story().findings(1, CRIT).findings(1800, finding()).close(3600),
    "a week": lambda: Story().findings(1, CRIT).close(7 * 86400),
    "a crowd": lambda: crowd(30),
    "a throng": lambda: crowd(150),
}


def events(svg: str) -> list[dict[str, Any]]:
    """Badges as drawn, each with the true place its line leads to."""
    root = ElementTree.fromstring(svg)
    leaders = [
        path.get("d", "") for path in root.iter(f"{SVG}path") if path.get("class") == "leader"
    ]
    marks = {}
    for path in leaders:
        bx, by, x = map(float, re.findall(r"M([\d.]+) ([\d.]+)L([\d.]+) ", path)[0])
        marks[bx, by] = x
    found = []
    for group in root.iter(f"{SVG}g"):
        circle, title = group.find(f"{SVG}circle"), group.find(f"{SVG}title")
        label = group.find(f"{SVG}text[@class='label']")
        assert circle is not None
        assert title is not None
        cx, cy = float(circle.get("cx", "")), float(circle.get("cy", ""))
        words = label.text or "" if label is not None else ""
        start = float(label.get("x", "")) if label is not None else cx
        found.append(
            {
                "number": int((title.text or "").partition(".")[0]),
                "cx": cx,
                "cy": cy,
                "x": marks[cx, cy + 9],
                "end": max(cx + 9, start + len(words) * LETTER),
            }
        )
    return found


@pytest.fixture(params=DRAWINGS, ids=list(DRAWINGS))
def story(request: pytest.FixtureRequest) -> Any:
    return DRAWINGS[request.param]()


def test_marks_are_to_scale(story: Any) -> None:
    report = story.report()
    told = {event["number"]: event["after"] for event in numbered(report)}
    span = max(told.values()) or 1.0
    drawn = events(draw(report))
    assert sorted(event["number"] for event in drawn) == list(told)
    for event in drawn:
        expected = LEFT + (RIGHT - LEFT) * told[event["number"]] / span
        assert event["x"] == pytest.approx(expected, abs=0.06)


def test_nothing_overlaps(story: Any) -> None:
    svg = draw(story.report())
    height = int(re.findall(r'viewBox="0 0 \d+ (\d+)"', svg)[0])
    drawn = events(svg)
    for row in {event["cy"] for event in drawn}:
        assert 9 < row < height - 9
        places = sorted((event for event in drawn if event["cy"] == row), key=lambda e: e["cx"])
        for left, right in pairwise(places):
            assert left["end"] < right["cx"] - 9
        assert places[0]["cx"] - 9 >= 0
        assert places[-1]["end"] <= WIDTH
    rows = sorted({event["cy"] for event in drawn})
    assert all(lower - upper > 18 for upper, lower in pairwise(rows))


def test_axis_labels_do_not_overlap(story: Any) -> None:
    root = ElementTree.fromstring(draw(story.report()))
    labels = [text for text in root.iter(f"{SVG}text") if text.get("class") == "tick"]
    assert len(labels) >= 2
    for left, right in pairwise(labels):
        half = (len(left.text or "") + len(right.text or "")) * LETTER
        assert float(right.get("x", "")) - float(left.get("x", "")) > half / 2


def test_no_event_no_drawing() -> None:
    report = recovered().report()
    report["timeline"] = []
    assert draw(report) == ""


def test_each_service_has_a_lane() -> None:
    root = ElementTree.fromstring(draw(many(3).report()))
    lanes = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "lane"]
    assert lanes == ["run", "service-00", "service-01", "service-02"]


def test_one_service_shares_its_lane_with_the_run() -> None:
    root = ElementTree.fromstring(draw(recovered().report()))
    assert [t.text for t in root.iter(f"{SVG}text") if t.get("class") == "lane"] == ["db"]


def test_the_band_shows_how_the_service_was() -> None:
    root = ElementTree.fromstring(draw(recovered().report()))
    top = min(float(r.get("y", "")) for r in root.iter(f"{SVG}rect"))
    bands = [
        (str(r.get("class")).rpartition("-")[2], float(r.get("x", "")))
        for r in root.iter(f"{SVG}rect")
        if float(r.get("y", "")) == top
    ]
    expected = [("plain", 0), ("crit", 1.0), ("crit", 1.9), ("warn", 20.4), ("ok", 27.2)]
    scale = (RIGHT - LEFT) / 32.9
    assert [state for state, _unused in bands] == [state for state, _unused in expected]
    for (_unused, x), (_unused, at) in zip(bands, expected, strict=True):
        assert x == pytest.approx(LEFT + at * scale, abs=0.06)


@pytest.mark.parametrize(
    ("css", "spans"),
    [("s-change", [(2.1, 2.6), (2.8, 17.5)]), ("s-lock", [(1.3, 32.6)])],
)
def test_spans_last_as_long_as_what_they_show(css: str, spans: list[tuple[float, float]]) -> None:
    root = ElementTree.fromstring(draw(recovered().report()))
    drawn = [r for r in root.iter(f"{SVG}rect") if r.get("class") == css][: len(spans)]
    scale = (RIGHT - LEFT) / 32.9
    for rect, (start, stop) in zip(drawn, spans, strict=True):
        assert float(rect.get("x", "")) == pytest.approx(LEFT + start * scale, abs=0.06)
        assert float(rect.get("width", "")) == pytest.approx((stop - start) * scale, abs=0.06)


def test_the_key_names_only_what_is_drawn() -> None:
    root = ElementTree.fromstring(draw(recovered().report()))
    key = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "key"]
    assert key == ["critical", "warning", "ok", "not read yet", "change under way", "lock held"]


def test_hostile_text_is_text() -> None:
    svg = draw(hostile().report())
    titles = [t.text or "" for t in ElementTree.fromstring(svg).iter(f"{SVG}title")]
    assert visible(HOSTILE) in titles
    assert svg.isprintable()


def test_every_kind_of_event_has_a_label() -> None:
    graded = {
        "findings": ("ok", "warn", "crit", "unknown"),
        "watch": ("ok", "failed"),
        "verification": ("verified", "failed"),
    }
    kinds = {
        f"{kind}_{grade}" if grade else kind for kind in TEXTS for grade in graded.get(kind, ("",))
    }
    assert kinds == set(KINDS)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([], []),
        ([50], [50]),
        ([10, 40, 90], [10, 40, 90]),
        ([50, 50], [45, 55]),
        ([50, 50, 50], [40, 50, 60]),
        ([0, 0, 0], [0, 10, 20]),
        ([100, 100], [90, 100]),
        ([20, 22, 80], [16, 26, 80]),
        ([40, 50, 50, 60], [35, 45, 55, 65]),
        ([0, 0, 100], [0, 10, 100]),
        ([0] * 11, list(range(0, 101, 10))),
    ],
)
def test_spread(wanted: list[float], expected: list[float]) -> None:
    assert spread(wanted, 10, 0, 100) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("span", "step", "last"),
    [
        (0.004, 0.001, 0.004),
        (1.0, 0.2, 1.0),
        (1.3, 0.2, 1.2),
        (32.9, 5, 30),
        (59, 10, 50),
        (240, 30, 240),
        (3600, 600, 3600),
        (86400, 10800, 86400),
        (7 * 86400, 86400, 7 * 86400),
        (30 * 86400, 4 * 86400, 28 * 86400),
    ],
)
def test_ticks_are_round_and_few(span: float, step: float, last: float) -> None:
    found = ticks(span)
    assert found[0] == 0
    assert found[1] == pytest.approx(step)
    assert found[-1] == pytest.approx(last)
    assert len(found) <= 9

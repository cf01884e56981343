# Copyright: (c) 2026, The oncall.runbooks maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import html.parser
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.oncall.runbooks.plugins.module_utils.report import html as page
from ansible_collections.oncall.runbooks.plugins.module_utils.report.present import visible
from ansible_collections.oncall.runbooks.tests.unit.plugins.module_utils.report.journal_lines import (
    CRIT,
    HOSTILE,
    INCIDENT,
    STORIES,
    Story,
    access,
    cut_off,
    end_sessions,
    finding,
    hostile,
    needs_approval,
    recovered,
)
from jinja2 import UndefinedError

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(html.parser.HTMLParser):
    """What a browser would see: elements with their attributes, and the texts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(text for text in self.texts if text))


@pytest.fixture(params=STORIES, ids=list(STORIES))
def any_page(request: pytest.FixtureRequest) -> Page:
    return Page(page.render(STORIES[request.param]().report()))


def test_a_page_is_well_formed(any_page: Page) -> None:
    assert any_page.open == []
    assert len(any_page.all("h1")) == 1


def test_a_page_is_self_contained(any_page: Page) -> None:
    allowed = {
        "html", "head", "meta", "link", "title", "style", "body", "main", "header", "section",
        "article", "footer", "h1", "h2", "h3", "h4", "p", "b", "strong", "span", "div", "code",
        "pre", "dl", "dt", "dd", "ul", "li", "table", "thead", "tbody", "tr", "th", "td",
        "details", "summary", "svg", "g", "text", "path", "rect", "circle",
    }  # fmt: skip
    assert {tag for tag, _unused in any_page.elements} <= allowed
    for tag, attributes in any_page.elements:
        assert not [
            name for name in attributes if name.startswith("on") or name in ("src", "style")
        ]
        assert attributes.get("href") in (None, "data:,"), tag
    (policy,) = [m["content"] for m in any_page.all("meta") if "http-equiv" in m]
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_style_fetches_nothing() -> None:
    style = page.TEMPLATE.read_text(encoding="utf-8")
    assert "url(" not in style
    assert "@import" not in style
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


def test_a_page_can_be_heard(any_page: Page) -> None:
    assert any_page.all("html")[0]["lang"] == "en"
    assert all(cell.get("scope") in ("col", "row", "rowgroup") for cell in any_page.all("th"))
    ids = [str(a["id"]) for _unused, a in any_page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    for section in any_page.all("section"):
        assert section["aria-labelledby"] in ids
    levels = [int(tag[1]) for tag, _unused in any_page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_hostile_text_is_shown_as_text() -> None:
    raw = page.render(hostile().report())
    assert visible(HOSTILE) in Page(raw).text
    assert raw.replace("\n", "").isprintable()
    assert "<script" not in raw
    raw.encode("utf-8")


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (recovered, "Recovered in 27.2 s"),
        (recovered, "Duration 32.9 s"),
        (recovered, "Verification verified, held 5 s"),
        (recovered, "db_connection_exhausted on db"),
        (recovered, "Break glass db: read while every slot is used, by way of exec as postgres"),
        (recovered, f"revert.yml -e service=db -e incident={INCIDENT} -e change=2"),
        (recovered, "Undo None: an ended session cannot be restored; clients connect again"),
        (recovered, "Expires at 2026-11-22 03:04:05 UTC."),
        (recovered, "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        (recovered, f"head {'ab' * 32}"),
        (recovered, "4711 app api 10.0.0.5 idle 512"),
        (needs_approval, "To allow it ansible-playbook playbooks/db_connection_exhausted.yml"),
        (needs_approval, f" -e service=db -e incident={INCIDENT} -e approve=raise_max_connections"),
        (needs_approval, "Next step to allow it: add -e approve=raise_max_connections"),
        (needs_approval, "Why not needed: no session is idle"),
        (cut_off, "begun, end not recorded"),
        (cut_off, "No end the journal has no end of this run"),
        (cut_off, "Verification never done"),
        (STORIES["planned"], "Check mode this is what the run would do; nothing was changed"),
        (STORIES["locked"], "Locked by another run"),
        (Story, "No finding was recorded."),
    ],
)  # fmt: skip
def test_what_a_reader_looks_for(story: Any, expected: str) -> None:
    assert expected in Page(page.render(story().report())).text


def test_outcomes_of_several_services_are_listed() -> None:
    story = Story("db", "cache").findings(1, finding()).findings(1, CRIT | {"service": "cache"})
    assert "cache attention db healthy" in Page(page.render(story.report())).text


def test_a_reverted_change_offers_no_undo() -> None:
    text = page.render(recovered().add(40, "change_reverted", {"number": 2}).report())
    assert "-e change=2" not in text
    assert "Reverted at 2026-11-21 03:04:45 UTC." in text


@pytest.mark.parametrize(("rows", "opened"), [(20, True), (21, False)])
def test_long_lists_are_folded(rows: int, opened: bool) -> None:
    ended = {"ended": [{"pid": pid} for pid in range(rows)]}
    story = Story().findings(1, CRIT).plan(2, end_sessions()).intend(3).made(4, after=ended)
    (details,) = Page(page.render(story.report())).all("details")
    assert ("open" in details) is opened


def side(
    value: float | None, unit: str = "percent", threshold: float | None = 80
) -> dict[str, Any]:
    return finding("crit", "idle_sessions", value=value, unit=unit, threshold=threshold)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (side(100.0), side(20.0), [(100.0, 80.0), (20.0, 80.0)]),
        (side(50.0), None, [(50.0, 80.0), None]),
        (side(160.0), side(80.0), [(100.0, 50.0), (50.0, 50.0)]),
        (side(None), side(20.0), [(None, 80.0), (20.0, 80.0)]),
        (side(10, "clients", None), side(0, "clients", None), [(87.0, None), (0.0, None)]),
        (side(0, "clients", None), None, [(0.0, None), None]),
        (side(-5, "seconds", 10), None, [(0.0, 87.0), None]),
    ],
)
def test_bars_share_one_scale(before: Any, after: Any, expected: list[Any]) -> None:
    row = page.reading({"service": "db", "check": "c", "before": before, "after": after})
    assert row is not None
    bars = [row[name] and (row[name]["fill"], row[name]["mark"]) for name in ("before", "after")]
    assert bars == expected


@pytest.mark.parametrize("value", [None, "text", True, float("nan"), float("inf")])
def test_what_is_no_number_has_no_bar(value: Any) -> None:
    pair = {"service": "db", "check": "c", "before": access(value=value), "after": None}
    assert page.reading(pair) is None


def test_a_missing_field_is_an_error_not_a_blank() -> None:
    report = recovered().report()
    del report["journal"]["head"]
    with pytest.raises(UndefinedError):
        page.render(report)


def test_a_template_elsewhere(tmp_path: Path) -> None:
    template = tmp_path / "mine.j2"
    template.write_text("{{ report.outcome }} <{{ headline }}> {{ report.environment }}")
    report = hostile().report()
    assert page.render(report, template).startswith("error <Error> evil|role # pwned")
    assert "&lt;script&gt;" in page.render(report, str(template))


def test_every_outcome_has_a_headline_and_a_tone() -> None:
    from ansible_collections.oncall.runbooks.plugins.module_utils.outcome import OUTCOMES

    assert set(page.TONES) == set(page.HEADLINES) == set(OUTCOMES)


def test_what_was_read_through_it_again_is_one_notice() -> None:
    report = recovered().report()
    used = next(event for event in report["timeline"] if event["kind"] == "break_glass")
    report["timeline"].append({**used})
    text = Page(page.render(report)).text
    assert text.count("Break glass db: read while") == 1 and "as postgres; 2 times" in text

"""Charts for print: what is drawn is what was counted, and nothing is told by colour alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from clipper.archive.reader import Reader
from clipper.errors import UsageError
from clipper.publish.stats import months
from clipper.publish.stats.report import Report, Wanted, report
from clipper.search.indexing import follow
from clipper.search.query import parse
from clipper.search.results import Search
from planted import THEMES, Planted, planted

pytest.importorskip("matplotlib", reason="charts need matplotlib, the extra 'plot'")

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from clipper.coding import pictures
from clipper.publish import charts
from clipper.publish.stats_page import page

Ask = Callable[..., Report]
VIEWS: dict[str, dict[str, object]] = {
    "overview": {}, "coverage": {"coverage": True}, "terms": {"terms": True}, "together": {"together": True},
    "month": {"by": (("month",),)}, "outlet": {"by": (("outlet",),)}, "theme by outlet": {"by": (("theme", "outlet"),)},
    "theme by month": {"by": (("theme", "month"),)},
}  # fmt: skip


def _asking(folder: Path, made: Planted) -> Ask:
    made.write(folder)

    def ask(query: str = "", **wanted: object) -> Report:
        node = parse(query)
        search = Search(Reader(folder), node, follow=follow, fold=False)
        asked = Wanted("2026-01-05", themes=THEMES, **wanted)  # type: ignore[arg-type]  # named by the test
        return search.ask(lambda index: report(index, node, asked))

    return ask


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    made = planted()
    made.article("steady post", "2026-01-02", "too early to say", "closure")
    yield _asking(tmp_path_factory.mktemp("planted"), made)


def _figure(found: Report) -> Figure:
    with pictures._own_settings():
        return charts._figure(found, "Spring", found.notes)


def _axes(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.findobj(Axes) if axes.axison]  # type: ignore[attr-defined]  # all axes have it


@pytest.mark.parametrize("view", VIEWS)
def test_no_letter_is_smaller_than_eight_points_and_none_is_read_as_mathematics(ask: Ask, view: str) -> None:
    figure = _figure(ask(**VIEWS[view]))
    texts = [text for text in figure.findobj(Text) if text.get_text().strip()]  # type: ignore[attr-defined]  # all texts have it
    assert len(texts) > 8
    assert min(text.get_fontsize() for text in texts) >= 8
    assert figure.get_figwidth() == pytest.approx(180 / 25.4, abs=0.02)


def test_the_overview_draws_the_shares_that_were_counted(ask: Ask) -> None:
    found = ask()
    drawn = {axes.get_title(loc="left"): axes for axes in _axes(_figure(found))}
    lines = {str(line.get_label()): line for line in drawn["robots"].lines}
    # A month has few articles on the sources that are compared: two are one point.
    robots = next(one for one in found.themes if one.key == "robots")
    first, second = months.from_text("2024-01"), months.from_text("2024-02")
    both = [robots.panel[first], robots.panel[second]]
    share = 100 * sum(one.n for one in both) / sum(one.of for one in both)
    assert lines["sources that are compared"].get_ydata()[0] == pytest.approx(share)  # type: ignore[index]  # it is there
    assert lines["all sources"].get_ydata()[-1] > 40  # type: ignore[index,operator]  # it is there
    assert lines["sources that are compared"].get_ydata()[-1] < 15  # type: ignore[index,operator]  # it is there
    # They differ in form as well as in colour.
    assert lines["all sources"].get_linestyle() != lines["sources that are compared"].get_linestyle()


def test_what_is_not_complete_is_hatched_and_in_no_line(ask: Ask) -> None:
    figure = _figure(ask())
    unfinished = months.from_text("2026-01")
    bars = [patch for axes in _axes(figure) for patch in axes.patches if patch.get_hatch()]
    assert bars
    for axes in _axes(figure):
        for line in axes.lines:
            if str(line.get_label()) in ("all sources", "sources that are compared"):
                assert max(line.get_xdata()) < unfinished  # type: ignore[type-var]  # numbers


def test_a_point_between_gaps_is_seen(tmp_path: Path) -> None:
    made = Planted()
    for day in ("2010-03-01", "2013-01-02", "2013-02-02", "2013-03-02", "2014-01-03"):
        made.article("a", day, "boats", "closure")
    drawn = {axes.get_title(loc="left"): axes for axes in _axes(_figure(_asking(tmp_path / "own", made)()))}
    alone = [line.get_xdata() for line in drawn["closure"].lines if line.get_marker() == "o"]
    assert alone and all(len(x) == 1 for x in alone)  # type: ignore[arg-type]  # a row of numbers
    assert min(x[0] for x in alone) < months.from_text("2011-01")  # type: ignore[index]  # a row of numbers


def test_a_chart_comes_again_to_the_byte_whatever_the_users_settings(ask: Ask) -> None:
    found = ask(by=(("outlet",),))
    first = charts.chart(found, "svg", title="Spring", about="once")
    with pictures.style.context({"font.size": 30, "axes.grid": True}):
        assert charts.chart(found, "svg", title="Spring", about="once") == first
    assert charts.chart(found, "svg", title="Autumn", about="once") != first


def test_a_picture_in_grey_keeps_line_band_and_paper_apart(ask: Ask) -> None:
    image = Image.open(BytesIO(charts.chart(ask(), "png", title="Spring")))
    assert image.width == pytest.approx(180 / 25.4 * 300, abs=6)
    shades = image.convert("L").histogram()
    most = sorted(range(256), key=lambda shade: -shades[shade])[:4]  # paper, bars, band, lines and letters
    assert {255, 0} < set(most)
    assert all(abs(one - other) > 20 for one in most for other in most if one != other)


def test_the_ending_of_a_file_says_its_kind() -> None:
    assert [charts.kind_of(Path(name)) for name in ("a.svg", "b.PNG", "c.pdf", "d.html")] == [
        "svg",
        "png",
        "pdf",
        "svg",
    ]
    with pytest.raises(UsageError, match=re.escape("'x.gif': name a file that ends in")):
        charts.kind_of(Path("x.gif"))


class _Page(HTMLParser):
    """What a browser would see of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


EVIL = "--><script>alert(1)</script>]]>&<b> $x^2$ \\frac{ \x1b[31m\u202e"


def test_a_page_runs_nothing_asks_for_nothing_and_tells_its_numbers(tmp_path: Path) -> None:
    made = planted()
    for n in range(40):
        made.article(EVIL, f"2025-0{n % 9 + 1}-01", "a piece", "closure", outlet=EVIL)
    found = _asking(tmp_path / "own", made)(by=(("outlet",),))
    svg = charts.chart(found, "svg", bare=True)
    text = page(found, svg, title=EVIL, about="2026", beside="x.csv")
    read = _Page(text)
    names = {tag for tag, _ in read.tags}
    assert not names & {"script", "iframe", "object", "link", "b", "foreignobject", "metadata"}
    assert {"svg", "title", "desc", "table", "th"} <= names
    assert "\x1b" not in text
    assert "\u202e" not in text
    for tag, attributes in read.tags:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in ("href", "src", "xlink:href"):
                assert (value or "").startswith(("#", "data:image/png")), (tag, name, value)
    policy = next(a["content"] for tag, a in read.tags if tag == "meta" and "http-equiv" in a)
    assert policy and policy.startswith("default-src 'none'")
    assert "script-src" not in policy
    assert "31.6%" in read.said  # 288 of 912
    assert all(a.get("scope") for tag, a in read.tags if tag == "th")
    assert next(a for tag, a in read.tags if tag == "svg")["role"] == "img"


def test_a_drawing_is_sound_xml_whatever_the_names(tmp_path: Path) -> None:
    made = Planted()
    for n in range(40):
        made.article(EVIL, f"2025-{n % 9 + 1:02}-01", f"a piece {n}", outlet=EVIL)
    ask = _asking(tmp_path / "own", made)
    for wanted in ({"coverage": True}, {"by": (("source", "outlet"),)}):
        ElementTree.fromstring(charts.chart(ask(**wanted), "svg", title=EVIL, about=EVIL))


def test_one_date_of_long_ago_makes_no_bars_of_nothing(tmp_path: Path) -> None:
    made = Planted()
    for n in range(9):
        made.article("a", f"{'1801' if not n else '2025'}-01-0{n + 1}", f"a piece {n}", "closure")
    ask = _asking(tmp_path / "own", made)
    for view in ("overview", "theme by month"):
        bars = [len(axes.patches) for axes in _axes(_figure(ask(**VIEWS[view])))]
        assert 2 in bars and max(bars) < 10, (view, bars)


def test_what_holds_nothing_to_draw_is_drawn_all_the_same(tmp_path: Path) -> None:
    made = Planted()
    made.article("a", None, "no day")
    ask = _asking(tmp_path / "own", made)
    for view in ("overview", "coverage", "terms", "theme by month"):
        assert charts.chart(ask(**VIEWS[view]), "svg").startswith(b"<?xml")

"""A site shows what the archive holds, all of its links lead somewhere, and nothing from outside becomes markup."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import feedparser
import pytest
from lxml import etree, html

from clipper.archive.store import Archive
from clipper.coding.codebook import Theme
from clipper.coding.deciding import in_order
from clipper.coding.model import Model
from clipper.coding.modelcache import NamedModel
from clipper.errors import UsageError
from clipper.models import Article, Label, Tagging
from clipper.publish.rights import Rights
from clipper.publish.site import addresses, lists
from clipper.publish.site.folder import MARK, Folder
from publish.published import THEMES, anywhere, article, files, label, make, stock, tagging


def _put(archive: Archive, *articles: Article, labels: tuple[Label, ...] = (), tags: tuple[Tagging, ...] = ()) -> None:
    with archive.writing() as writer:
        writer.articles(list(articles))
        writer.labels(list(labels))
    if tags:
        archive.add_taggings(list(tags))


def _page(folder: Path, one: Article) -> Any:
    return html.fromstring((folder / addresses.article(one.id)).read_text("utf-8"))


def _text(node: Any) -> str:
    return " ".join(node.text_content().split())


def _broken(folder: Path) -> list[str]:
    """Return the links within a site that lead nowhere, and those that are neither within nor to the web."""
    found = []
    for path in folder.rglob("*.html"):
        page = html.fromstring(path.read_text("utf-8"))
        for node in page.iter("a", "link", "script", "img", "form"):
            target = node.get("href") or node.get("src") or node.get("action") or ""
            parts = urlsplit(target)
            if parts.scheme in ("http", "https"):
                if node.tag == "a" and node.get("rel") == "noopener noreferrer external":
                    continue
            elif not parts.scheme and not target.startswith("/"):
                there = path.parent / unquote(parts.path) if parts.path else path
                anchored = not parts.fragment or f'id="{parts.fragment}"' in there.read_text("utf-8")
                if there.is_file() and anchored:
                    continue
            found.append(f"{path.relative_to(folder)}: {target}")
    return found


def test_it_has_a_page_for_everything_and_every_link_leads_somewhere(archive: Archive, tmp_path: Path) -> None:
    made = stock(archive)
    site = tmp_path / "site"
    report = make(archive, site)
    assert (report.articles, report.made, report.removed) == (6, 6, 0)
    there = files(site)
    assert {addresses.article(one.id) for one in made} == {name for name in there if name.startswith("a/")}
    assert {name for name in there if name.startswith(("themes/", "outlets/", "months/", "feeds/"))} == {
        "themes/index.html", "themes/access/index.html", "themes/access/2018.html", "themes/access/2019.html",
        "themes/workforce/index.html", "themes/workforce/2017.html",
        "outlets/index.html", "outlets/the-echo/index.html", "outlets/the-echo/2017.html", "outlets/the-echo/2018.html",
        "outlets/the-echo/2019.html", "outlets/the-echo/undated.html", "outlets/cafe-post/index.html",
        "outlets/cafe-post/2017.html", "outlets/cafe-post/2018.html",
        "months/index.html", "months/2017-01.html", "months/2018-03.html", "months/2018-05.html", "months/2019-02.html",
        "months/undated.html", "feeds/all.atom", "feeds/access.atom", "feeds/workforce.atom",
    }  # fmt: skip
    assert {"index.html", "search.html", "about.html", "404.html", "static/style.css", MARK} <= there.keys()
    assert not {"robots.txt", "sitemap.xml"} & there.keys()
    assert report.written == len(there) - 1
    assert _broken(site) == []


def test_a_theme_without_articles_has_its_page_however_often_the_site_is_made_anew(
    archive: Archive, tmp_path: Path
) -> None:
    stock(archive)
    site = tmp_path / "site"
    themes = (*THEMES, Theme(key="robots", name="Robots", definition="Machines."))
    make(archive, site, themes=themes)
    there = files(site)
    assert "themes/robots/index.html" in there
    for _ in range(2):
        report = make(archive, site, themes=themes, anew=True)
        assert (report.anew, report.written, report.removed) == (True, 0, 0)
        assert files(site) == there and _broken(site) == []
    (site / addresses.overview("themes/robots")).unlink()  # a file is missing: all of the site is looked at
    assert make(archive, site, themes=themes).written == 1
    assert files(site) == there
    assert make(archive, site, themes=themes[:2]).removed == 2  # the page and the feed
    assert _broken(site) == []


def test_an_article_page_tells_what_is_known_of_it(archive: Archive, tmp_path: Path) -> None:
    made = stock(archive)
    make(archive, tmp_path / "site")
    page = _page(tmp_path / "site", made[2])
    said = _text(page.find(".//article"))
    assert "List grows is what happened. It was in the news of the town." in said
    assert "A third sentence" not in said
    assert page.xpath("//p[@class='source']/a/@href") == ["https://news.example/list?a=1&b=2"]
    assert "Access <to care>" in said and "Coded by 1 person" in said and "ann" not in said.split()
    assert "“List grows”. The Echo, 4 March 2018. https://news.example/list?a=1&b=2 (fetched on 6 May 2019)." in said
    coins = parse_qs(page.xpath("//span[@class='Z3988']/@title")[0])
    assert coins["rft.identifier"] == ["https://news.example/list?a=1&b=2"] and coins["rft.type"] == [
        "newspaperArticle"
    ]
    assert coins["rft.source"] == ["The Echo"] and coins["rft.date"] == ["2018-03-04"]
    undated = _page(tmp_path / "site", made[3])
    assert "no date" in _text(undated) and "2019" not in _text(undated.find(".//p[@class='facts']"))
    assert undated.findall(".//time") == []


def test_nothing_from_outside_becomes_markup_or_a_path(archive: Archive, tmp_path: Path) -> None:
    evil = "</title><script>alert(1)</script><img src=x onerror=alert(2)>"
    one = article(evil, "2018-01-01", f"../../{evil}", text=f"{evil} Told. Again.", authors=(evil,))
    one = replace(one, canonical="javascript:alert(3)", url="data:text/html,x", language='"><b>')
    odd = replace(article("Odd", "../../2018"), id="../../../evil", title="Odd \u202e\x1b[31mred")
    tags = tuple(tagging(two, **{"../../key": 0.9, "access": 0.8}) for two in (one, odd))
    _put(archive, one, odd, tags=tags, labels=(label(one, "<i>gone</i>"),))
    site = tmp_path / "deep" / "site"
    make(archive, site, title=f"Site {evil}")
    assert [p.name for p in tmp_path.iterdir() if p.name != "archive"] == ["deep"]
    assert [p.name for p in site.parent.iterdir()] == ["site"]
    assert _broken(site) == []
    for path in site.rglob("*.html"):
        page = html.fromstring(path.read_text("utf-8"))
        assert {node.get("src") is not None for node in page.iter("script")} <= {True}, path
        assert not page.findall(".//img") and not page.xpath("//@*[starts-with(name(), 'on')]"), path
        assert "\u202e" not in path.read_text("utf-8") and "\x1b" not in path.read_text("utf-8")
        assert not page.xpath("//a[starts-with(@href, 'javascript') or starts-with(@href, 'data')]"), path
    assert {p.name for p in (site / "themes").iterdir()} == {"index.html", "access", "workforce"}
    assert _page(site, one).find(".//h1").text.startswith("</title><script>")


def test_outlets_of_nearly_the_same_name_have_pages_of_their_own(archive: Archive, tmp_path: Path) -> None:
    names = ["The Echo", "the echo!", "The  Écho", "!!!", "健康", "index", "x" * 200]
    made = [article(f"Story {n}", f"2018-01-0{n + 1}", name) for n, name in enumerate(names)]
    _put(archive, *made)
    site = tmp_path / "site"
    make(archive, site)
    for one in made:
        (link,) = _page(site, one).xpath("//article/p[@class='facts']/a")
        target = (site / addresses.article(one.id)).parent / link.get("href")
        assert _text(html.fromstring(target.read_text("utf-8")).find(".//h1")) == " ".join((one.outlet or "").split())
    assert len([p for p in (site / "outlets").iterdir() if p.is_dir()]) == len(names)
    assert _broken(site) == []


def test_copies_of_one_story_name_each_other_and_the_front_page_has_it_once(archive: Archive, tmp_path: Path) -> None:
    first = article("Wire story", "2018-01-01", url="https://one.example/a")
    copy = replace(
        article("Wire story again", "2018-01-02", "Post", url="https://two.example/b"), duplicate_of=first.id
    )
    _put(archive, first, copy, article("Another", "2017-01-01"))
    site = tmp_path / "site"
    make(archive, site)
    assert "Wire story again (Post: 2 January 2018)" in _text(_page(site, first).find(".//article"))
    assert "Wire story (The Echo: 1 January 2018)" in _text(_page(site, copy).find(".//article"))
    front = _text(html.fromstring((site / "index.html").read_text("utf-8")).find(".//ol"))
    assert front.count("Wire story") == 1 and "1 more copy" in front
    assert (site / "outlets/post/2018.html").is_file() and (site / "outlets/the-echo/2018.html").is_file()


@pytest.mark.parametrize(
    ("excerpt", "rights", "shown", "hidden"),
    [
        ("none", Rights(), [], ["is what happened", "news of the town", "third sentence"]),
        ("short", Rights(), ["is what happened", "news of the town"], ["third sentence"]),
        ("short", Rights(full_text=("the echo",)), ["third sentence"], []),
        ("short", Rights(full_text=("Post",)), ["is what happened"], ["third sentence"]),
        ("short", Rights(full_text=True), ["third sentence"], []),
    ],
)
def test_no_more_of_a_text_leaves_the_house_than_may(
    archive: Archive, tmp_path: Path, excerpt: str, rights: Rights, shown: list[str], hidden: list[str]
) -> None:
    one = article(
        "Beds for sale", text="Beds is what happened. It was news of the town. A third sentence of zirconium."
    )
    _put(archive, one, tags=(tagging(one, access=0.9),))
    site = tmp_path / "site"
    make(archive, site, excerpt=excerpt, rights=rights)
    said = (site / addresses.article(one.id)).read_text("utf-8")
    assert all(words in said for words in shown) and not any(words in said for words in hidden)
    everywhere = b"".join(files(site).values()).decode()
    assert not any(words in everywhere for words in hidden)
    assert ("zirconium" in everywhere) == ("third sentence" in shown)


def test_of_a_text_that_may_not_be_quoted_the_first_words_are_no_title_either(archive: Archive, tmp_path: Path) -> None:
    first = article(
        None, "2018-02-03", text="Quaggas graze in the park. Nobody minds them.", url="https://echo.example/1"
    )
    copy = article(None, "2018-02-04", "Post", text="Quaggas graze in the park, we hear.", url="https://post.example/2")
    _put(archive, first, replace(copy, duplicate_of=first.id), labels=(label(first, "access"),))
    site = tmp_path / "site"
    make(archive, site, url="https://clips.example")
    assert len(anywhere(site, ["Quaggas graze"])) > 5 and anywhere(site, ["quagga"])
    make(archive, site, url="https://clips.example", excerpt="none", rights=Rights(full_text=True))
    assert anywhere(site, ["Quagga", "quagga", "graze"]) == []
    page = _page(site, first)
    assert _text(page.find(".//h1")) == "[no title]" and "“[no title]”" in _text(page)


def test_the_sentence_that_decided_stands_on_the_page_and_is_looked_for_once(archive: Archive, tmp_path: Path) -> None:
    class Says(Model):
        """A model that finds the last sentence decisive."""

        def __init__(self) -> None:
            self.asked = 0

        def sentences_for(self, asked: Any) -> Any:
            self.asked += len(asked)
            said = [{theme: [(text.split(". ")[-1], 1.0)] for theme in themes} for text, themes in asked]
            return said

    one, two = article("Beds for sale", url="https://a.example/"), article("By hand", "2017-01-01")
    _put(archive, one, two, tags=(tagging(one, access=0.93, workforce=0.5),), labels=(label(two, "access"),))
    says = Says()
    site = tmp_path / "site"
    for _ in range(2):
        make(archive, site, anew=True, decide=lambda: partial(in_order, NamedModel("svm-1", says), THEMES))
        page = _text(_page(site, one).find(".//section"))
        assert page.count("A third sentence is not quoted.") == 1  # it decided for both
        assert "with a probability of 0.93 (at least 0.40 is needed)" in page
        assert says.asked == 1
    assert "third" not in _text(_page(site, two))  # a person decided
    archive.add_taggings([replace(tagging(one, access=0.8), model="svm-2")])
    make(archive, site, decide=lambda: partial(in_order, NamedModel("svm-2", says), THEMES))
    assert says.asked == 2
    make(archive, site, excerpt="none", decide=lambda: partial(in_order, NamedModel("svm-2", says), THEMES))
    assert says.asked == 2 and "third" not in _text(_page(site, one))


def test_a_long_list_is_in_parts_whose_numbers_stay(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "ROWS", 3)
    made = [article(f"Story {n}", f"2018-01-{n + 1:02d}") for n in range(7)]
    _put(archive, *made, article("Later", "2018-02-01"), article("Earlier", "2017-01-01"))
    site = tmp_path / "site"
    make(archive, site)
    parts = [site / addresses.part("months/2018-01", n) for n in (1, 2, 3)]

    def titles(path: Path) -> list[str]:
        return [node.text for node in html.fromstring(path.read_text("utf-8")).findall(".//li/h2/a")]

    def turn(path: Path, rel: str) -> list[str]:
        return list(html.fromstring(path.read_text("utf-8")).xpath(f"//nav[@class='pager']//a[@rel='{rel}']/@href"))

    assert [titles(p) for p in parts] == [
        ["Story 2", "Story 1", "Story 0"],
        ["Story 5", "Story 4", "Story 3"],
        ["Story 6"],
    ]
    assert turn(parts[0], "next") == ["../months/2017-01.html"] and turn(parts[0], "prev") == [
        "../months/2018-01_2.html"
    ]
    assert turn(parts[2], "prev") == ["../months/2018-02.html"]
    before = [p.read_bytes() for p in parts]
    _put(archive, article("Story 7", "2018-01-30"))
    make(archive, site)
    assert [p.read_bytes() for p in parts[:2]] != before[:2]  # they tell how many there are
    assert [titles(p)[:1] for p in parts] == [["Story 2"], ["Story 5"], ["Story 7"]]
    _put(archive, *(article(f"More {n}", f"2017-01-{n + 5:02d}") for n in range(4)))
    make(archive, site)
    assert turn(parts[0], "next") == ["../months/2017-01_2.html"]  # the list before has grown by a page
    assert _broken(site) == []


def test_feeds_are_feeds_and_a_site_with_an_address_has_a_map(archive: Archive, tmp_path: Path) -> None:
    made = stock(archive)
    site = tmp_path / "site"
    make(archive, site, url="https://clips.example/policy")
    feed = feedparser.parse((site / "feeds/access.atom").read_bytes())
    assert not feed.bozo and {e.title for e in feed.entries} == {"List grows", "Beds for sale"}
    assert {link.href for link in feed.feed.links} == {
        "https://clips.example/policy/themes/access/index.html",
        "https://clips.example/policy/feeds/access.atom",
    }
    places = [node.text for node in etree.parse(site / "sitemap.xml").iter("{*}loc")]
    assert places == ["https://clips.example/policy/sitemap-1.xml"]
    pages = [node.text for node in etree.parse(site / "sitemap-1.xml").iter("{*}loc")]
    assert f"https://clips.example/policy/{addresses.article(made[0].id)}" in pages and len(pages) == 9
    lost = html.fromstring((site / "404.html").read_text("utf-8"))
    assert {link.get("href")[:8] for link in lost.iter("a") if link.get("href")[0] != "#"} == {"/policy/"}
    make(archive, site)
    assert not {"robots.txt", "sitemap.xml", "sitemap-1.xml"} & files(site).keys()


def test_old_cuttings_show_the_months_in_which_they_were_published(archive: Archive, tmp_path: Path) -> None:
    made = [article(f"Then {n}", f"2001-1{n}-02") for n in range(2)]
    _put(archive, *made, labels=(label(made[0], "access"),))
    make(archive, tmp_path / "site")
    page = html.fromstring((tmp_path / "site/index.html").read_text("utf-8"))
    (row,) = [row for row in page.findall(".//tbody/tr") if "Access" in _text(row.find("th"))]
    assert [_text(cell) for cell in row.findall("td")[1:]] == ["1 (50.0%)", "0 (–)", "1"]


def test_the_front_page_has_each_themes_share_of_the_same_months(archive: Archive, tmp_path: Path) -> None:
    made = [article(f"Now {n}", f"2019-0{n + 1}-02") for n in range(4)]
    made += [article(f"Then {n}", f"2017-1{n}-02") for n in range(2)]
    _put(archive, *made, labels=(label(made[0], "access"), label(made[4], "access")))
    make(archive, tmp_path / "site")
    page = html.fromstring((tmp_path / "site/index.html").read_text("utf-8"))
    rows = {
        _text(row.find("th")): [_text(cell) for cell in row.findall("td")[1:]] for row in page.findall(".//tbody/tr")
    }
    assert rows == {"Workforce": ["0 (0.0%)", "0 (0.0%)", "0"], "Access <to care>": ["1 (25.0%)", "1 (50.0%)", "2"]}
    assert "6 May 2019" in _text(page)
    for picture in page.iter("svg"):
        assert picture.get("aria-labelledby") == picture.find("title").get("id")
    assert len(set(page.xpath("//@id"))) == len(page.xpath("//@id"))


@pytest.mark.parametrize("kind", ["within", "around", "same", "full", "file", "damaged mark"])
def test_a_folder_that_is_no_place_for_a_site_is_refused_and_left_alone(
    archive: Archive, tmp_path: Path, kind: str
) -> None:
    stock(archive)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "letter.txt").write_text("dear")
    (mine / "sub").mkdir()
    places = {"within": archive.path / "site", "around": tmp_path, "same": archive.path, "full": mine,
              "file": mine / "letter.txt", "damaged mark": mine}  # fmt: skip
    if kind == "damaged mark":
        (mine / MARK).write_text(json.dumps({"made_by": "somebody"}))
    before = files(tmp_path)
    with pytest.raises(UsageError):
        make(archive, places[kind])
    after = files(tmp_path)
    assert {k: v for k, v in after.items() if "/cache/" not in k} == {
        k: v for k, v in before.items() if "/cache/" not in k
    }
    assert "site" not in {p.name for p in archive.path.iterdir()}


def test_a_folder_of_another_kind_may_be_the_site_through_a_link(archive: Archive, tmp_path: Path) -> None:
    stock(archive)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    make(archive, tmp_path / "link")
    assert (tmp_path / "real/index.html").is_file() and (tmp_path / "link").is_symlink()
    assert Folder(tmp_path / "real", archive.path).seal
    assert make(archive, tmp_path / "real").written == 0
    assert THEMES[0].name in (tmp_path / "real/themes/workforce/index.html").read_text("utf-8")

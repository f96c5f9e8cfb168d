"""A site that is brought in step has the bytes of one that is made anew, and no file is written that needs not be."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clipper.archive.store import Archive
from clipper.coding.codebook import Theme
from clipper.errors import Locked
from clipper.models import Article
from clipper.publish.selection import Selection
from clipper.publish.site import addresses, build, pages
from clipper.publish.site.folder import MARK, Folder
from clipper.publish.site.state import State
from clipper.search.query import parse
from publish.published import (
    THEMES,
    anywhere,
    article,
    files,
    label,
    make,
    settings,
    stamps,
    stock,
    tagging,
    written,
)

# What tells how many articles there are, or which came last.
_ALWAYS = {"index.html", "about.html", "feeds/all.atom"}
Change = Callable[[], set[str]]


@pytest.fixture
def made(archive: Archive, tmp_path: Path) -> list[Article]:
    found = stock(archive)
    make(archive, tmp_path / "site")
    return found


@pytest.fixture
def changed(archive: Archive, tmp_path: Path, made: list[Article]) -> Callable[..., set[str]]:
    """Bring the site in step; return what was written. It must then be the same as a site that is made at once."""

    def run(**more: Any) -> set[str]:
        site, other = tmp_path / "site", tmp_path / "other"
        before = stamps(site)
        report = make(archive, site, **more)
        done = written(before, stamps(site))
        assert (report.written + report.removed > 0) == bool(written(before, stamps(site), search=True))
        shutil.rmtree(other, ignore_errors=True)
        make(archive, other, **more)
        now, fresh = files(site), files(other)
        assert {name for name in now.keys() | fresh.keys() if now.get(name) != fresh.get(name)} == set()
        assert make(archive, site, **more).written == 0
        return done

    return run


def _add(archive: Archive, *articles: Article) -> None:
    with archive.writing() as writer:
        writer.articles(list(articles))


def test_a_new_article_is_written_into_its_own_pages_alone(archive: Archive, changed: Callable[..., set[str]]) -> None:
    new = article("Hospital sold", "2018-03-20", "Café & Post")
    _add(archive, new)
    assert changed() == _ALWAYS | {
        addresses.article(new.id), "months/2018-03.html", "months/index.html",
        "outlets/cafe-post/2018.html", "outlets/cafe-post/index.html", "outlets/index.html",
    }  # fmt: skip


def test_a_new_year_is_told_to_the_years_beside_it(archive: Archive, changed: Callable[..., set[str]]) -> None:
    new = article("Long ago", "2016-12-31")
    _add(archive, new)
    assert changed() == _ALWAYS | {
        addresses.article(new.id), "months/2016-12.html", "months/2017-01.html", "months/index.html",
        "outlets/the-echo/2016.html", "outlets/the-echo/2017.html", "outlets/the-echo/index.html", "outlets/index.html",
    }  # fmt: skip


def test_a_label_moves_an_article_from_theme_to_theme(
    archive: Archive, changed: Callable[..., set[str]], made: list[Article]
) -> None:
    archive.add_labels([label(made[2], "access", value=False), label(made[2], "workforce")])
    assert changed() == {
        addresses.article(made[2].id), "months/2018-03.html", "outlets/the-echo/2018.html",
        "outlets/the-echo/index.html", "themes/index.html", "themes/access/index.html", "themes/access/2018.html",
        "themes/access/2019.html", "themes/workforce/index.html", "themes/workforce/2018.html",
        "themes/workforce/2017.html", "index.html", "feeds/all.atom", "feeds/access.atom", "feeds/workforce.atom",
    }  # fmt: skip


def test_a_tag_is_shown_when_it_comes(
    archive: Archive, changed: Callable[..., set[str]], made: list[Article], tmp_path: Path
) -> None:
    archive.add_taggings([tagging(made[1], access=0.75)])
    done = changed()
    assert {addresses.article(made[1].id), "themes/access/2017.html", "outlets/cafe-post/2017.html"} <= done
    assert not any("the-echo" in name for name in done)
    assert "probability of 0.75" in (tmp_path / "site" / addresses.article(made[1].id)).read_text("utf-8")


def test_of_a_revision_the_older_one_is_nowhere_in_the_site(
    archive: Archive, changed: Callable[..., set[str]], made: list[Article], tmp_path: Path
) -> None:
    assert anywhere(tmp_path / "site", ["Beds for sale"])
    _add(archive, replace(made[5], title="Beds kept", text="Beds kept.", published="2016-07-01", revision=2))
    done = changed()
    assert {"months/2019-02.html", "months/2016-07.html", "outlets/the-echo/2019.html", "feeds/access.atom"} <= done
    assert not (tmp_path / "site/months/2019-02.html").exists()
    assert anywhere(tmp_path / "site", ["Beds for sale", "for sale is what"]) == []


def test_a_copy_that_comes_is_told_on_the_page_of_the_first(
    archive: Archive, changed: Callable[..., set[str]], made: list[Article]
) -> None:
    copy = replace(article("List grows again", "2019-04-04", "Post"), duplicate_of=made[2].id)
    _add(archive, copy)
    done = changed()
    assert {addresses.article(made[2].id), addresses.article(copy.id), "themes/access/2018.html"} <= done
    assert addresses.article(made[1].id) not in done
    _add(archive, replace(copy, title="Another name", revision=2))
    assert addresses.article(made[2].id) in changed()


@pytest.mark.parametrize(
    "more",
    [
        {"title": "Otherwise"},
        {"excerpt": "none"},
        {"themes": (THEMES[0], Theme(key="access", name="Getting care", definition="Who gets care."))},
        {"themes": THEMES[:1]},
        {"url": "https://clips.example"},
    ],
)
def test_what_is_set_otherwise_is_told_on_every_page_that_shows_it(
    changed: Callable[..., set[str]], more: dict[str, Any], tmp_path: Path
) -> None:
    done = changed(**more)
    assert any(name.startswith("a/") for name in done) == ("url" not in more)
    assert (tmp_path / "site/themes/access").exists() == (more.get("themes") != THEMES[:1])
    changed()  # and back


def test_another_version_of_clipper_makes_all_pages_anew(
    archive: Archive, made: list[Article], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert make(archive, tmp_path / "site").made == 0
    monkeypatch.setattr(build, "__version__", "99")
    assert make(archive, tmp_path / "site").made == len(made)
    shipped = build.shipped
    monkeypatch.setattr(build, "shipped", lambda name: [*shipped(name), ("more.css", b"/* clipper */")])
    assert make(archive, tmp_path / "site").made == len(made)
    assert (tmp_path / "site/static/more.css").is_file()


@pytest.mark.parametrize("where", ["article", "lists", "front", "others"])
def test_a_run_that_was_killed_is_put_right_by_the_next(
    archive: Archive, changed: Callable[..., set[str]], made: list[Article], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, where: str,
) -> None:  # fmt: skip
    copy = replace(article("List grows again", "2019-04-04", "Post"), duplicate_of=made[2].id)
    _add(archive, copy)
    archive.add_labels([label(made[2], "workforce"), label(made[5], "access", value=False)])
    work = getattr(pages.Pages, where)
    calls: list[int] = []

    def struck(*arguments: Any) -> None:
        calls.append(1)
        if where != "article" or len(calls) > 1:
            (tmp_path / "site/months/.clipper-0123abcd.part").write_bytes(b"half a pa")
            raise KeyboardInterrupt
        work(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(pages.Pages, where, struck)
        with pytest.raises(KeyboardInterrupt):
            make(archive, tmp_path / "site")
    report = make(archive, tmp_path / "site")
    assert report.anew and min(report.written, report.removed) >= 0
    changed()
    assert not list(tmp_path.rglob("*.part"))


def test_what_a_killed_run_left_is_not_taken_for_a_file_of_the_next(
    archive: Archive, made: list[Article], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    before = files(site)

    def struck(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pages.Pages, "article", struck)
        with pytest.raises(KeyboardInterrupt):
            make(archive, site, anew=True)
    assert "search/unfinished.js" in files(site)
    report = make(archive, site)
    assert (report.anew, report.written, report.removed) == (True, 0, 1)
    assert files(site) == before


def test_without_its_state_a_site_is_known_by_itself_and_others_files_stay(
    archive: Archive, changed: Callable[..., set[str]], made: list[Article], tmp_path: Path
) -> None:
    site = tmp_path / "site"
    own = {
        "CNAME": b"clips.example",
        "months/2001-01.html": b"<p>by hand",
        "a/mine.html": b"<p>by hand",
        "months/notes.txt": b"clipper",
        "me/x.html": b"clipper",
    }
    for name, data in own.items():
        (site / name).parent.mkdir(exist_ok=True)
        (site / name).write_bytes(data)
    stray = site / "a/12/12345678abcdef12.html"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes((site / addresses.article(made[0].id)).read_bytes())
    before = stamps(site)
    shutil.rmtree(archive.cache / "sites")
    report = make(archive, site)
    assert (report.anew, report.written, report.removed) == (True, 0, 1)
    assert not stray.exists() and not stray.parent.exists()
    assert {name: data for name, data in files(site).items() if name in own} == own
    assert written(before, stamps(site)) == {"a/12/12345678abcdef12.html"}


@pytest.mark.parametrize("how", ["deleted", "carried", "older"])
def test_a_site_that_is_not_as_it_was_left_is_put_right(
    archive: Archive, changed: Callable[..., set[str]], made: list[Article], tmp_path: Path, how: str
) -> None:
    site = tmp_path / "site"
    shutil.copytree(site, tmp_path / "kept")
    _add(archive, article("Hospital sold", "2018-03-20"))
    if how == "deleted":
        make(archive, site)
        (site / addresses.article(made[1].id)).unlink()
    elif how == "carried":
        shutil.move(site, tmp_path / "elsewhere")
        assert make(archive, tmp_path / "elsewhere").anew
        shutil.move(tmp_path / "elsewhere", site)
    else:
        make(archive, site)
        shutil.rmtree(site)
        shutil.move(tmp_path / "kept", site)
    changed()


def test_an_archive_that_is_empty_makes_a_site_that_says_so(archive: Archive, tmp_path: Path) -> None:
    report = make(archive, tmp_path / "site")
    assert report.articles == 0 and "Nothing has been collected yet" in (tmp_path / "site/index.html").read_text(
        "utf-8"
    )
    assert "There are none yet" in (tmp_path / "site/outlets/index.html").read_text("utf-8")


def test_a_site_of_a_selection_has_what_matches_and_names_copies_that_do_not(
    archive: Archive, made: list[Article], tmp_path: Path
) -> None:
    copy = replace(article("Elsewhere", "2019-04-04", "Post", url="https://post.example/1"), duplicate_of=made[2].id)
    _add(archive, copy)
    site = tmp_path / "some"

    def of(query: str) -> set[str]:
        chosen = Selection(archive, parse(query))
        build.publish(chosen, Folder(site, archive.path), build.Settings(**{**_said(), "query": query}))
        return {name for name in files(site) if name.startswith("a/")}

    assert of("outlet:echo") == {addresses.article(one.id) for one in made if one.outlet == "The Echo"}
    page = (site / addresses.article(made[2].id)).read_text("utf-8")
    assert 'href="https://post.example/1">Elsewhere</a> (Post: 4 April 2019)' in page
    assert "outlet:echo" in (site / "index.html").read_text("utf-8")
    _add(archive, replace(copy, title="Retold", revision=2))
    of("outlet:echo")
    assert anywhere(site, ["Elsewhere"]) == [] and "Retold" in (site / addresses.article(made[2].id)).read_text("utf-8")
    assert of("outlet:post -outlet:cafe") == {addresses.article(copy.id)}


def test_a_copy_that_comes_outside_of_a_selection_is_named_within(
    archive: Archive, made: list[Article], tmp_path: Path
) -> None:
    site = tmp_path / "some"

    def bring() -> build.Report:
        archive.catalogue.catch_up()
        said = build.Settings(**{**_said(), "query": "outlet:echo"})
        return build.publish(Selection(archive, parse("outlet:echo")), Folder(site, archive.path), said)

    bring()
    copy = replace(article("Elsewhere", "2019-04-04", "Post", url="https://post.example/1"), duplicate_of=made[2].id)
    other = replace(article("Elsewhere too", "2019-04-05", "Sun", url="https://sun.example/1"), duplicate_of=copy.id)
    page = site / addresses.article(made[2].id)
    for one in (copy, other):
        assert f"{one.title}</a>" not in page.read_text("utf-8")
        _add(archive, one)
        report = bring()
        assert (report.anew, report.made) == (False, 1)
        assert f"{one.title}</a>" in page.read_text("utf-8")
    _add(archive, article("Nothing to do with it", "2019-04-06", "Sun"))
    assert bring().written == 0


def test_the_map_of_the_site_has_its_order_from_the_articles_alone(
    archive: Archive, made: list[Article], tmp_path: Path
) -> None:
    url = "https://clips.example"
    make(archive, tmp_path / "site", url=url)
    _add(archive, replace(made[0], title="Told again", revision=2))  # its line is the last one now
    make(archive, tmp_path / "site", url=url)
    make(archive, tmp_path / "other", url=url)
    site, other = (files(tmp_path / name)["sitemap-1.xml"] for name in ("site", "other"))
    assert site == other and made[0].id.encode() in site


def _said() -> dict[str, Any]:
    return settings()._asdict()


def test_two_runs_on_one_site_do_not_mix(
    archive: Archive, made: list[Article], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clipper.publish.site.state._WAIT", 0.05)
    state = State(archive.cache, tmp_path / "site")
    with state.changing(), pytest.raises(Locked):
        make(archive, tmp_path / "site")
    state.close()
    assert not make(archive, tmp_path / "site").anew
    assert MARK in files(tmp_path / "site")


def test_the_state_holds_no_word_of_an_article(archive: Archive, made: list[Article]) -> None:
    held = b"".join(p.read_bytes() for p in [*(archive.cache / "sites").iterdir(), *archive.cache.glob("deciding*")])
    assert made[0].id.encode() in held
    for one in made:
        assert (one.title or "").encode() not in held and one.text[:30].encode() not in held

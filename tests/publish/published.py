"""What the tests of the site share: a small archive, a site made of it, and what is in that site."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clipper.archive.store import Archive
from clipper.coding.codebook import Theme
from clipper.collect.candidate import make_article
from clipper.collect.facts import Facts
from clipper.models import Article, Label, Tagging
from clipper.publish.rights import Rights
from clipper.publish.selection import Selection
from clipper.publish.site.build import Report, Settings, publish
from clipper.publish.site.folder import Folder

THEMES = (
    Theme(key="workforce", name="Workforce", definition="Who does the work, & how many."),
    Theme(key="access", name="Access <to care>", definition="Who gets care."),
)
FETCHED = "2019-05-06T07:08:09Z"


def article(
    title: str | None, published: str | None = "2018-03-04", outlet: str | None = "The Echo", **more: Any
) -> Article:
    """Return an article of three sentences."""
    said = {
        "text": f"{title} is what happened. It was in the news of the town. A third sentence is not quoted.",
        **more,
    }
    return make_article(
        Facts(title=title, outlet=outlet, published=published, authors=said.pop("authors", ()), language="en"),
        url=said.get("url"), canonical=said.pop("url", None), fetched=said.pop("fetched", FETCHED),
        source="added", extractor="test", text=said.pop("text"),
    )  # fmt: skip


def label(one: Article, theme: str, *, value: bool = True, coder: str = "ann") -> Label:
    """Return a person's word on an article."""
    return Label(article=one.id, revision=one.revision, theme=theme, value=value, coder=coder, at=FETCHED)


def tagging(one: Article, **themes: float) -> Tagging:
    """Return a model's word on an article."""
    tags = [{"theme": key, "probability": chance, "threshold": 0.4} for key, chance in themes.items()]
    return Tagging(
        article=one.id,
        revision=one.revision,
        tags=tags,
        scores=themes,
        model="svm-1",
        codebook="book 1",
        tagged=FETCHED,
    )


def stock(archive: Archive) -> list[Article]:
    """Fill an archive: two outlets, three years, one month that is only a month, one article without a date."""
    made = [
        article("Nurses strike", "2017-01-02"),
        article("Ward closes", "2017-01-20", "Café & Post"),
        article("List grows", "2018-03-04", url="https://news.example/list?a=1&b=2"),
        article("Nobody knows when", None),
        article("Some time in May", "2018-05", "Café & Post", authors=("Ann Lee", "Bo <b>Ek</b>")),
        article("Beds for sale", "2019-02-03"),
    ]
    with archive.writing() as writer:
        writer.articles(made)
        writer.labels([label(made[0], "workforce"), label(made[2], "access"), label(made[5], "access")])
    return made


def settings(**more: Any) -> Settings:
    """Return what a site is to be."""
    said = {"title": "Clippings", "url": "", "excerpt": "short", "rights": Rights(), "query": "", "themes": THEMES}
    return Settings(**{**said, **more})


def make(archive: Archive, folder: Path, *, anew: bool = False, decide: Any = lambda: None, **more: Any) -> Report:
    """Make a site of all articles."""
    archive.catalogue.catch_up()
    return publish(Selection(archive, None), Folder(folder, archive.path), settings(**more), anew=anew, decide=decide)


def files(folder: Path) -> dict[str, bytes]:
    """Return all files of a site."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def stamps(folder: Path) -> dict[str, int]:
    """Return when each file of a site was written."""
    return {p.relative_to(folder).as_posix(): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def written(before: dict[str, int], after: dict[str, int], *, search: bool = False) -> set[str]:
    """Return which files were written or removed in between; those of the search only where they are asked for."""
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return {name for name in changed if search or not name.startswith("search/")} - {"clipper-site.json"}


def anywhere(folder: Path, needles: Sequence[str]) -> list[str]:
    """Return the files in which one of these words stands."""
    return [name for name, data in files(folder).items() if any(one.encode() in data for one in needles)]

"""The files of the site: each view goes through its template, and into the folder where it differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from clipper.coding.codebook import Theme
from clipper.models import Article
from clipper.publish.about import About
from clipper.publish.formats import atom
from clipper.publish.rights import Rights
from clipper.publish.selection import Item
from clipper.publish.site import addresses
from clipper.publish.site.folder import Folder
from clipper.publish.site.front import SHOWN, front
from clipper.publish.site.lists import Lists
from clipper.publish.site.state import State
from clipper.publish.site.views import ArticlePage, Link, Row, Site
from clipper.publish.templating import render

FEED = 50  # articles
_PER_SITEMAP = 40_000  # addresses; 50,000 may stand in one (sitemaps.org)
_ALL = "feeds/all.atom"


class Pages:
    """Makes the files of one site in a folder."""

    def __init__(self, folder: Folder, site: Site) -> None:
        self._folder = folder
        self._site = site

    def article(self, path: str, view: ArticlePage) -> None:
        """Make the page of an article."""
        self._page(path, "article.html", view.title, "", article=view)

    def lists(self, state: State, themes: Sequence[Theme], row: Callable[[str], Row]) -> None:
        """Make the pages of all lists that have changed, what stands on top of them, and the indexes."""
        names = {f"themes/{theme.key}": theme.name for theme in themes}
        # A list that has just lost its last article takes its outlet's name along, and is not made any more.
        names |= {f"outlets/{slug}": name for slug, name in state.outlets().items()}
        made = Lists(state, row, names)
        dirty = state.dirty()
        beside: set[str] = set()
        for name in dirty:
            if self._list(made, name):
                beside.update(made.beside(name))
        for name in sorted(beside.difference(dirty)):
            self._list(made, name)
        definitions = {f"themes/{theme.key}": theme.definition for theme in themes}
        changed = {addresses.family(name) for name in dirty} - {"months"}
        for family in sorted(changed | definitions.keys()):
            path = addresses.overview(family)
            if family in names and (family in definitions or made.sizes(family)):
                if family in changed or not self._folder.holds(path):
                    feed = f"feeds/{family.removeprefix('themes/')}.atom" if family in definitions else ""
                    view = made.overview(family, definitions.get(family, ""))
                    self._page(path, "overview.html", view.name, family.partition("/")[0], feed=feed, view=view)
            else:
                self._folder.remove(path)
        families = sorted((f for f in names if f.startswith("outlets/")), key=lambda f: (names[f].casefold(), f))
        for kind, entries in (("themes", definitions), ("outlets", dict.fromkeys(families, ""))):
            view_of = made.index(kind, entries)
            self._page(f"{kind}/index.html", "index_of.html", view_of.title, kind, here=True, view=view_of)
        months = made.months()
        self._page("months/index.html", "index_of.html", months.title, "months", here=True, view=months)

    def _list(self, made: Lists, name: str) -> bool:
        """Make the pages of a list, and remove those that it does not need any more; return whether their number
        changed.
        """
        before = {*self._folder.names(f"{name}.html"), *self._folder.names(f"{name}_")}
        now = set()
        for path, view in made.pages(name):
            self._page(path, "list.html", view.title, name.partition("/")[0], view=view)
            now.add(path)
        for path in sorted(before - now):
            self._folder.remove(path)
        return len(before) != len(now)

    def front(self, state: State, themes: Sequence[Theme], row: Callable[[str], Row]) -> None:
        """Make the front page, and the page about the site."""
        made = Lists(state, row, {})
        rows = [row(one) for one in made.newest_ids("months", SHOWN)]
        outlets = len(state.outlets())
        view = front(state, rows, outlets, {theme.key: theme.name for theme in themes})
        self._page("index.html", "index.html", self._site.title, "front", here=True, feed=_ALL, front=view)
        defined = [Link(theme.name, addresses.overview(f"themes/{theme.key}")) for theme in themes]
        definitions = list(zip(defined, [theme.definition for theme in themes], strict=True))
        self._page("about.html", "about.html", "About", "about", here=True, front=view, definitions=definitions)

    def feeds(
        self, state: State, themes: Sequence[Theme], rights: Rights, excerpt: str, item: Callable[[str], Item | None]
    ) -> None:
        """Make the feed of all articles, and one of each theme."""
        said = {theme.key: theme.name for theme in themes}
        title = self._site.title
        feeds = {"": ("all", title, "index.html")}
        feeds |= {f"themes/{key}": (key, f"{title}: {name}", f"themes/{key}/index.html") for key, name in said.items()}
        for family, (name, heading, page) in feeds.items():
            items = (one for article_id in state.latest(family, FEED) if (one := item(article_id)) is not None)
            about = About(title=heading, moment=state.newest_fetched(), themes=said, rights=rights)
            path = f"feeds/{name}.atom"
            at = self._site.url + path if self._site.url else None
            link = self._site.url + page if self._site.url else None
            given = (_without_text(one) if excerpt == "none" else one for one in items)
            self._folder.write_text(path, "".join(atom.lines(given, about, self_url=at, link=link)))

    def others(self, static: Iterable[tuple[str, bytes]], state: State) -> None:
        """Make the search page, the page for what is not found, what pages look like, and what crawlers ask for."""
        self._page("search.html", "search.html", "Search", "search", here=True)
        # A server shows it for an address of any depth.
        top = urlsplit(self._site.url).path if self._site.url else ""
        values = {"site": self._site, "root": top, "page_title": "Not found", "section": "", "feed": ""}
        self._folder.write_text("404.html", render("site/404.html", **values))
        for name, data in static:
            self._folder.write(f"static/{name}", data)
        if self._site.url:
            self._sitemaps(state)

    def _sitemaps(self, state: State) -> None:
        places = [self._site.url, *(self._site.url + name for name in ("themes/index.html", "about.html"))]
        made, after = 0, ""
        while rows := state.ids(after, _PER_SITEMAP):
            after = rows[-1]
            places += [self._site.url + addresses.article(one) for one in rows]
            made += 1
            self._folder.write_text(f"sitemap-{made}.xml", render("site/sitemap.xml", places=places, kind="url"))
            places = []
        maps = [f"{self._site.url}sitemap-{number}.xml" for number in range(1, made + 1)]
        self._folder.write_text("sitemap.xml", render("site/sitemap.xml", places=maps, kind="sitemap"))
        self._folder.write_text(
            "robots.txt", f"# made by clipper\nUser-agent: *\nSitemap: {self._site.url}sitemap.xml\n"
        )
        for name in self._folder.names("sitemap-"):
            if f"{self._site.url}{name}" not in maps:
                self._folder.remove(name)

    def _page(self, path: str, template: str, title: str, section: str, **values: Any) -> None:
        said = {"feed": "", "here": False, **values}
        root = addresses.root(path)
        text = render(f"site/{template}", site=self._site, root=root, page_title=title, section=section, **said)
        self._folder.write_text(path, text)


def _without_text(item: Item) -> Item:
    """Return an article of which nothing is quoted."""
    article = Article.from_json({**item.article.to_json(), "text": "", "excerpt": None})
    return item._replace(article=article)

"""Making the site: which articles have changed since the last time, and which files follow from that."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from clipper import __version__
from clipper.coding.codebook import Theme
from clipper.coding.spans import Asked, Spans
from clipper.publish.rights import Rights
from clipper.publish.selection import Item, Selection
from clipper.publish.site import addresses, articles, lookup
from clipper.publish.site.articles import Terms
from clipper.publish.site.folder import Folder
from clipper.publish.site.lookup import Entry
from clipper.publish.site.pages import Pages
from clipper.publish.site.state import Decisions, Known, State
from clipper.publish.site.views import Row, Site
from clipper.search import document

_BATCH = 200  # articles that are in memory at a time, of a few such batches
_SIGNED = 1 << 63

# What finds the sentences of batches of articles, in order; it is also told of how many articles about.
Decide = Callable[[Iterable[list[Asked]], int], Iterator[list[Spans]]]


class Settings(NamedTuple):
    """What a site is to be: its title, its address on the web (may be empty), what may be shown, what was asked for."""

    title: str
    url: str
    excerpt: str
    rights: Rights
    query: str
    themes: Sequence[Theme]


class Report(NamedTuple):
    """What was done: how many articles the site has, of how many pages were made, and what became of its files."""

    articles: int
    made: int
    written: int
    removed: int
    anew: bool


def publish(
    selection: Selection,
    folder: Folder,
    settings: Settings,
    *,
    anew: bool = False,
    decide: Callable[[], Decide | None] = lambda: None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """Bring a site in step with the articles of a selection; ``anew`` makes every page, and writes those that differ.

    ``decide`` is asked for what finds the sentences by which a model decided, when there are some to be found.
    ``progress`` is told how many articles of how many are made. Raises Locked where another run makes the same site,
    CannotWork where it cannot be written.
    """
    cache = selection.archive.cache
    with closing(State(cache, folder.path)) as state, closing(Decisions(cache)) as decisions:
        return _Build(selection, folder, settings, state, decisions, decide, progress).run(anew)


def shows_any(folder: Folder, cache: Path, ids: Collection[str]) -> bool:
    """Whether a site has pages of any of some articles, or names them as copies on other pages."""
    if not ids or not folder.path.exists():
        return False
    if any(folder.read(addresses.article(one)) is not None for one in ids):
        return True
    with closing(State(cache, folder.path)) as state:
        return state.names_any(ids)


class _Build:
    def __init__(
        self,
        selection: Selection,
        folder: Folder,
        settings: Settings,
        state: State,
        decisions: Decisions,
        decide: Callable[[], Decide | None],
        progress: Callable[[int, int], None],
    ) -> None:
        self.selection, self.folder, self.settings = selection, folder, settings
        self.state, self.decisions, self.decide, self.progress = state, decisions, decide, progress
        self.terms = Terms(
            themes={theme.key: theme.name for theme in settings.themes},
            rights=settings.rights,
            excerpt=settings.excerpt,
            slug=self._slug,
            article=selection.article,
            holds=state.holds,
        )
        url = settings.url.rstrip("/") + "/" if settings.url else ""
        self.pages = Pages(folder, Site(settings.title, url, settings.query))
        self.made = 0

    def run(self, anew: bool) -> Report:
        """Do all of it; what is known of the site is written down at the end, or not at all."""
        catalogue = self.selection.archive.catalogue
        generation, seq = catalogue.generation, catalogue.newest_seq()
        with self.state.changing():
            # The note is from the last run that came to its end; the folder's own says whether that was the last run.
            anew = anew or not self._goes_on(generation)
            run = int(self.state.note("run") or 0) + 1
            since = int(self.state.note("seq") or 0)
            if anew:
                self.state.start_again()
            self.folder.begin(self.state, run, trusted=not anew)
            self._find_changes(since, anew)
            anew_index = anew or not lookup.is_whole(self.folder)
            if anew_index and not anew:
                self.state.everything_changed()
            gone = list(self.state.gone()) if not anew else []
            if anew or gone or self.state.how_many_wait():
                self.folder.unseal()
                self._make(gone, anew_index)
            if anew:
                self.folder.sweep()
            self.state.write_note("run", str(run))
            self.state.write_note("settings", self._mark())
            self.state.write_note("generation", generation)
            self.state.write_note("seq", str(seq))
            self.state.write_note("seal", self.folder.finish())
            articles_now = self.state.count()
        return Report(articles_now, self.made, self.folder.written, self.folder.removed, anew)

    def _goes_on(self, generation: str) -> bool:
        """Whether the site is as the last run left it, and whether all that it was made from still holds."""
        note = self.state.note
        return (
            bool(self.folder.seal)
            and self.folder.seal == note("seal")
            and note("settings") == self._mark()
            and note("generation") == generation
            and self.folder.is_whole(self.state)
        )

    def _mark(self) -> str:
        """Return the checksum of all that a page is made from beside its article."""
        said = self.settings
        themes = [[theme.key, theme.name, theme.definition, list(theme.merges)] for theme in said.themes]
        basis = [__version__, said.title, said.url, said.excerpt, said.rights.full_text, said.query, themes]
        found = hashlib.sha256(json.dumps(basis).encode())
        for _, data in [*shipped("templates/site"), *shipped("static")]:
            found.update(hashlib.sha256(data).digest())
        return found.hexdigest()

    # -- what has changed -----------------------------------------------------------------------------------

    def _find_changes(self, since: int, anew: bool) -> None:
        state, catalogue = self.state, self.selection.archive.catalogue
        for page in self.selection.search.in_pages(sort="oldest"):
            state.take_matches((match.id, _signed(match.group)) for match in page)
        state.compare()
        if anew:
            state.everything_changed()
        else:
            while changes := catalogue.changed_since(since, _BATCH):
                state.changed(change.entry.id for change in changes)
                # Pages name the copies of their story that have none in the site too.
                roots = (catalogue.root(one.entry.id) if one.duplicate_of else one.entry.id for one in changes)
                state.changed_groups(_signed(document.number(root)) for root in roots)
                since = changes[-1].seq
        state.changed_stories()
        state.give_numbers(self._places())

    def _places(self) -> Iterator[tuple[str, str, int]]:
        for article_id in self.state.unnumbered():
            if (entry := self.selection.archive.catalogue.get(article_id)) is not None:
                yield article_id, entry.place.file, entry.place.offset

    def _slug(self, outlet: str) -> str:
        """Return an outlet's slug; a second one of nearly the same name gets a number made from its name."""
        if (known := self.state.outlet_slug(outlet)) is not None:
            return known
        plain = addresses.slug(outlet)
        mark = hashlib.sha256(outlet.encode("utf-8", "replace")).hexdigest()
        for slug in (plain, *(f"{plain}-{mark[:length]}".lstrip("-") for length in (6, 16, 64))):
            if slug and self.state.add_outlet(outlet, slug):
                return slug
        raise AssertionError("two names with one checksum")

    # -- making ---------------------------------------------------------------------------------------------

    def _make(self, gone: Sequence[Known], anew_index: bool) -> None:
        for known in gone:
            self.folder.remove(addresses.article(known.id))
        entries = self._articles()
        removed = () if anew_index else (known.number for known in gone)
        lookup.update(self.folder, entries, removed, themes=self.terms.themes, anew=anew_index)
        deque(entries, maxlen=0)  # whatever the index took, all articles are made
        self.pages.lists(self.state, self.settings.themes, self._row)
        self.pages.front(self.state, self.settings.themes, self._row)
        said = self.settings
        self.pages.feeds(self.state, said.themes, said.rights, said.excerpt, self._item)
        self.pages.others(shipped("static"), self.state)

    def _articles(self) -> Iterator[Entry]:
        """Make the page of every article that waits, and yield what the search is to know of it."""
        waiting = self.state.how_many_wait()
        for known, item, spans in self._with_sentences(waiting):
            first, several = self.state.first_of_story(known)
            row = articles.row(item, several - 1, self.terms)
            self.state.keep_row(known.id, articles.as_text(row))
            stands = articles.lists(item, self.terms)
            self.state.stand(known.id, row.day, stands, item.article.fetched, item.copies)
            self.pages.article(addresses.article(known.id), articles.page(item, spans, self.terms))
            self.made += 1
            self.progress(self.made, waiting)
            yield articles.entry(item, known.number, first if several > 1 else 0, spans, self.terms)

    def _with_sentences(self, waiting: int) -> Iterator[tuple[Known, Item, Spans]]:
        """Yield the articles that wait with the sentences that decided; those not known yet are found beside."""
        held: deque[list[tuple[Known, Item, Spans | None, str]]] = deque()

        def batches() -> Iterator[list[Asked]]:
            for some in self._batches():
                looked_up = [self._looked_up(known, item) for known, item in some]
                held.append([(known, item, spans, mark) for known, item, spans, mark, _ in looked_up])
                yield [asked for *_, asked in looked_up if asked is not None]

        for found in self._found(batches(), waiting):
            fresh = iter(found)
            kept: dict[tuple[str, str], Spans] = {}
            for known, item, spans, mark in held.popleft():
                if spans is None:
                    spans = kept[known.id, mark] = next(fresh)
                yield known, item, spans
            self.decisions.keep(kept)

    def _looked_up(self, known: Known, item: Item) -> tuple[Known, Item, Spans | None, str, Asked | None]:
        asked = articles.asked(item, self.terms)
        if asked is None:
            return known, item, {}, "", None
        mark = articles.mark(item, asked)
        spans = self.decisions.get(known.id, mark)
        return known, item, spans, mark, asked if spans is None else None

    def _found(self, batches: Iterable[list[Asked]], waiting: int) -> Iterator[list[Spans]]:
        """Yield for each batch what the model says of what it is asked, which is started when there is something."""
        source = iter(batches)
        for first in source:
            if not first:
                yield []
                continue
            find = self.decide()
            if find is None:
                yield [{} for _ in first]
                for batch in source:
                    yield [{} for _ in batch]
                return
            yield from find(_chained(first, source), waiting)

    def _batches(self) -> Iterator[list[tuple[Known, Item]]]:
        for some in self.state.waiting(_BATCH):
            stories = list({_unsigned(known.story) for known in some})
            others = self.selection.search.others(stories)
            found = []
            for known in some:
                copies = [one for one in others.get(_unsigned(known.story), ()) if one != known.id]
                item = self.selection.item(known.id, copies)
                if item is None:
                    self.state.drop(known)  # taken out a moment ago
                else:
                    found.append((known, item))
            yield found

    # -- looking up -----------------------------------------------------------------------------------------

    def _item(self, article_id: str) -> Item | None:
        known = self.state.known(article_id)
        story = _unsigned(known.story)
        others = self.selection.search.others([story]).get(story, ())
        return self.selection.item(article_id, [one for one in others if one != article_id])

    def _row(self, article_id: str) -> Row:
        """Return the row of an article; of one that was not made in this run it is made for the lists that need it."""
        kept = self.state.row(article_id)
        if kept is None:
            _, several = self.state.first_of_story(self.state.known(article_id))
            item = self.selection.item(article_id)
            row = articles.row(item, several - 1, self.terms) if item else Row("", "", None, "", "", [], 0, False)
            kept = articles.as_text(row)
            self.state.keep_row(article_id, kept)
        return articles.from_text(kept)


def _chained(first: list[Asked], rest: Iterator[list[Asked]]) -> Iterator[list[Asked]]:
    yield first
    yield from rest


def _signed(number: int) -> int:
    """Return a number of 64 bits as SQLite holds it."""
    return number - 2 * _SIGNED if number >= _SIGNED else number


def _unsigned(number: int) -> int:
    return number + 2 * _SIGNED if number < 0 else number


def shipped(name: str) -> list[tuple[str, bytes]]:
    """Return the files of a folder of this package, by their names."""
    folder = resources.files("clipper.publish").joinpath(name)
    return [(file.name, file.read_bytes()) for file in sorted(folder.iterdir(), key=lambda f: f.name) if file.is_file()]

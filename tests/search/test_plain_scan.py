"""Search agrees with a plain scan of the archive's lines.

The scan below knows nothing of the index: it reads the JSON lines, cuts them into words in its own way and looks for
rows, neighbours, beginnings, slips of the pen, dates and labels one article after the other. It shares with the
program only what a stem is and which spellings are of one word.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, lru_cache
from itertools import chain, combinations, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any as Anything
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.archive.store import Archive
from clipper.models import Article, Label, Tagging
from clipper.search.engine import stemmed
from clipper.search.indexing import follow
from clipper.search.results import Search
from clipper.search.spelling import joined, variants
from clipper.search.tree import All, Any, Dates, Fuzzy, In, Key, Near, Node, Not, Prefix, Words

# -- the plain scan ----------------------------------------------------------------------------------------------------

_AFTER_AN_APOSTROPHE = ("s", "t", "d", "m", "re", "ve", "ll")


@lru_cache(maxsize=10_000)
def _cut(text: str) -> tuple[str, ...]:
    """Return the words of a text: folded, with British endings."""
    text = text.lower().replace("iz", "is").replace("yz", "ys").replace("’", "'").replace("‘", "'") + " "
    found, word = [], ""
    for at, sign in enumerate(text):
        rest = text[at + 1 :]
        if sign.isalnum():
            word += sign
        elif sign == "'" and word and text[at - 1].isalnum() and _letters(rest) in _AFTER_AN_APOSTROPHE:
            pass
        elif sign == "." and text[at - 1 : at].isdigit() and rest[:1].isdigit():
            word += sign
        elif sign == "," and text[at - 1 : at].isdigit() and len(_digits(rest)) == 3:
            pass
        else:
            found += [word, sign] if sign in "£$€¥" else [word]
            word = ""
    return tuple(_bare(word) for word in found if word)


def _letters(text: str) -> str:
    return text[: next((at for at, sign in enumerate(text) if not sign.isalnum()), len(text))]


def _digits(text: str) -> str:
    return text[: next((at for at, sign in enumerate(text) if not sign.isdigit()), len(text))]


def _bare(word: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", word) if not unicodedata.combining(sign))


@lru_cache(maxsize=10_000)
def _stem(word: str) -> str:
    return stemmed([word])[0]


@lru_cache(maxsize=10_000)
def _rows(text: str) -> frozenset[tuple[str, ...]]:
    """Return the rows of stems that a text in a query stands for."""
    asked = _cut(text)
    if not asked:
        return frozenset()
    written = [row for ways in product(*([(w,), *map(_cut, variants(w))] for w in asked)) for row in [sum(ways, ())]]
    for at in range(len(asked) - 1):
        written += [(*asked[:at], one, *asked[at + 2 :]) for one in joined(asked[at : at + 2])]
    if "-" in text and " " not in text.strip():
        written.append(("".join(asked),))
    return frozenset(tuple(map(_stem, row)) for row in written)


def _has_row(parts: list[tuple[str, ...]], row: tuple[str, ...]) -> bool:
    return any(part[at : at + len(row)] == row for part in parts for at in range(len(part)))


def _differ(one: str, other: str) -> int:
    """Return how many letters to add, take out, change, or swap with their neighbours."""

    @cache
    def of(i: int, j: int) -> int:
        if not i or not j:
            return i or j
        least = min(of(i - 1, j) + 1, of(i, j - 1) + 1, of(i - 1, j - 1) + (one[i - 1] != other[j - 1]))
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            least = min(least, of(i - 2, j - 2) + 1)
        return least

    return of(len(one), len(other))


class Record(NamedTuple):
    """An article as its lines have it: the newest revision, the last tags, every coder's last word on each theme."""

    line: dict[str, Anything]
    tags: dict[str, Anything] | None
    said: dict[tuple[str, str], bool]  # theme and coder

    def parts(self, field: str | None) -> list[tuple[str, ...]]:
        """Return the words of each part of a field."""
        title, text = self.line["title"] or "", self.line["text"]
        texts = {
            None: [title, text, *self.line["authors"]],
            "title": [title],
            "author": self.line["authors"],
            "outlet": [self.line["outlet"] or ""],
        }
        return [_cut(part) for part in texts[field]]

    def themes(self, renamed: dict[str, str]) -> set[str]:
        """Return the themes that it carries, by what they are called now."""
        tagged: set[str] = set()
        if self.tags is not None and self.tags["revision"] == self.line["revision"]:
            tagged = {renamed.get(tag["theme"], tag["theme"]) for tag in self.tags["tags"]}
        said: dict[str, dict[str, bool]] = {}
        for (theme, coder), value in self.said.items():
            of_theme = said.setdefault(renamed.get(theme, theme), {})
            of_theme[coder] = of_theme.get(coder, False) or value
        found = set(tagged)
        for theme, coders in said.items():
            values = {coders["adjudicated"]} if "adjudicated" in coders else set(coders.values())
            if values == {True}:
                found.add(theme)
            elif values == {False}:
                found.discard(theme)
        return found


def _scan(folder: Path) -> dict[str, Record]:
    lines: dict[str, dict[str, Anything]] = {}
    for path in sorted((folder / "articles").glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            article = json.loads(line)
            if article["revision"] >= lines.get(article["id"], article)["revision"]:
                lines[article["id"]] = article
    tags, labels = ([], []) if not folder.exists() else (_lines(folder / "tags.jsonl"), _lines(folder / "labels.jsonl"))
    last = {one["article"]: one for one in tags}
    said: dict[str, dict[tuple[str, str], bool]] = {}
    for one in labels:
        said.setdefault(one["article"], {})[one["theme"], one["coder"]] = one["value"]
    return {name: Record(line, last.get(name), said.get(name, {})) for name, line in lines.items()}


def _lines(path: Path) -> list[dict[str, Anything]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


class Scan:
    """What matches in an archive, found by looking at each article."""

    def __init__(self, folder: Path, renamed: dict[str, str]) -> None:
        self.records = _scan(folder)
        self.renamed = renamed

    def matches(self, node: Node | None) -> set[str]:
        """Return the ids of the articles that match."""
        pages = node is not None and _names_pages(node)
        return {
            name
            for name, record in self.records.items()
            if (pages or record.line["kind"] != "page") and (node is None or self._matches(record, node, None))
        }

    def root(self, name: str) -> str:
        """Return what an article is a copy of in the end; of a circle of copies its least id."""
        trail = [name]
        while (parent := self.records[trail[-1]].line["duplicate_of"]) in self.records:
            if parent in trail:
                return min(trail[trail.index(parent) :])
            trail.append(parent)
        return trail[-1]

    def _matches(self, record: Record, node: Node, field: str | None) -> bool:
        match node:
            case All():
                asked = [part for part in node.parts if not (isinstance(part, Words) and not _cut(part.text))]
                return bool(asked) and all(self._matches(record, part, field) for part in asked)
            case Any():
                return any(self._matches(record, part, field) for part in node.parts)
            case Not():
                return not self._matches(record, node.part, field)
            case In():
                return self._matches(record, node.part, None if node.field == "text" else node.field)
            case Words():
                return self._has_words(record, node.text, field)
            case Near():
                return self._has_near(record, node, field)
            case Prefix():
                return any(w.startswith(_cut(node.text)[0]) for part in record.parts(field) for w in part)
            case Fuzzy():
                like = _cut(node.text)[0]
                return any(_differ(w, like) <= node.distance for part in record.parts(field) for w in part)
            case Dates():
                return _in_dates(record.line["published"], node)
            case Key():
                return self._has_value(record, node)

    def _has_words(self, record: Record, text: str, field: str | None) -> bool:
        parts = record.parts(field)
        if field in ("author", "outlet"):
            return bool(_cut(text)) and _has_row(parts, _cut(text))
        stems = [tuple(map(_stem, part)) for part in parts]
        return any(_has_row(stems, row) for row in _rows(text))

    def _has_near(self, record: Record, node: Near, field: str | None) -> bool:
        asked = list(dict.fromkeys(_cut(node.text)))
        if len(asked) < 2:
            return self._has_words(record, node.text, field)
        names = field in ("author", "outlet")
        forms = [{w} if names else {_stem(f[0]) for f in [(w,), *map(_cut, variants(w))] if len(f) == 1} for w in asked]
        row: list[str | None] = []  # the parts stand one after the other, with an empty place between them
        for part in filter(None, record.parts(field)):
            row += [*part, None] if names else [*map(_stem, part), None]
        for some, others in combinations(forms, 2):
            places = [[at for at, word in enumerate(row) if word in form] for form in (some, others)]
            apart = [abs(a - b) - 1 for a, b in product(*places)]
            # Where both may be one word, this word is near itself.
            if not any(between <= node.within for between in apart):
                return False
        return True

    def _has_value(self, record: Record, node: Key) -> bool:
        line, asked = record.line, node.value
        themes = record.themes(self.renamed)
        if node.field == "partial":
            return bool(line["partial"]) == (asked == "yes")
        if node.field == "theme" and asked in ("none", "any") and not node.prefix:
            return bool(themes) == (asked == "any")
        if node.field == "id":
            return str(line["id"]).startswith(asked.lower())
        coders = {coder for _, coder in record.said}
        values = {"theme": themes, "coder": coders, "source": {line["source"]}, "kind": {line["kind"]}}[node.field]
        return any(value.startswith(asked) if node.prefix else value == asked for value in values)


def _names_pages(node: Node) -> bool:
    match node:
        case Key(field="kind"):
            return node.value == "page" or (node.prefix and "page".startswith(node.value))
        case All() | Any():
            return any(map(_names_pages, node.parts))
        case Not() | In():
            return _names_pages(node.part)
    return False


def _in_dates(published: str | None, asked: Dates) -> bool:
    if asked.undated or published is None:
        return asked.undated and published is None
    first, last = f"{published}-00-00"[:10], f"{published}-99-99"[:10]
    return (not asked.since or last >= asked.since) and (not asked.until or first <= f"{asked.until}-99-99"[:10])


# -- what is drawn -----------------------------------------------------------------------------------------------------

FREQUENT, *FAMILIES = [
    some.split()
    for some in (
        "the of in it its has have is was be being to a an all",
        "nurse nurses Nursing NURSED nurse's",
        "hospital hospitals hospital’s hospital-care",
        "privatise privatize privatisation privatization private",
        "organised organizing analyze analyse",
        "£120m 120m £ 3.5bn 3.5 1,200 1200 1,20 20",
        "prime-contractor prime contractor",
        "doctor's doctor’s doctors u.s. don’t they're",
        "café cafes naïve Zoë",
        "behaviour behavior centre center programme program",
        "health-care healthcare health care",
        "die dying dies lie lying ties tying",
        "… — - 🏥 x ? §",
    )
]
NAMES = ["Zoë O’Neill", "Ann Writer", "Ann O'Neill", "Writer the Nurse", "Centre Desk"]
OUTLETS = ["The Fenwick Echo", "Echo", "Pulse, the Nurses’ Weekly", "Café Privatise", None]
DATES = ["2014-11-07", "2014-11-08", "2014-11", "2014", "2015-03-01", "2015-03", "1999", None]
THEMES = ["workforce", "work", "funding"]
CODERS = ["ann", "bob", "adjudicated"]
SOURCES = ["added", "echo-feed", "echo", "£ & <echo> – fïd"]
KINDS = ["article", "article", "article", "clipping", "page"]
IDS = [f"{n:016x}" for n in (1, 0x10, 0x1F, 2**63, 2**64 - 1, 0xABCDEF)] + [
    "odd-one", "0000000000000001x", "AB", "a" * 16, "b" * 16, "c" * 16, "d" * 16, "e" * 15 + "1", "e" * 15 + "2",
]  # fmt: skip

# A few words at a time, so that rows and neighbours come about.
palettes = st.tuples(
    st.lists(st.sampled_from(FAMILIES), min_size=1, max_size=2, unique_by=id),
    st.lists(st.sampled_from(FREQUENT), min_size=1, max_size=3, unique=True),
).map(lambda drawn: [*chain.from_iterable(drawn[0]), *drawn[1]])


def texts(some: list[str]) -> st.SearchStrategy[str]:
    """Texts of some words."""
    gaps = st.sampled_from([" ", " ", " ", " ", ", ", ". ", "-", "\n\n"])
    pairs = st.lists(st.tuples(st.sampled_from(some), gaps), max_size=16)
    return pairs.map(lambda pairs: "".join(word + gap for word, gap in pairs))


@st.composite
def articles(draw: st.DrawFn, some: list[str], most: int = 9) -> list[Article]:
    """Articles of different ids and of some words; some of them are copies of each other."""
    names = draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=most, unique=True))
    few = draw(st.lists(texts(some), min_size=1, max_size=4))
    return [
        Article(
            id=name,
            kind=draw(st.sampled_from(KINDS)),
            title=draw(st.none() | texts(some)),
            outlet=draw(st.sampled_from(OUTLETS)),
            authors=draw(st.lists(st.sampled_from(NAMES), max_size=2, unique=True)),
            published=draw(st.sampled_from(DATES)),
            fetched="2026-01-01T00:00:00Z",
            text=draw(st.sampled_from(few) | texts(some)),
            source=draw(st.sampled_from(SOURCES)),
            duplicate_of=draw(st.none() | st.sampled_from([*names, "f" * 16])),
            partial=draw(st.booleans()),
            sha256=f"{at}",
        )
        for at, name in enumerate(names)
    ]


labels = st.builds(
    Label,
    article=st.sampled_from(IDS),
    revision=st.just(1),
    theme=st.sampled_from(THEMES),
    value=st.booleans(),
    coder=st.sampled_from(CODERS),
    at=st.just("2026-01-01T00:00:00Z"),
)
chosen = st.lists(st.sampled_from(THEMES), max_size=2, unique=True)
taggings = st.builds(
    Tagging,
    article=st.sampled_from(IDS),
    revision=st.sampled_from([1, 1, 2]),
    tags=chosen.map(lambda themes: [{"theme": theme, "probability": 0.75} for theme in themes]),
    scores=st.just({"funding": 0.25}),
    model=st.just("m"),
    codebook=st.just("c"),
    tagged=st.just("2026-01-01T00:00:00Z"),
)


def leaves(some: list[str]) -> st.SearchStrategy[Node]:
    """Leaves of a query that ask for some words."""
    words = st.sampled_from([*some, *some, "neill", "writer", "echo"])
    row = st.lists(words, min_size=1, max_size=3)
    single = words.filter(lambda word: len(_cut(word)) == 1)
    starts = single.flatmap(lambda word: st.integers(1, len(word)).map(lambda length: word[:length]))
    return st.one_of(
        st.builds(Words, words),
        st.builds(Words, st.tuples(row, st.sampled_from([" ", " ", "-"])).map(lambda drawn: drawn[1].join(drawn[0]))),
        st.builds(Near, st.lists(words, min_size=2, max_size=3).map(" ".join), st.integers(1, 6)),
        st.builds(Prefix, starts.filter(lambda start: len(_cut(start)) == 1)),
        st.builds(Fuzzy, single, st.integers(1, 2)),
    )


filters = st.one_of(
    st.builds(Key, st.just("theme"), st.sampled_from([*THEMES, "none", "any", "other"]), st.booleans()),
    st.builds(Key, st.just("coder"), st.sampled_from([*CODERS, "a"]), st.booleans()),
    st.builds(Key, st.just("source"), st.sampled_from([*SOURCES, "ec", ".*", "£ & <e"]), st.booleans()),
    st.builds(Key, st.just("kind"), st.sampled_from(["article", "clipping", "page"])),
    st.builds(Key, st.just("partial"), st.sampled_from(["yes", "no"])),
    st.builds(Key, st.just("id"), st.sampled_from([*IDS, "0", "00", "e" * 15, "odd", "f"])),
    st.builds(Dates, st.none() | st.sampled_from(DATES), st.none() | st.sampled_from(DATES)).filter(
        lambda dates: dates.since or dates.until
    ),
    st.just(Dates(None, None, True)),
)


def _joined(parts: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(All, several), st.builds(Any, several), st.builds(Not, parts))


def trees(some: list[str]) -> st.SearchStrategy[Node]:
    """Queries that ask for some words."""
    fields = st.sampled_from(["title", "author", "outlet", "text"])
    leaf = leaves(some)
    in_field = st.builds(In, fields, leaf | st.recursive(leaf, _joined, max_leaves=3))
    return st.one_of(
        leaf, in_field, filters, st.recursive(st.one_of(leaf, leaf, in_field, filters), _joined, max_leaves=4)
    )


# -- the comparison ----------------------------------------------------------------------------------------------------


@contextmanager
def _new_archive() -> Iterator[Archive]:
    with TemporaryDirectory() as folder:
        archive = Archive(Path(folder))
        try:
            yield archive
        finally:
            archive.catalogue.close()


def _compare(archive: Archive, asked: list[Node | None], renamed: dict[str, str]) -> None:
    scan = Scan(archive.path, renamed)
    told: list[str] = []
    for node in asked:
        search = Search(archive, node, follow=follow, renamed=renamed, tell=told.append, fold=False)
        found = [match.id for match in search.matches()]
        assert sorted(found) == sorted(scan.matches(node)), node
        assert search.count() == (len(found), 0, True)
        for sort in ("relevance", "date", "oldest"):
            assert sorted(match.id for match in search.matches(sort=sort)) == sorted(found)
    assert told == []


RENAMED = st.sampled_from([{}, {}, {"work": "workforce"}])


@settings(max_examples=20, deadline=None)
@given(st.data(), st.lists(labels, max_size=6), st.lists(taggings, max_size=5), RENAMED)
def test_search_agrees_with_a_plain_scan(
    data: st.DataObject, said: list[Label], tags: list[Tagging], renamed: dict[str, str]
) -> None:
    some = data.draw(palettes)
    with _new_archive() as archive:
        with archive.writing() as writer:
            writer.articles(data.draw(articles(some)))
            writer.taggings(tags)
            writer.labels(said)
        _compare(archive, [None, *data.draw(st.lists(trees(some), min_size=4, max_size=12))], renamed)


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_an_archive_that_grows_is_followed(data: st.DataObject) -> None:
    some = data.draw(palettes)
    with _new_archive() as archive:
        for _ in range(data.draw(st.integers(2, 4))):
            with archive.writing() as writer:
                # What an article is a copy of stands in the archive before it, and stays what it is.
                fresh = [replace(one, duplicate_of=None) for one in data.draw(articles(some, 3))]
                writer.articles([replace(one, revision=data.draw(st.integers(1, 2))) for one in fresh])
                writer.taggings(data.draw(st.lists(taggings, max_size=2)))
                writer.labels(data.draw(st.lists(labels, max_size=2)))
            _compare(archive, [None, *data.draw(st.lists(trees(some), min_size=1, max_size=4))], {})


@settings(max_examples=15, deadline=None)
@given(st.data(), st.integers(1, 4))
def test_copies_are_told_once_beside_one_of_them(data: st.DataObject, size: int) -> None:
    some = data.draw(palettes)
    with _new_archive() as archive:
        with archive.writing() as writer:
            writer.articles(data.draw(articles(some)))
        scan = Scan(archive.path, {})
        members: dict[str, list[str]] = {}
        for name in sorted(scan.records):
            members.setdefault(scan.root(name), []).append(name)
        for node in [None, *data.draw(st.lists(trees(some), max_size=5))]:
            groups = Counter(map(scan.root, scan.matches(node)))
            search = Search(archive, node, follow=follow)
            total, folded, exact = search.count()
            assert (total, folded, exact) == (groups.total(), groups.total() - len(groups), True)
            shown = []
            for offset in range(0, len(groups) + size, size):
                page = search.results(limit=size, offset=offset)
                assert (page.total, page.folded, page.exact) == (total, folded, True)
                hits = list(page.hits)
                assert len(hits) == page.shown
                shown += hits
            assert Counter(scan.root(hit.article.id) for hit in shown) == Counter(groups.keys())
            for hit in shown:
                told = [hit.article.id, *(copy.id for copy in hit.copies)]
                assert sorted(told) == members[scan.root(hit.article.id)]

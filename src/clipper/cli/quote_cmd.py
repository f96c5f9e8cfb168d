"""``clipper quote``: whether an article holds a quotation word for word, and how to cite it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from clipper.cli.common import config_option, json_option, open_reader, project
from clipper.cli.output import data, json_line, tell
from clipper.cli.pager import paged
from clipper.errors import NOT_FOUND, UsageError
from clipper.wording import human_date

if TYPE_CHECKING:
    from clipper.archive.reader import Reader
    from clipper.models import Article
    from clipper.search.quoting import Found, Match, Near, Quotation

MOST_BYTES = 1 << 20  # read from standard input; a quotation of the most words has far fewer
MOST_PLACES = 1000  # given by --all; what stands there more often is no quotation


class Look(NamedTuple):
    """Where a quotation stands in one revision: in its ``text`` or its ``title``, or nowhere (None)."""

    article: Article
    place: str | None
    found: Found

    @property
    def holds(self) -> bool:
        """Whether it stands there word for word."""
        return self.place is not None and self.found.matches[0].capitals != "other"

    @property
    def text(self) -> str:
        """What it was looked for in."""
        return (self.article.title or "") if self.place == "title" else self.article.text


class Checked(NamedTuple):
    """What was found out about a quotation.

    ``look`` is at the revision that was asked for, or the newest. ``elsewhere`` are the other revisions that hold the
    quotation, the newest first: all of them, or those after the one that holds it. ``near`` is the nearest passage
    where none has it; ``only_apart`` tells that its parts stand there, but not together.
    """

    look: Look
    revisions: list[int]
    elsewhere: list[Look]
    near: Near | None
    only_apart: bool


@click.command("quote")
@click.argument("article_id", metavar="ID")
@click.argument("words", nargs=-1, metavar="[WORDS]...")
@click.option("--revision", type=click.IntRange(1), metavar="N", help="In this revision, not the newest.")
@click.option("--all", "every", is_flag=True, help="Show every place where it stands, not only the first.")
@json_option
@config_option
def command(
    article_id: str, words: tuple[str, ...], revision: int | None, every: bool, as_json: bool, config_path: Path | None
) -> int:
    """Check a quotation against an article, and cite it.

    WORDS is the quotation; without it, or as -, it is read from standard input. It stands there when the same words
    do, in the same order: spaces and line ends, kinds of quotation marks and dashes, ligatures and soft hyphens make
    no difference. An ellipsis (… or ...) stands for words left out, square brackets for what an editor put in. Capitals
    must agree but for the first letter's.

    Printed are the sentence that holds it, the article, its revision and a citation. Exit code 1 when it does not stand
    there word for word; the nearest passage is shown then.
    """
    from clipper.search.quoting import read

    quotation = read(_given(words))
    reader = open_reader(project(config_path, selectors=False))
    reader.catalogue.glance()
    checked = check(reader, article_id, quotation, revision, MOST_PLACES if every else 1)
    if as_json:
        json_line(to_json(checked, quotation))
    else:
        with paged():
            _print(checked)
        _tell(checked, every)
    return 0 if checked.look.holds else NOT_FOUND


def check(
    reader: Reader, article_id: str, quotation: Quotation, revision: int | None = None, limit: int = 1
) -> Checked:
    """Look for a quotation in an article's text and title, and in its other revisions where it is in neither.

    Raises NothingFound when there is no such article or revision.
    """
    from clipper.cli.show_cmd import chosen
    from clipper.search.quoting import nearest, only_apart

    article, places = chosen(reader, article_id, revision)
    look = look_in(article, quotation, limit)
    # A quotation out of an older revision may have gone since: that is told as well.
    others = [number for number in sorted(places, reverse=True) if number > (article.revision if look.holds else 0)]
    looks = (look_in(reader.read(places[number]), quotation) for number in others if number != article.revision)
    elsewhere = [other for other in looks if other.holds]
    nowhere = not (look.place or elsewhere)
    near = nearest(quotation, article.text) if nowhere else None
    return Checked(look, list(places), elsewhere, near, nowhere and only_apart(quotation, article.text))


def look_in(article: Article, quotation: Quotation, limit: int = 1) -> Look:
    """Return where a quotation stands in a revision: in the text, or in the title where it is not in the text."""
    from clipper.search.quoting import find

    in_text = find(quotation, article.text, limit)
    look = Look(article, "text" if in_text.times else None, in_text)
    if look.holds or not article.title:
        return look
    in_title = find(quotation, article.title, limit)
    titled = Look(article, "title" if in_title.times else None, in_title)
    return titled if titled.holds or not look.place else look


def citation(article: Article) -> str:
    """Return one line for a list of references: who, 'Title', outlet, date, URL and the day of fetching."""
    names = [" ".join(name.split()) for name in article.authors]
    outlet = " ".join((article.outlet or "").split())
    if len(names) > 3:
        names = [f"{names[0]} and others"]
    who = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    title = _quoted(" ".join(article.title.split())) if article.title else "[no title]"
    parts = [who or outlet, title, outlet if who else "", human_date(article.published), article.url or ""]
    # A clipping's link was cut from a page with it, and nobody looked at what it leads to.
    if article.url and article.kind != "clipping":
        parts.append(f"accessed {human_date(article.fetched.partition('T')[0])}")
    return ", ".join(part for part in parts if part)


def _quoted(title: str) -> str:
    """Return a title between quotation marks, single ones unless it holds such itself."""
    return f"'{title}'" if not set(title) & set("'‘’") or '"' in title else f'"{title}"'


def to_json(checked: Checked, quotation: Quotation) -> dict[str, Any]:
    """Return what was found out as JSON has it."""
    from clipper.search.quoting import sentence

    def place(look: Look, match: Match) -> dict[str, Any]:
        start, end = sentence(look.text, match.start, match.end)
        return {
            "start": match.start,
            "end": match.end,
            "words": look.text[match.start : match.end],
            "sentence": look.text[start:end],
            "parts": [list(part) for part in match.parts],
            "inserted": [{"inserted": said, "for": words} for said, words in match.inserted],
            "capitals": match.capitals,
            "punctuation": match.punctuation,
        }

    look, near = checked.look, checked.near
    article = look.article
    return {
        "id": article.id,
        "revision": article.revision,
        "revisions": checked.revisions,
        "quotation": quotation.text,
        "found": look.holds,
        "in": look.place,
        "times": look.found.times,
        "places": [place(look, match) for match in look.found.matches],
        "elsewhere": [
            {
                "revision": o.article.revision,
                "fetched": o.article.fetched,
                "in": o.place,
                **place(o, o.found.matches[0]),
            }
            for o in checked.elsewhere
        ],
        "nearest": near and {"start": near.start, "end": near.end, "pieces": [list(piece) for piece in near.pieces]},
        "title": article.title,
        "outlet": article.outlet,
        "authors": article.authors,
        "published": article.published,
        "fetched": article.fetched,
        "url": article.url,
        "citation": citation(article),
    }


def _given(words: Sequence[str]) -> str:
    """Return the quotation: the arguments, or what comes in from standard input."""
    if words and list(words) != ["-"]:
        return " ".join(words)
    if sys.stdin.isatty():
        tell("type the quotation, then Ctrl-D on a line of its own")
    raw = sys.stdin.buffer.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise UsageError(f"standard input: more than {MOST_BYTES >> 20} MB; a quotation is shorter")
    return raw.decode("utf-8", "replace")


def _print(checked: Checked) -> None:
    """Print the sentences that hold a quotation, or what comes nearest, and which article it is."""
    from clipper.cli.show_screen import put

    look = checked.look
    if not look.place and checked.elsewhere:
        look = checked.elsewhere[0]
    if look.place:
        for passage in _passages(look):
            put(passage)
            data("")
    elif checked.near:
        put(_differences(checked.near))
        data("")
    else:
        return
    _print_article(look.article, checked.revisions)
    if look is checked.look and look.holds:
        data("")
        put(_wrapped(citation(look.article)))


def _wrapped(text: str) -> list[str]:
    from clipper.cli.show_screen import block

    return block(text)


def _print_article(article: Article, revisions: Sequence[int]) -> None:
    from clipper.cli.show_screen import put, put_title, revision_of

    put_title(article)
    about = [article.outlet, ", ".join(article.authors), human_date(article.published), revision_of(article, revisions)]
    put(_wrapped(" · ".join(part for part in [*about, article.id] if part)))


def _passages(look: Look) -> Iterator[list[str]]:
    """Yield the lines of each sentence, or row of sentences, that holds a quotation, its parts marked."""
    from clipper.cli.show_screen import MATCH, block
    from clipper.search.quoting import sentence

    spans = [sentence(look.text, match.start, match.end) for match in look.found.matches]
    at = 0
    while at < len(spans):
        start, end = spans[at]
        marks: list[tuple[int, int, str]] = []
        while at < len(spans) and (not marks or spans[at][0] < end):  # several places may be in one sentence
            end = max(end, spans[at][1])
            marks += [(first - start, last - start, MATCH) for first, last in look.found.matches[at].parts]
            at += 1
        marks = _in_order(marks)
        lines: list[str] = []
        for paragraph in re.finditer(r"(?:(?!\n\n).)+", look.text[start:end], re.DOTALL):
            low, high = paragraph.span()
            here = [(max(a, low) - low, min(b, high) - low, kind) for a, b, kind in marks if a < high and b > low]
            lines += [*([""] if lines else []), *block(paragraph[0], here)]
        yield lines


def _in_order(marks: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return marks without those that begin within one before them."""
    kept: list[tuple[int, int, str]] = []
    for mark in sorted(marks):
        if not kept or mark[0] >= kept[-1][1]:
            kept.append(mark)
    return kept


def _differences(near: Near) -> list[str]:
    """Return the lines of a passage, with the words in brackets that differ from the quotation's."""
    from clipper.cli.show_screen import GONE, NEW, block

    text = ""
    marks: list[tuple[int, int, str]] = []
    for kind, words in near.pieces:
        said = f"[-{words}-]" if kind == "-" else f"{{+{words}+}}" if kind == "+" else words
        text += said if not text or (kind == "+" and text.endswith("-]")) else f" {said}"
        if kind != " ":
            marks.append((len(text) - len(said), len(text), GONE if kind == "-" else NEW))
    return block(text, marks)


def _tell(checked: Checked, every: bool) -> None:
    """Say on stderr what the passage alone does not: whether it holds the quotation, and what is odd about it."""
    look = checked.look
    newest, number = max(checked.revisions), look.article.revision
    if not look.holds and checked.elsewhere:
        other = checked.elsewhere[0].article
        where = "the newest revision" if number == newest else "revision"
        stood = "stood" if other.revision < number else "stands"
        tell(
            f"not in {where} ({number}) word for word; it {stood} in revision {other.revision} "
            f"(fetched {_day(other)}), shown here: --revision {other.revision} cites that one"
        )
        look = checked.elsewhere[0] if not look.place else look
    elif not look.place:
        tell("it does not stand there word for word" + _hint(checked))
        return
    elif number != newest and newest not in [other.article.revision for other in checked.elsewhere]:
        tell(f"revision {number} (fetched {_day(look.article)}) has it; the newest ({newest}) does not")
    match = look.found.matches[0]
    if match.capitals == "other":
        tell("it stands there in other capitals")
    elif match.capitals == "first":
        tell("its first letter has another capital there")
    if look.place == "title":
        tell("it stands in the title")
    shown = len(look.found.matches)
    if look.holds and look.found.times > shown:
        which = f"the first {shown} are shown" if every else "the first is shown (--all: every one)"
        tell(f"it stands there {look.found.times} times; {which}")
    if not match.punctuation:
        tell("the words are the same; the punctuation between them is not")
    for said, words in match.inserted:
        instead = f"; the article has: {words}" if words else "; it stands for no words there"
        tell(f"{said} is an editor's" + (instead if words is not None else ""))


def _hint(checked: Checked) -> str:
    """Return what may help where a quotation is nowhere."""
    hint = ""
    if checked.near:
        hint = "; nearest: [-only in the quotation-] {+only in the article+}"
    if checked.only_apart:
        hint += "; its parts do, but not in this order within a paragraph or two neighbouring ones"
    if checked.look.article.partial:
        hint += "; no more than the beginning of this article is archived"
    return hint


def _day(article: Article) -> str:
    return human_date(article.fetched.partition("T")[0])

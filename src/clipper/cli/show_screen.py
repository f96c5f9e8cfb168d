"""How one article is laid out: wrapped to be read on a terminal, a line a paragraph in a pipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from clipper.cli.columns import wrapped
from clipper.cli.output import colours, data, on_terminal, styled, width
from clipper.text import paragraphs, printable
from clipper.wording import human_date, shown_title

if TYPE_CHECKING:
    from clipper.models import Article, Label, Tagging

READING = 100  # columns; a longer line is hard to read
MATCH, TITLE, GONE, NEW, FAINT = "match", "title", "gone", "new", "faint"

Span = tuple[int, int]
Mark = tuple[int, int, str]  # where a mark begins and ends, and its kind
SpansOf = Callable[[str, str], Sequence[Span]]  # of a field (title, author, text) and what it says: what to highlight

_STYLES: dict[str, dict[str, object]] = {
    MATCH: {"bold": True, "fg": "yellow"},
    TITLE: {"bold": True},
    GONE: {"fg": "red"},
    NEW: {"fg": "green"},
    FAINT: {"dim": True},
}
_FIELD = 11  # columns that the name of a field takes


class Shown(NamedTuple):
    """What there is to show of an article beside itself.

    ``revisions`` are the numbers of all that are kept; ``renamed`` leads from what themes were called to what they are
    called now; ``original`` is the title of the article that this one is a copy of, ``copies`` the ids of its copies.
    """

    article: Article
    tagging: Tagging | None
    labels: list[Label]
    renamed: Mapping[str, str]
    revisions: Sequence[int]
    short_id: str
    original: str | None = None
    copies: Sequence[str] = ()


def reading_width() -> int:
    """Return how many columns a line of text takes on the terminal: all of them, up to what can be read well."""
    return min(width(), READING)


def block(
    text: str, marks: Sequence[Mark] = (), indent: str = "", first: str | None = None, columns: int | None = None
) -> list[str]:
    """Return the lines of a paragraph, safe for a terminal: wrapped and its marks in colour there, whole in a pipe.

    Marks are in order and do not overlap. ``first`` stands before the first line in place of the indent; ``columns`` is
    how wide a line may be where that is not what can be read well.
    """
    line, marks = _flat(printable(text), marks)
    first = indent if first is None else first
    if not on_terminal():
        return [first + line]
    lines: list[str] = []
    number = 0
    for start, end in _lines(line, (columns or reading_width()) - len(indent)):
        pieces, at = [], start
        while number < len(marks) and marks[number][0] < end:
            begin, stop, kind = marks[number]
            pieces += [line[at : max(begin, at)], _coloured(line[max(begin, at) : min(stop, end)], kind)]
            at = max(min(stop, end), at)
            if stop > end:
                break  # it goes on in the next line
            number += 1
        lines.append("".join([first if not lines else indent, *pieces, line[at:end]]))
    return lines


def _lines(line: str, columns: int) -> list[Span]:
    """Return where the lines of a paragraph begin and end. A link is not broken: terminals open whole ones."""
    found: list[Span] = []
    for start, end in wrapped(line, columns):
        if found and found[-1][1] == start and line.startswith(("http://", "https://"), found[-1][0]):
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found or [(0, 0)]


def _coloured(text: str, kind: str) -> str:
    return click.style(text, **_STYLES[kind]) if text and colours() else text  # type: ignore[arg-type]  # as Click's


def _flat(text: str, marks: Sequence[Mark]) -> tuple[str, Sequence[Mark]]:
    """Return a text on one line, with one space where there was white space, and its marks moved along."""
    line = " ".join(text.split())
    if line == text or not marks:
        return line, marks
    places, length, blank = [], 0, True
    for letter in text:
        space = letter.isspace()
        if not space:
            length += 1 + (blank and length > 0)
        blank = space
        places.append(length - (not space))
    places.append(length)
    return line, [(places[start], places[end - 1] + 1 if end > start else places[start], k) for start, end, k in marks]


def put(lines: Sequence[str]) -> None:
    """Put lines on stdout that are safe already."""
    for line in lines:
        styled(line)


def put_field(name: str, value: str | None, marks: Sequence[Mark] = ()) -> None:
    """Put a field's name and value on stdout, if it has one."""
    if value:
        put(block(value, marks, " " * _FIELD, _coloured(f"{name:<{_FIELD}}", FAINT)))


def put_article(shown: Shown, spans_of: SpansOf | None = None) -> None:
    """Put an article on stdout: what is known of it, then its text, with what ``spans_of`` finds in both in colour."""
    article = shown.article
    put_title(article, spans_of)
    put_field("outlet", article.outlet)
    put_field("published", human_date(article.published))
    put_field("authors", ", ".join(article.authors), _marks("author", ", ".join(article.authors), spans_of))
    put_field("link", article.url)
    if article.canonical != article.url:
        put_field("canonical", article.canonical)
    put_field("categories", ", ".join(article.categories))
    _put_themes(shown)
    _put_provenance(shown)
    data("")
    put_text(article, spans_of)


def put_title(article: Article, spans_of: SpansOf | None = None) -> None:
    """Put an article's title on stdout."""
    title = shown_title(article.title, article.text)
    found = _marks("title", title, spans_of)
    at, marks = 0, []
    for start, end, kind in found:
        marks += [(at, start, TITLE), (start, end, kind)]
        at = end
    put(block(title, [*marks, (at, len(title), TITLE)]))


def put_text(article: Article, spans_of: SpansOf | None = None) -> None:
    """Put an article's text on stdout: its paragraphs, a blank line between them."""
    for number, paragraph in enumerate(paragraphs(article.text)):
        if number:
            data("")
        safe = printable(paragraph)
        marks = _marks("text", safe, spans_of)
        at = first = 0
        for own_line in safe.split("\n"):
            end = at + len(own_line)
            inside = []
            # Marks are in order: those of one line are looked at for that line alone.
            while first < len(marks) and marks[first][0] < end:
                start, stop, kind = marks[first]
                if stop > at:
                    inside.append((max(start, at) - at, min(stop, end) - at, kind))
                if stop > end:
                    break
                first += 1
            put(block(own_line, inside))
            at = end + 1


def _marks(field: str, text: str, spans_of: SpansOf | None) -> list[Mark]:
    return [(start, end, MATCH) for start, end in spans_of(field, text)] if spans_of and text else []


def _put_themes(shown: Shown) -> None:
    """Put on stdout what people say of an article's themes, and what the model says."""
    from clipper.coding.verdicts import verdicts

    article, tagging, renamed = shown.article, shown.tagging, shown.renamed
    found = verdicts(article, tagging, shown.labels, lambda key: renamed.get(key, key))
    people = [verdict for verdict in found if verdict.coders]
    for verdict in people:
        said = ", ".join(f"{coder} {'yes' if value else 'no'}" for coder, value in sorted(verdict.coders.items()))
        settle = f"clipper label {article.id[:7]} +{verdict.theme} --coder adjudicated, or -{verdict.theme}"
        state = f" (coders differ; settle it: {settle})" if verdict.disputed else ""
        sign = "?" if verdict.disputed else "+" if verdict.carried else "-"
        put_field("labels" if verdict is people[0] else "", f"{sign}{verdict.theme}: {said}{state}")
    if tagging and tagging.revision == article.revision:
        given = [(renamed.get(tag["theme"], tag["theme"]), tag["probability"]) for tag in tagging.tags]
        tags = ", ".join(f"{theme} {probability:.2f}" for theme, probability in given) or "none"
        put_field("tags", f"{tags} (by {tagging.model}, codebook {tagging.codebook})")
    else:
        put_field("tags", "not tagged yet")


def _put_provenance(shown: Shown) -> None:
    """Put on stdout where an article came from, when and through what, and what it is tied to."""
    article = shown.article
    put_field("cut from", article.part_of)
    if article.duplicate_of:
        put_field("copy of", article.duplicate_of + (f", {shown.original}" if shown.original else ""))
    put_field("copies", ", ".join(shown.copies))
    if article.partial:
        headline = article.text == article.title
        what = "its headline is all there is" if headline else "a stub: only its beginning or a summary"
        put_field("partial", f"{what} (the full copy: clipper add FILE --as ID)")
    kind = f"{article.kind}, " if article.kind != "article" else ""
    put_field("id", f"{article.id} ({kind}{revision_of(article, shown.revisions)})")
    put_field("came", f"{moment(article.fetched)} from {article.source}, text by {article.extractor}")
    if article.warc:
        place = f"{article.warc.get('file')}, byte {article.warc.get('offset')}"
        put_field("raw page", f"{place} (clipper show {shown.short_id} --raw)")


def revision_of(article: Article, revisions: Sequence[int]) -> str:
    """Return which revision of how many this one is."""
    newest = max([*revisions, article.revision])
    if len(revisions) < 2:
        return f"revision {article.revision}"
    return f"revision {article.revision} of {newest}" + ("" if article.revision == newest else ", not the newest")


def moment(fetched: str) -> str:
    """Return a moment of the archive as people write it: 7 November 2014, 16:02 UTC."""
    day, mark, time = fetched.partition("T")
    return f"{human_date(day)}, {time[:5]} UTC" if mark and time.endswith("Z") else fetched

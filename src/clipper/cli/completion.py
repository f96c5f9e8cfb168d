"""What the shell may offer for a word that is being typed: themes, outlets, sources, saved searches, query fields.

Each function is a Click option's or argument's ``shell_complete``. Nothing heavy is imported, nothing is said, and
what cannot be read (no project, a broken configuration, a damaged archive) offers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from clipper.config import Config

    Offer = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]

MOST = 1000  # more nobody looks through
FACETS = ("theme", "outlet", "year", "month", "source", "kind", "coder")
_FIELDS = {
    "title": "in the title",
    "text": "in the text",
    "outlet": "of this outlet",
    "author": "by this author",
    "theme": "with this theme",
    "source": "from this source",
    "kind": "article, clipping or page",
    "coder": "labelled by this coder",
    "id": "whose id begins so",
    "partial": "yes for stubs",
    "since": "published on or after",
    "until": "published on or before",
    "date": "published then",
}
# The last part of a query: after a space, a bracket or a minus, perhaps a field, perhaps a quote.
_LAST = r"(?:^|(?<=[\s(]))-?(?:(?P<field>[A-Za-z]+):)?(?:(?P<quote>\")(?P<row>[^\"]*)|(?P<word>[^\s\"()]*))$"


def themes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer the codebook's themes; after a comma another one."""
    return _listed(incomplete, _themes(ctx))


def signed_themes(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer the codebook's themes, with the sign that was typed before them."""
    sign = incomplete[:1] if incomplete[:1] in ("+", "-") else ""
    return _items(_beginning(incomplete[len(sign) :], _themes(ctx)), sign)


def outlets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer the outlets of the archive, those with the most articles first."""
    return _items(_beginning(incomplete, _outlets(ctx)))


def sources(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer the configured sources."""
    return _items(_beginning(incomplete, _sources(ctx)))


def saved(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer the names of the saved searches."""
    return _items(_beginning(incomplete, _saved(ctx)))


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Leave it to the shell, which knows the files."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def facets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer what ``--facets`` counts by; after a comma another one."""
    return _listed(incomplete, dict.fromkeys(FACETS, ""))


def query_words(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer the fields of the query language, their values, and the saved searches as ``@NAME``."""
    found = re.search(_LAST, incomplete)
    if not found or incomplete.count('"', 0, found.start()) % 2:  # a phrase is not at its end yet
        return []
    field, quote = (found["field"] or "").lower(), found["quote"]
    value = found["row" if quote else "word"]
    before = incomplete[: found.start("quote" if quote else "word")]
    if field:
        return _items(_quoted(_beginning(value, _values(ctx, field)), bool(quote)), before)
    if quote or not value:
        return []
    if value.startswith("@"):
        return _items(_beginning(value[1:], _saved(ctx)), f"{before}@")
    return _items({f"{name}:": said for name, said in _beginning(value, _FIELDS).items()}, before)


def _values(ctx: click.Context, field: str) -> Mapping[str, str]:
    """Return what may stand after a field, each value with what it is."""
    if field == "kind":
        return dict.fromkeys(("article", "clipping", "page"), "")
    if field == "partial":
        return dict.fromkeys(("yes", "no"), "")
    known = {"theme": _themes, "outlet": _outlets, "source": _sources}.get(field)
    return known(ctx) if known else {}


# -- reading ----------------------------------------------------------------------------------------------


def _config(ctx: click.Context) -> Config | None:
    from clipper.config import from_environment
    from clipper.errors import ClipperError

    path, at = None, ctx
    while path is None and at is not None:
        path, at = at.params.get("config_path"), at.parent  # type: ignore[assignment]  # the outermost has none
    try:
        return from_environment(Path(path) if path is not None else None)
    except (ClipperError, OSError, ValueError):
        return None


def _themes(ctx: click.Context) -> dict[str, str]:
    """Return the themes with their names. The codebook is not checked: that takes longer than a key's stroke."""
    import tomllib

    config = _config(ctx)
    try:
        read = tomllib.loads(config.codebook.read_text("utf-8-sig"))["theme"] if config else []
        return {str(one["key"]): str(one.get("name", "")) for one in read}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}


def _sources(ctx: click.Context) -> dict[str, str]:
    config = _config(ctx)
    return {source.name: source.url for source in config.sources} if config else {}


def _saved(ctx: click.Context) -> dict[str, str]:
    from clipper.archive.searches import saved_searches
    from clipper.errors import ClipperError

    config = _config(ctx)
    try:
        return {name: one.query for name, one in saved_searches(config.archive).items()} if config else {}
    except (ClipperError, OSError, ValueError):
        return {}


def _outlets(ctx: click.Context) -> dict[str, str]:
    """Return the outlets that the catalogue knows by now; it is neither made nor brought up to date for that."""
    from clipper.archive.reader import Reader, cache_folder
    from clipper.cli.common import keep_private
    from clipper.errors import ClipperError

    config = _config(ctx)
    if config is None or not (cache_folder(config.archive) / "catalogue.sqlite").is_file():
        return {}
    try:
        keep_private(config)  # SQLite may make files beside it
        with _not_longer_than(0.5):
            known = Reader(config.archive).catalogue.outlets()
    except (ClipperError, OSError, ValueError):
        return {}
    return {name: f"{number} article{'' if number == 1 else 's'}" for name, number in known.items()}


@contextmanager
def _not_longer_than(seconds: float) -> Iterator[None]:
    """Raise TimeoutError when it takes longer, as building a damaged catalogue anew would."""
    import signal

    def late(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# -- offering ---------------------------------------------------------------------------------------------


def _beginning(typed: str, known: Mapping[str, str]) -> dict[str, str]:
    """Return those that begin with what was typed, whatever the case of its letters."""
    folded = typed.casefold()
    return {name: said for name, said in known.items() if name.casefold().startswith(folded)}


def _listed(incomplete: str, known: Mapping[str, str]) -> list[CompletionItem[str]]:
    """Offer what may come next in a list with commas."""
    before, comma, last = incomplete.rpartition(",")
    taken = before.split(",")
    return _items({n: said for n, said in _beginning(last, known).items() if n not in taken}, before + comma)


def _quoted(known: Mapping[str, str], always: bool) -> dict[str, str]:
    """Return values as a query writes them: in quotes where they hold more than one word."""
    plain = re.compile(r"[^\W_][\w.&'-]*")
    return {
        name if plain.fullmatch(name) and not always else f'"{name}"': said
        for name, said in known.items()
        if '"' not in name
    }


def _items(known: Mapping[str, str], before: str = "") -> list[CompletionItem[str]]:
    """Return what is offered, with what stands before it in its word. What could not be shown safely is left out."""
    from click.shell_completion import CompletionItem

    # A name that begins with a hyphen would be taken for an option where it is a word of its own.
    safe: Iterable[tuple[str, str]] = (
        (name, said)
        for name, said in known.items()
        if name and name.isprintable() and (before or not name.startswith("-"))
    )
    return [
        CompletionItem(before + name, help="".join(c if c.isprintable() else " " for c in said)[:60] or None)
        for (name, said), _ in zip(safe, range(MOST), strict=False)
    ]

"""``clipper review``: code articles one after the other."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clipper.cli import completion
from clipper.cli.asking import QueryCommand, filter_options_but, query_argument
from clipper.cli.common import config_option, json_option, open_archive, project
from clipper.cli.narrowing import matching
from clipper.cli.output import data, json_line, tell
from clipper.errors import NOT_FOUND, ClipperError, Locked, UsageError
from clipper.wording import counted, human_date, shown_title

if TYPE_CHECKING:
    from clipper.archive.store import Archive
    from clipper.cli.narrowing import Matching
    from clipper.cli.review_screen import Terminal, View
    from clipper.coding.codebook import Codebook
    from clipper.coding.modelcache import NamedModel
    from clipper.coding.pool import Asked
    from clipper.models import Article

_AT_ONCE = 100  # articles that are put in order at a time
_WORDS = 8  # deciding words that are shown of each proposed theme
_ENDINGS = {"stop": 130, "end": 143}


@click.command("review", cls=QueryCommand)
@query_argument
@click.option(
    "--theme", "theme_given", metavar="THEME", shell_complete=completion.themes,
    help="Those that teach most of this theme, and likely ones.",
)  # fmt: skip
@click.option("--coder", metavar="NAME", help="Who judges (else CLIPPER_CODER).")
@click.option("--blind", is_flag=True, help="The sample of a round by lot, without the machine's answers.")
@click.option("--round", "round_given", metavar="NAME", help="The round of coding, with --blind.")
@click.option(
    "--next", "number", metavar="N", type=click.IntRange(1, 10_000), help="Only list what would be asked next."
)
@filter_options_but("theme", "coder")
@json_option
@config_option
def command(
    query: tuple[str, ...],
    filters: Mapping[str, Any],
    theme_given: str | None,
    coder: str | None,
    blind: bool,
    round_given: str | None,
    number: int | None,
    as_json: bool,
    config_path: Path | None,
) -> int:
    """Code articles one after the other, those first that teach the most.

    Each article is shown with the machine's proposals marked. One key marks a theme or takes the mark away, Enter
    records yes or no for every theme and goes on, Left goes back, Tab skips, q quits, ? tells of all keys. What was
    recorded is on disk at once; start again, and it goes on where you stopped.

        clipper review --theme workforce --coder ann

    With a QUERY (see clipper search --help) only what matches is asked about. What carries a theme, or was labelled by
    a coder, is asked for within it, since --theme and --coder say other things here:

        clipper review hospital theme:workforce since:2014 --coder ann

    For agreement between coders draw a sample first (clipper sample); each coder then goes through it alone, in an
    order of their own, without proposals:

        clipper review --blind --round pilot --coder ann
    """
    from clipper.coding import codebook as codebooks
    from clipper.coding import labelling
    from clipper.coding.verdicts import ADJUDICATOR

    if blind and round_given is None:
        raise _usage("--blind codes the sample of a round; say which: --round NAME (draw one: clipper sample)")
    if round_given is not None and not blind:
        raise _usage("--round is for coders who judge alone; add --blind")
    if blind and theme_given is not None:
        raise _usage("--blind goes through the whole sample; leave out --theme")
    if blind and (query or filters):
        raise _usage("--blind goes through the whole sample; leave out the query (clipper sample takes one)")
    if as_json and number is None:
        raise _usage("--json lists what would be asked; say how many: --next N --json")
    config = project(config_path)
    if number is None and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "review needs a terminal to type in; without one: clipper review --next N --json, then clipper label"
        )
    listing = number is not None and not blind
    name = labelling.coder_name(coder, os.environ) if coder is not None or not listing else None
    if name == ADJUDICATOR:
        raise UsageError(f"{ADJUDICATOR!r} settles disputes, theme by theme: clipper label; review as yourself")
    round_name = labelling.round_name(round_given)
    book = codebooks.load(config.codebook)
    theme = book.theme(theme_given).key if theme_given is not None else None
    archive = open_archive(config)
    archive.catalogue.catch_up()
    if blind:
        assert name is not None and round_name is not None
        return _blind(archive, book, name, round_name, number, as_json)
    only = matching(config, archive, query, filters)
    return _with_proposals(archive, book, name, theme, number, as_json, only)


def _usage(message: str) -> click.UsageError:
    return click.UsageError(message, click.get_current_context())


def _blind(archive: Archive, book: Codebook, coder: str, round_name: str, number: int | None, as_json: bool) -> int:
    from clipper.coding import pool, sampling

    sample = sampling.articles_of(archive, round_name, tell)
    asked, done = pool.of_round(archive, book, sample, round_name, coder)
    gone = len(sample.articles) - len(asked) - done
    if gone:
        tell(f"{counted(gone, 'article')} of the sample {'is' if gone == 1 else 'are'} in the archive no more")
    if not asked:
        tell(f"round {round_name!r}: nothing is left for {coder}, {counted(done, 'article')} coded")
        return NOT_FOUND
    if number is not None:
        _list(asked[:number], as_json)
        return 0
    session = Session(archive, book, coder, asked, round_name=round_name, coded_before=done)
    ended = session.run()
    coded = len(session.coded)
    return _farewell(session, ended, f"{done + coded} of {done + len(asked)} of round {round_name!r} done")


def _with_proposals(
    archive: Archive,
    book: Codebook,
    coder: str | None,
    theme: str | None,
    number: int | None,
    as_json: bool,
    only: Matching | None,
) -> int:
    from clipper.coding import modelcache, pool, remaining

    if not archive.catalogue.entries():
        tell("no articles to review yet; put some in: clipper add, or clipper fetch")
        return NOT_FOUND
    without = pool.labelled(archive, book, coder=coder, theme=theme)
    model = modelcache.get(book, tell, archive)
    if theme is not None and theme not in model.model.themes:
        tell(f"theme {theme!r} has no examples yet, so the order is that of the other themes")
    everything = pool.gather(archive, book, model, tell, only.holds if only else None)
    if not everything.entries:
        tell("only pages of clippings match; their clippings are what to review")
        return NOT_FOUND
    if everything.old:
        tell(f"{counted(everything.old, 'article')} tagged by an older model; clipper tag brings them up to date")
    asked = pool.ask(archive, model, everything, number or _AT_ONCE, theme=theme, without=without)
    if not asked:
        tell(f"nothing {'that matches ' if only else ''}is left to review: {coder or 'somebody'} has labelled it all")
        return NOT_FOUND
    if number is not None:
        _list(asked, as_json)
        return 0
    assert coder is not None

    def more(met: set[str]) -> list[Asked]:
        return pool.ask(archive, model, everything, _AT_ONCE, theme=theme, without=without | met)

    session = Session(archive, book, coder, asked, model=model, more=more)
    ended = session.run()
    code = _farewell(session, ended)
    if ended == "quit":
        estimates = pool.still_to_find(archive, book, model, everything)
        match = "match and that " if only else ""
        tell(f"still to find among the articles that {match}nobody has labelled on the theme:")
        for estimate in estimates:
            if theme in (None, estimate.theme):
                data(remaining.in_words(estimate))
        if any(estimate.basis == "model" for estimate in estimates):
            tell("what is said by the model is no surer than the model; a random sample judged blind would tell more")
    return code


def _list(asked: Sequence[Asked], as_json: bool) -> None:
    for one in asked:
        title = one.entry.title
        if as_json:
            json_line({"id": one.entry.id, "title": title, "score": one.score, "themes": one.themes, "why": one.why})
        else:
            data(f"{one.entry.id}  {' '.join((title or '[no title]').split())}")


def _farewell(session: Session, ended: str, more: str = "") -> int:
    coded = f"{counted(len(session.coded), 'article')} coded by {session.coder}"
    if ended in _ENDINGS:
        tell(f"interrupted; {coded}, all of it kept")
        return _ENDINGS[ended]
    tell(", ".join(part for part in (coded, f"{len(session.skipped)} skipped", more) if part))
    return 0


@dataclass
class Session:
    """One sitting of one coder: the articles asked about, in order, and what became of them.

    Without a ``model`` nothing is proposed and nothing highlighted. ``more`` is asked for further articles than those
    that were met, and returns none when there are none.
    """

    archive: Archive
    book: Codebook
    coder: str
    asked: list[Asked]
    round_name: str | None = None
    coded_before: int = 0
    model: NamedModel | None = None
    more: Callable[[set[str]], list[Asked]] = lambda met: []
    coded: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)

    def run(self) -> str:
        """Borrow the terminal and ask until nothing is left or the coder ends: "quit", "stop" or "end"."""
        from clipper.cli import review_screen

        with review_screen.borrowed() as terminal:
            place = 0
            note = ""
            while True:
                if place == len(self.asked):
                    self.asked += self.more({one.entry.id for one in self.asked})
                    if place == len(self.asked):
                        return "quit"
                did = self._one(terminal, self.asked[place], note)
                note = ""
                if did == "left":
                    note = "" if place else "This is the first article of this sitting"
                    place = max(place - 1, 0)
                elif did in ("enter", "tab"):
                    place += 1
                else:
                    return did

    def _one(self, terminal: Terminal, asked: Asked, note: str) -> str:
        """Show one article until it is decided; return the key that ended it."""
        from clipper.cli import review_screen

        view = self._view(asked)
        if view is None:
            return "tab"  # taken out of the archive while we sat here
        view.note = note
        keys = review_screen.theme_keys(len(view.themes))
        typed = ""  # of a number with several digits
        while True:
            width, height = terminal.size()
            terminal.draw(review_screen.drawn(view, width, height, colour=_colour()))
            for key in terminal.typed():
                view.note = ""
                if key == "quit" and typed:
                    typed = ""
                elif key in ("stop", "end"):
                    return key
                elif key in ("q", "quit"):
                    return "quit"
                elif key in ("enter", "right"):
                    said = self._record(asked, view)
                    if said is None:
                        return "enter"
                    view.note = said
                elif key == "tab":
                    self._skip(asked)
                    return key
                elif key == "left":
                    return key
                elif key == "?":
                    ended = self._help(terminal)
                    if ended:
                        return ended
                elif key in _SCROLL:
                    way, whole = _SCROLL[key]
                    view.scroll(way * (max(view.page - 1, 1) if whole else 1))
                elif key in "[]":
                    view.turn_themes(1 if key == "]" else -1)
                elif any(name.startswith(typed + key) for name in keys):
                    typed += key
                    if typed in keys:
                        _toggle(view, view.themes[keys.index(typed)])
                        typed = ""
                    else:
                        view.note = f"theme {typed}…"
                else:
                    typed = ""

    def _view(self, asked: Asked) -> View | None:
        from clipper.cli.review_screen import View

        self.archive.catalogue.catch_up()
        entry = self.archive.catalogue.get(asked.entry.id)
        if entry is None:
            return None
        article = self.archive.read(entry.place)
        own = self._own(article.id)
        proposed = set(asked.themes) if self.model is not None else set()
        marked = {theme for theme in self.book.keys if own.get(theme, theme in proposed)}
        about = [article.outlet, human_date(article.published), self.archive.catalogue.unique_prefix(article.id)]
        if article.partial:
            about.append("not the whole text")
        if self.round_name:
            coded = self.coded_before + len(self.coded)
            about.append(f"{coded} of {self.coded_before + len(self.asked)} of round {self.round_name} coded")
        else:
            about.append(f"{len(self.coded)} coded")
        return View(
            title=" ".join(shown_title(article.title, article.text).split()),
            about=" | ".join(" ".join(part.split()) for part in about if part),
            text=article.text,
            themes=self.book.keys,
            marked=marked,
            words=self._words(article, proposed),
        )

    def _own(self, article: str) -> dict[str, bool]:
        """Return what this coder said of an article already: in a round only what was said in it."""
        judgements = self.archive.catalogue.judgements
        labels = judgements.in_round(self.round_name) if self.round_name else judgements.of(article)
        said: dict[str, bool] = {}
        for label in labels:
            key = self.book.current(label.theme)
            if label.article == article and label.coder == self.coder and key is not None:
                said[key] = label.value or said.get(key, False)
        return said

    def _words(self, article: Article, proposed: set[str]) -> list[str]:
        if self.model is None or not proposed:
            return []
        from clipper.coding.features import as_text

        found: dict[str, None] = {}
        for evidence in self.model.model.explain(as_text(article.title, article.text)):
            if evidence.theme in proposed:
                found |= dict.fromkeys([word for word, share in evidence.words if share > 0][:_WORDS])
        return list(found)

    def _record(self, asked: Asked, view: View) -> str | None:
        """Record yes or no for every theme; return what stands in the way, None for nothing."""
        from clipper.archive.store import now
        from clipper.coding import labelling

        said = {theme: theme in view.marked for theme in self.book.keys}
        try:
            labelling.record(
                self.archive, self.book, asked.entry.id, said,
                coder=self.coder, round_name=self.round_name, moment=now(),
            )  # fmt: skip
        except Locked:
            return "Another clipper is writing: press Enter again"
        except ClipperError as error:
            return f"Not recorded: {error}"
        self.coded.add(asked.entry.id)
        self.skipped.discard(asked.entry.id)
        return None

    def _skip(self, asked: Asked) -> None:
        if asked.entry.id not in self.coded:
            self.skipped.add(asked.entry.id)

    def _help(self, terminal: Terminal) -> str | None:
        """Show the page of help; return how the sitting ends there, None when it goes on."""
        from clipper.cli import review_screen

        top = 0
        while True:
            width, height = terminal.size()
            lines = review_screen.help_lines(self.book.themes, width)
            page = max(height - 1, 1)
            top = max(0, min(top, len(lines) - page))
            shown = lines[top : top + page]
            terminal.draw([*shown, *[""] * (page - len(shown))])
            for key in terminal.typed():
                if key in _ENDINGS:
                    return key
                if key in _SCROLL:
                    way, whole = _SCROLL[key]
                    top += way * (max(page - 1, 1) if whole else 1)
                elif key != "resize":
                    return None


_SCROLL = {"page": (1, True), "b": (-1, True), "back page": (-1, True), "up": (-1, False), "down": (1, False)}


def _toggle(view: View, theme: str) -> None:
    view.marked ^= {theme}
    view.show_theme(theme)


def _colour() -> bool:
    return not os.environ.get("NO_COLOR")

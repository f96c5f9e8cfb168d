"""A coder's own judgement of an article's themes: read, checked, recorded, and set beside what others said."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from clipper.archive.catalogue import Entry
from clipper.archive.store import Archive, utc
from clipper.coding.codebook import Codebook
from clipper.coding.verdicts import ADJUDICATOR, Verdict, verdicts
from clipper.errors import UsageError
from clipper.models import Label
from clipper.text import fold, printable, shorten

CODER_VARIABLE = "CLIPPER_CODER"
MAX_NAME = 64  # characters of a coder's or a round's name
_MINUS = ("-", "−", "–")  # as typed, and as a web page or a word processor makes of it

Said = dict[str, bool]  # theme: whether the article carries it


@dataclass(frozen=True)
class Recorded:
    """What became of one coder's judgement of one article.

    ``labels`` are those that hold now for what was said, a label for each theme, in the order in which it was said;
    ``written`` tells which of their themes are new, the others were as before. ``themes`` is the article's verdict on
    each of them, with what everybody said.
    """

    entry: Entry
    labels: list[Label]
    written: frozenset[str]
    themes: list[Verdict]

    @property
    def disputed(self) -> list[Verdict]:
        """The themes on which the coders differ, and nobody has settled it."""
        return [verdict for verdict in self.themes if verdict.disputed]

    @property
    def overruled(self) -> list[Verdict]:
        """The themes for which somebody settled otherwise than the coder says."""
        said = {label.theme: label for label in self.labels}
        return [
            verdict
            for verdict in self.themes
            if verdict.settled is not None and verdict.settled != said[verdict.theme].value
        ]


def name_fault(name: str) -> str | None:
    """Return what is wrong with the name of a coder or a round, after stripping; None for a good one."""
    if not name:
        return "is empty"
    if len(name) > MAX_NAME:
        return f"has {len(name)} characters; at most {MAX_NAME}"
    if printable(name) != name or any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in name):
        return "holds control characters"
    return None


def clean_name(name: str) -> str:
    """Return the name of a coder or a round as it is kept: stripped, one form of each letter."""
    stripped = unicodedata.normalize("NFC", name).strip()
    # Whoever writes the reserved word with a capital means it.
    return ADJUDICATOR if fold(stripped) == ADJUDICATOR else stripped


def coder_name(given: str | None, environment: Mapping[str, str]) -> str:
    """Return the name of the coder: the one given, else the environment's.

    Raises UsageError where there is none, or one that is no name.
    """
    where, name = ("--coder", given) if given is not None else (CODER_VARIABLE, environment.get(CODER_VARIABLE, ""))
    if given is None and not name.strip():
        raise UsageError(f"whose judgement is it? say so with --coder NAME, or set {CODER_VARIABLE}")
    cleaned = clean_name(name)
    if fault := name_fault(cleaned):
        raise UsageError(f"{where}: a coder's name that {fault}; give 1 to {MAX_NAME} plain characters")
    return cleaned


def alike(archive: Archive, coder: str) -> str | None:
    """Return a coder whose name is this one but for case, where this one has labelled nothing yet."""
    archive.catalogue.glance()
    coders = {label.coder for label in archive.catalogue.judgements.everything()}
    return None if coder in coders else next((one for one in sorted(coders) if fold(one) == fold(coder)), None)


def round_name(given: str | None) -> str | None:
    """Return the name of a round, None for none. Raises UsageError for one that is no name."""
    if given is None:
        return None
    cleaned = clean_name(given)
    if fault := name_fault(cleaned):
        raise UsageError(f"--round: a name that {fault}; give 1 to {MAX_NAME} plain characters")
    return cleaned


def read_themes(words: Iterable[str], book: Codebook) -> Said:
    """Return what is said of which theme: ``+key`` or plain ``key`` is a yes, ``-key`` a no.

    Raises UsageError for a theme that the codebook lacks, with the nearest, and for one that is said both ways.
    """
    said: Said = {}
    for word in words:
        value = not word.startswith(_MINUS)
        wanted = word[1:] if word.startswith(("+", *_MINUS)) else word
        if not wanted.strip():
            raise UsageError(f"{word!r} names no theme; write +THEME or -THEME (the themes: clipper themes)")
        key = book.theme(wanted).key
        if said.setdefault(key, value) != value:
            raise UsageError(f"{shorten(key, 80)!r} is given both + and -; an article carries a theme or does not")
    return said


def article_to_label(archive: Archive, prefix: str) -> Entry:
    """Return the article that a prefix names. Raises NothingFound for none, UsageError for a page of clippings."""
    entry = archive.find(prefix)
    if entry.kind == "page":
        raise UsageError(f"{prefix}: a page of clippings, which carries no themes of its own; label its clippings")
    return entry


def record(
    archive: Archive, book: Codebook, prefix: str, said: Said, *, coder: str, round_name: str | None, moment: datetime
) -> Recorded:
    """Record what a coder says of an article; what holds already is not written a second time.

    Raises NothingFound for an id that names no article, or several, UsageError for a page of clippings, and Locked.
    """
    with archive.writing() as writer:
        entry = article_to_label(archive, prefix)
        held = Held(archive.catalogue.judgements.of(entry.id), _in_round(archive, entry.id, round_name))
        labels, new = [], []
        for theme, value in said.items():
            label = Label(
                article=entry.id, revision=entry.revision, theme=theme, value=value, coder=coder, round=round_name,
                at=utc(moment),
            )  # fmt: skip
            if standing := held.as_before(label):
                labels.append(standing)
            else:
                labels.append(label)
                new.append(label)
            new += held.withdrawn(label, book)
        if new:
            writer.labels(new)
    return Recorded(entry, labels, frozenset(one.theme for one in new), standing_of(archive, book, entry, said))


def _in_round(archive: Archive, article: str, name: str | None) -> list[Label]:
    if name is None:
        return []
    return [label for label in archive.catalogue.judgements.in_round(name) if label.article == article]


class Held:
    """The labels that hold, and those that were given in rounds: what a new one is measured against."""

    def __init__(self, holding: Iterable[Label], in_rounds: Iterable[Label]) -> None:
        self._holding = {(one.article, one.theme, one.coder): one for one in holding}
        self._in_rounds = {(one.article, one.theme, one.coder, one.round): one for one in in_rounds}

    def last(self, label: Label) -> Label | None:
        """Return what the same coder said last of the same theme of the same article, in whichever round."""
        return self._holding.get((label.article, label.theme, label.coder))

    def in_round(self, label: Label) -> Label | None:
        """Return what the same coder said of it in the same round."""
        return self._in_rounds.get((label.article, label.theme, label.coder, label.round))

    def as_before(self, label: Label) -> Label | None:
        """Return the label that says already what a new one would: one that holds, and in its round where it has one.

        What was said in one round is said again in another, so that each can be counted by itself.
        """
        last = self.last(label)
        if last is None or last.value != label.value:
            return None
        if label.round is None:
            return last
        before = self.in_round(label)
        return before if before is not None and before.value == label.value else None

    def withdrawn(self, label: Label, book: Codebook) -> list[Label]:
        """Return what a no takes back: the same coder's yes to themes that were merged into this one.

        A yes to either of two themes that became one is a yes to both, so that a no to one alone would not be heard.
        """
        if label.value:
            return []
        merged = book.theme(label.theme).merges
        found = (self._holding.get((label.article, key, label.coder)) for key in merged)
        return [
            Label(
                article=label.article, revision=label.revision, theme=old.theme, value=False, coder=label.coder,
                round=label.round, at=label.at,
            )
            for old in found if old is not None and old.value
        ]  # fmt: skip


def standing_of(archive: Archive, book: Codebook, entry: Entry, keys: Iterable[str]) -> list[Verdict]:
    """Return the verdicts on some themes of an article, in their order; the model is not asked."""
    labels = archive.catalogue.judgements.of(entry.id)
    found = {one.theme: one for one in verdicts(archive.read(entry.place), None, labels, book.current)}
    return [found[key] for key in keys if key in found]


def said_by(coders: Mapping[str, bool]) -> str:
    """Return who said what, for a line: ``ann yes, ben no``."""
    return ", ".join(f"{coder} {'yes' if value else 'no'}" for coder, value in sorted(coders.items()))


def signed(labels: Sequence[Label]) -> str:
    """Return themes with their signs, for a line: ``+workforce -access``."""
    return " ".join(f"{'+' if label.value else '-'}{label.theme}" for label in labels)

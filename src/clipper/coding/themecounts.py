"""How much there is of each theme: articles that a model tagged with it, people's labels, and what teaches it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from clipper.archive.store import Archive
from clipper.coding import examples
from clipper.coding.codebook import Codebook
from clipper.coding.verdicts import settle
from clipper.places import shipped

PASSAGES: Sequence[str] = ("examples.jsonl",)  # the shipped files that a model learns from


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Of one theme: articles that carry it by tag, labels that say yes and no, passages that teach it."""

    tagged: int = 0
    yes: int = 0
    no: int = 0
    passages: int = 0


def counts(archive: Archive | None, book: Codebook) -> dict[str, Counts]:
    """Return the counts of every theme of a codebook, in its order; without an archive those of its passages alone.

    What was coded under a merged key counts for the theme that it was merged into, once an article. Raises
    CannotWork where the archive or the passages cannot be read.
    """
    tagged = tag_counts(archive, book) if archive else Counter[str]()
    labels = label_counts(archive, book) if archive else {}
    passages = passage_counts(book)
    found = {}
    for key in book.keys:
        yes, no = labels.get(key, (0, 0))
        found[key] = Counts(tagged=tagged[key], yes=yes, no=no, passages=passages[key])
    return found


def tag_counts(archive: Archive, book: Codebook) -> Counter[str]:
    """Return how many articles carry each theme by the newest tags of their newest revision.

    Pages of clippings are left out. The catalogue is asked as it stands: catch up first.
    """
    found: Counter[str] = Counter()
    for change in archive.catalogue.changed_since(0):
        if change.tagging is None or change.entry.kind == "page" or change.entry.forgotten:
            continue
        tagging = archive.read_tagging(change.tagging)
        if tagging.revision == change.entry.revision:
            keys = (tag.get("theme") for tag in tagging.tags)
            found.update({book.current(key) or "" for key in keys if isinstance(key, str)})
    del found[""]  # themes that the codebook no longer has
    return found


def label_counts(archive: Archive, book: Codebook) -> dict[str, tuple[int, int]]:
    """Return on how many articles people say yes, and no, to each theme; where coders differ, neither counts."""
    coders: dict[tuple[str, str], dict[str, bool]] = {}
    gone = archive.catalogue.all_forgotten()
    for label in archive.catalogue.judgements.everything():
        if label.article not in gone and (key := book.current(label.theme)) is not None:
            one = coders.setdefault((label.article, key), {})
            one[label.coder] = label.value or one.get(label.coder, False)
    said = Counter((key, settle(values)) for (_, key), values in coders.items())
    return {key: (said[key, True], said[key, False]) for key in book.keys}


def passage_counts(book: Codebook) -> Counter[str]:
    """Return how many passages carry each theme, among those that ship and the codebook's worked examples."""
    taught = [*examples.load([shipped(name) for name in PASSAGES], book), *examples.from_codebook(book)]
    return Counter(key for passage in taught for key in passage.themes)

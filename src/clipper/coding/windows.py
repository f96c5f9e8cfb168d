"""A long text as passages of the length that the model has learned from.

A theme often lives in two sentences; in a newsletter of three thousand words they would weigh next to nothing. So a
long text is read in windows, and a theme's evidence is that of the window which speaks for it most.
"""

from __future__ import annotations

from clipper.text import sentences

WORDS = 220  # of a window: a little more than the longest passage of the examples
MOST = 400  # windows read of one text, about a book; what lies beyond them is left unread


def windows(text: str) -> list[str]:
    """Return what the model reads at a time: the text, or several parts of about ``WORDS`` words each at most.

    A window holds whole paragraphs, whole sentences of a paragraph that is too long.
    """
    if len(text) < WORDS * 5 or len(text.split()) <= WORDS * 5 // 4:
        return [text]
    found: list[str] = []
    held: list[str] = []
    count = 0
    for piece in _pieces(text):
        length = len(piece.split())
        if held and count + length > WORDS:
            found.append("\n".join(held))
            if len(found) == MOST:
                return found
            held, count = [], 0
        held.append(piece)
        count += length
    if found and count < WORDS // 4:  # a last scrap would say little by itself
        found[-1] += "\n" + "\n".join(held)
    else:
        found.append("\n".join(held))
    return found


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for paragraph in text.split("\n"):
        words = paragraph.split()
        if len(words) <= WORDS:
            pieces.append(paragraph)
            continue
        for sentence in sentences(paragraph) if len(words) < 20 * WORDS else [paragraph]:
            own = sentence.split()
            pieces += [" ".join(own[at : at + WORDS]) for at in range(0, len(own), WORDS)]
    return pieces

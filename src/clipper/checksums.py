"""The checksum of a text, and the id of an article, which is one.

They stand apart from the rest of the ground since what computes them takes longer to import than a search can wait.
"""

from __future__ import annotations

import hashlib

from clipper.identity import url_key
from clipper.models import Kind
from clipper.text import fold

ID_LENGTH = 16


def checksum(text: str) -> str:
    """Return the SHA-256 of the text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def article_id(
    *,
    canonical: str | None,
    outlet: str | None,
    published: str | None,
    title: str | None,
    text: str,
    kind: Kind = "article",
) -> str:
    """Return the stable id of an article: 16 hexadecimal digits of a SHA-256.

    It is made from the canonical URL (``clipper.identity.url_key``); without one from outlet, date and title,
    and from the checksum of the text too where the date or the title is missing. A clipping is a record beside the
    full copy of its story, and never has its id.
    """
    if canonical:
        basis = ["url", url_key(canonical)]
    else:
        what = "clipping" if kind == "clipping" else "text"
        basis = [what, fold(outlet or ""), published or "", " ".join(fold(title or "").split())]
        if not published or not title:
            basis.append(checksum(text))
    return hashlib.sha256("\x1f".join(basis).encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]

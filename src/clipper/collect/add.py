"""``add``: URLs, saved pages and text files into the archive, one article each."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from clipper import __version__
from clipper.archive.store import Archive, now, utc
from clipper.collect.candidate import Candidate, from_page, make_article
from clipper.collect.keep import keep
from clipper.collect.page import MAX_BYTES, read_page, refuse_other_media, unpacked
from clipper.collect.textfile import EXTRACTOR, read_text
from clipper.collect.web import Web
from clipper.config import FetchSettings
from clipper.errors import FetchFailed, Refused
from clipper.models import Article, Outcome, Run, Status
from clipper.text import shorten

SOURCE = "added"
STDIN = "-"

_WEB = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOST = re.compile(r"^(?:www\.|[a-z0-9-]+\.(?:co\.uk|org\.uk|gov\.uk|nhs\.uk|com|org|net|uk)(?:/|$))", re.IGNORECASE)
_HTML_NAMES = (".html", ".htm", ".xhtml", ".shtml", ".html.gz", ".htm.gz")
_HTML_START = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body|article)\b",
    re.IGNORECASE | re.DOTALL,
)
_BINARY = ((b"%PDF", "a PDF"), (b"PK\x03\x04", "a zip or Office file"), (b"\xd0\xcf\x11\xe0", "an old Office file"),
           (b"{\\rtf", "an RTF file"),
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"))  # fmt: skip


def add(
    archive: Archive,
    settings: FetchSettings,
    targets: Sequence[str],
    done: Callable[[Outcome, Article | None], None],
    note: Callable[[str], None],
) -> None:
    """Put every target into the archive; tell ``done`` what became of each as soon as it is on disk.

    A target that cannot be read is told with its cause and does not stop the others. Raises CannotWork and
    Locked when the archive cannot be written.
    """
    started = now()
    outcomes: list[Outcome] = []
    lasting: list[dict[str, object]] = []

    def finish(outcome: Outcome, article: Article | None) -> None:
        outcomes.append(outcome)
        done(outcome, article)

    async def run() -> None:
        async with Web(settings) as web:
            for target in targets:
                notes: list[str] = []
                try:
                    candidate = await _candidate(web, target, notes.append)
                except (FetchFailed, Refused) as error:
                    status: Status = "refused" if isinstance(error, Refused) else "failed"
                    lasting.append({"target": target, "source": SOURCE, "status": status, "cause": str(error),
                                    "lasting": False})  # fmt: skip
                    finish(Outcome(target=target, id=None, status=status, cause=str(error)), None)
                    continue
                outcome = keep(archive, [candidate], revise=True)[0]
                if outcome.status != "seen":
                    for said in notes:
                        note(said)
                finish(replace(outcome, target=target), candidate.article)

    try:
        asyncio.run(run())
    finally:
        counts = {
            status: sum(1 for o in outcomes if o.status == status)
            for status in ("added", "revised", "seen", "refused", "failed")
        }
        archive.add_run(
            Run(
                command="add",
                started=utc(started),
                ended=utc(now()),
                version=__version__,
                sources=[{"source": SOURCE, **counts, "error": None}],
                not_archived=lasting,
                targets=[{"target": o.target, "id": o.id, "status": o.status} for o in outcomes if o.id],
            )
        )


async def _candidate(web: Web, target: str, note: Callable[[str], None]) -> Candidate:
    if _WEB.match(target):
        answer = await web.get(target)
        refuse_other_media(answer.content_type)
        page = read_page(answer.body, answer.url, answer.content_type)
        return Candidate(article=from_page(page, url=answer.url, fetched=utc(now()), source=SOURCE), asked=target)
    return Candidate(article=from_file(target, _read(target), utc(now()), note))


def _read(target: str) -> bytes:
    try:
        if target == STDIN:
            raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            path = Path(target)
            if path.is_dir():
                raise Refused("a folder; name the files in it")
            if not path.is_file():
                hint = "; a web address begins with https://" if _HOST.match(target) else ""
                raise FetchFailed(f"no such file{hint}" if not path.exists() else "not a regular file")
            with path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FetchFailed(f"cannot be read ({error.strerror})") from None
    except ValueError:
        raise FetchFailed("not a file name") from None
    if len(raw) > MAX_BYTES:
        raise Refused(f"larger than {MAX_BYTES >> 20} MB")
    return raw


def from_file(name: str, raw: bytes, fetched: str, note: Callable[[str], None] = lambda _: None) -> Article:
    """Return the article of a saved page or a text file. Raises Refused for what holds none."""
    raw = unpacked(raw)
    if not raw.strip():
        raise Refused("an empty file")
    for mark, what in _BINARY:
        if raw.startswith(mark):
            raise Refused(f"{what}; only web pages and text files are taken")
    if name.lower().endswith(_HTML_NAMES) or _HTML_START.match(raw[:8192]):
        return from_page(read_page(raw, None), url=None, fetched=fetched, source=SOURCE)
    found = read_text(raw)
    if found.left_out:
        count = len(found.left_out)
        words = shorten(found.left_out[0], 50)
        note(f"{name}: {count} paragraph{'s' if count > 1 else ''} above the title left out of the text ({words})")
    return make_article(
        found.facts, text=found.text, url=found.facts.url, canonical=found.facts.url,
        fetched=fetched, source=SOURCE, extractor=EXTRACTOR,
    )  # fmt: skip

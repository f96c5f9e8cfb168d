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
from clipper.collect.document import MAX_BYTES, refuse_other_media, unpacked
from clipper.collect.keep import keep
from clipper.collect.textfile import EXTRACTOR, read_text
from clipper.collect.web import Web
from clipper.collect.workers import Workers
from clipper.config import FetchSettings
from clipper.errors import FetchFailed, Refused
from clipper.models import Article, Outcome, Run, Status
from clipper.text import shorten

SOURCE = "added"
STDIN = "-"

_WEB = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HOST = re.compile(r"^(?:www\.|[a-z0-9-]+\.(?:co\.uk|org\.uk|gov\.uk|nhs\.uk|com|org|net|uk)(?:/|$))", re.IGNORECASE)
_HTML_NAMES = (".html", ".htm", ".xhtml", ".shtml", ".html.gz", ".htm.gz")
_COMMENTS = re.compile(rb"<!--.*?-->", re.DOTALL)
_HTML_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|article)\b", re.IGNORECASE)
_BINARY = ((b"%PDF", "a PDF"), (b"PK\x03\x04", "a zip or Office file"), (b"\xd0\xcf\x11\xe0", "an old Office file"),
           (b"{\\rtf", "an RTF file"),
    (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"))  # fmt: skip


def add(
    archive: Archive,
    settings: FetchSettings,
    targets: Sequence[str],
    done: Callable[[Outcome, Article | None], None],
    note: Callable[[str], None],
    *,
    revision_of: str | None = None,
) -> None:
    """Put every target into the archive; tell ``done`` what became of each as soon as it is on disk.

    With ``revision_of``, what is found becomes the next revision of that article, whatever it says of itself. A
    target that cannot be read is told with its cause and does not stop the others. Raises CannotWork and Locked when
    the archive cannot be written.
    """
    started = now()
    outcomes: list[Outcome] = []
    lasting: list[dict[str, object]] = []

    def finish(outcome: Outcome, article: Article | None) -> None:
        outcomes.append(outcome)
        done(outcome, article)

    async def run() -> None:
        async with Web(settings, archive.cache) as web, Workers() as workers:
            for target in targets:
                notes: list[str] = []
                try:
                    candidate = await _candidate(web, workers, target, notes.append)
                except (FetchFailed, Refused) as error:
                    status: Status = "refused" if isinstance(error, Refused) else "failed"
                    lasting.append({"target": target, "source": SOURCE, "status": status, "cause": str(error),
                                    "lasting": False})  # fmt: skip
                    finish(Outcome(target=target, id=None, status=status, cause=str(error)), None)
                    continue
                candidate = replace(candidate, revise=True, again=revision_of)
                outcome = keep(archive, [candidate], raw=settings.warc)[0]
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


async def _candidate(web: Web, workers: Workers, target: str, note: Callable[[str], None]) -> Candidate:
    fetched = utc(now())
    if _WEB.match(target):
        answer = await web.get(target)
        refuse_other_media(answer.content_type)
        page = await workers.read(answer.body, answer.url, answer.content_type)
        article = from_page(page, url=answer.url, fetched=fetched, source=SOURCE)
        return Candidate(article=article, asked=target, chain=answer.exchanges)
    raw = checked(_read(target))
    if is_html(target, raw):
        page = await workers.read(raw, None)
        return Candidate(article=from_page(page, url=None, fetched=fetched, source=SOURCE))
    return Candidate(article=from_text(target, raw, fetched, note))


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


def checked(raw: bytes) -> bytes:
    """Return the bytes of a file unpacked. Raises Refused for what is no page and no text."""
    raw = unpacked(raw)
    if not raw.strip():
        raise Refused("an empty file")
    for mark, what in _BINARY:
        if raw.startswith(mark):
            raise Refused(f"{what}; only web pages and text files are taken")
    return raw


def is_html(name: str, raw: bytes) -> bool:
    """Whether a file is a web page, by its name or by its beginning."""
    return name.lower().endswith(_HTML_NAMES) or bool(_HTML_START.match(_COMMENTS.sub(b"", raw[:8192], count=8)))


def from_text(name: str, raw: bytes, fetched: str, note: Callable[[str], None] = lambda _: None) -> Article:
    """Return the article of a text file; ``note`` is told what was left out of its text."""
    found = read_text(raw)
    if found.left_out:
        count = len(found.left_out)
        words = shorten(found.left_out[0], 50)
        note(f"{name}: {count} paragraph{'s' if count > 1 else ''} above the title left out of the text ({words})")
    return make_article(
        found.facts, text=found.text, url=found.facts.url, canonical=found.facts.url,
        fetched=fetched, source=SOURCE, extractor=EXTRACTOR,
    )  # fmt: skip

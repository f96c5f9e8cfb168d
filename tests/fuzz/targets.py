"""Every parser of something from outside: how it is called with bytes, what it may take, what it is known to read.

The rule for each: *a record or a named refusal, never a traceback, never more than a stated time and memory*. The
time is the processor's, so that a busy machine breaks no rule; the memory is what a case adds to the process.
"""

from __future__ import annotations

import json
import tempfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, get_args

from clipper import identity, located_toml, models, packing, text
from clipper.archive import captures, chunks, notes, warc
from clipper.archive.searches import saved_searches
from clipper.archive.store import Archive
from clipper.cli import quote_cmd
from clipper.coding import codebook, examples, labelsheet, lexicon, model
from clipper.collect import (
    bounds,
    dates,
    document,
    entries,
    feeds,
    names,
    outlets,
    page,
    pasted,
    patience,
    schedule,
    statements,
    textfile,
    transfer,
    validators,
    walls,
)  # fmt: skip
from clipper.collect.discover import declared
from clipper.collect.intake import (
    bibtex,
    exportheads,
    headings,
    listed,
    mail,
    mhtml,
    office,
    references,
    sheet,
    urllists,
)
from clipper.collect.intake.files import read_file
from clipper.collect.messages import batch_of, found_of, page_of, to_message
from clipper.collect.opml import read_opml, sort_out
from clipper.collect.robots import Rules
from clipper.collect.robots_memory import LeftAlone, RobotsMemory
from clipper.collect.savedpage import original_url, saved_note
from clipper.collect.webarchives import Stream
from clipper.config import Source, is_web_address
from clipper.config import load as load_config
from clipper.errors import ClipperError
from clipper.search import dates as search_dates
from clipper.search import index, query, quoting, seen

FETCHED = "2024-05-06T07:08:09Z"
NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
URL = "https://echo.example/news/beds?page=2"
TYPES = (
    "", "text/html", "text/html; charset=utf-8", "text/html; charset=utf-16", "text/html; charset=utf-7",
    "text/html; charset=windows-1252", "application/xhtml+xml; charset=shift_jis", "text/html; charset=rot13",
    "text/html; charset=punycode", "application/rss+xml; charset=idna", "application/xml; charset=utf-32",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """One parser. ``seeds`` names what it reads (``fuzz.seeds``); ``refusals`` are the errors that its docs promise.

    ``seconds`` of the processor's time and ``megabytes`` are the most that a case may take. ``apart`` tells that
    clipper runs it in a process of its own, which is killed when it takes too long.
    """

    name: str
    read: Callable[[bytes], object]
    seeds: str
    seconds: float
    megabytes: int
    refusals: tuple[type[Exception], ...] = (ClipperError,)
    apart: bool = False
    largest: int = 20 << 20


TARGETS: dict[str, Target] = {}


def _target(
    name: str, seeds: str, seconds: float, megabytes: int, *refusals: type[Exception], **more: Any
) -> Callable[[Callable[[bytes], object]], Callable[[bytes], object]]:
    def add(read: Callable[[bytes], object]) -> Callable[[bytes], object]:
        TARGETS[name] = Target(name, read, seeds, seconds, megabytes, (ClipperError, *refusals), **more)
        return read

    return add


@cache
def room() -> Path:
    """A folder for what can only be read from a file; it goes with the process."""
    kept = tempfile.TemporaryDirectory(prefix="clipper-fuzz-")
    _kept.append(kept)
    return Path(kept.name)


_kept: list[tempfile.TemporaryDirectory[str]] = []


def _file(name: str, body: bytes) -> Path:
    path = room() / name
    path.write_bytes(body)
    return path


def _one_of(body: bytes, choices: Iterable[Any]) -> Any:
    """Choose by the bytes themselves, so that a case that was kept stays the case that it was."""
    row = list(choices)
    return row[zlib.crc32(body) % len(row)]


def _text(body: bytes) -> str:
    """Return text with everything in it that text can hold, lone surrogates too."""
    return (
        body.decode("utf-8", "surrogatepass") if b"\xed" in body and _passes(body) else body.decode("utf-8", "replace")
    )


def _passes(body: bytes) -> bool:
    try:
        body.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _told(found: Any) -> object:
    """What goes from process to process must come back the same; then the record is one."""
    said = json.loads(json.dumps(to_message(found)).encode("utf-8", "surrogatepass"))
    return page_of(said) if "page" in said else batch_of(said) if "batch" in said else found_of(said)


# -- what servers send ------------------------------------------------------------------------------------


@_target("feed", "feed", 10, 600, apart=True)
def read_a_feed(body: bytes) -> object:
    return _told(feeds.read_source(Source(name="s", url=URL, kind="feed"), body, URL, _one_of(body, TYPES)))


@_target("sitemap", "sitemap", 10, 600, apart=True)
def read_a_sitemap(body: bytes) -> object:
    source = Source(name="s", url=URL, kind="sitemap", since=_one_of(body, (None, "2014-01-01")))
    return _told(feeds.read_source(source, body, URL, _one_of(body, TYPES), _one_of(body, (0, 1, 3))))


@_target("listing", "html", 10, 900, apart=True)
def read_a_listing(body: bytes) -> object:
    source = Source(name="s", url=URL, kind="listing")
    return _told(feeds.read_source(source, body, URL, _one_of(body, TYPES)))


@_target("page", "html", 10, 900, apart=True)
def read_a_page(body: bytes) -> object:
    return _told(page.read_page(body, _one_of(body, (URL, URL, None)), _one_of(body, TYPES)))


@_target("json-ld", "jsonld", 10, 900, apart=True)
def read_stated_data(body: bytes) -> object:
    return _told(page.read_page(_PAGE[0] + body.replace(b"</script", b"<!script") + _PAGE[1], URL))


_PAGE = (
    b"<html><head><title>Beds</title><script type='application/ld+json'>",
    b"</script></head><body><article><h1>Beds to close</h1>" + b"<p>The board of the trust said so on Monday.</p>" * 9,
)


@_target("discover", "html", 10, 900)
def find_feeds(body: bytes) -> object:
    return declared(body, URL, _one_of(body, TYPES))


@_target("robots", "robots", 5, 300)
def obey(body: bytes) -> object:
    rules = Rules(_one_of(body, (200, 200, 200, 404, 503)), body)
    assert 0 <= rules.delay <= 600
    for url in (URL, "https://echo.example/" + "a/" * 1000, "https://echo.example/%E0%A4%A\ud800"):
        try:
            rules.check(url)
        except ClipperError:
            continue
    return rules.sitemaps


@_target("headers", "headers", 2, 200, largest=128 << 10)  # no head of an answer is larger
def read_headers(body: bytes) -> object:
    value = body.decode("latin-1")
    patience.retry_after(value, NOW)
    schedule.max_age({"cache-control": value, "age": value})
    Memory = validators.Memory
    memory = Memory(room() / "none", NOW)
    memory.answered(Source(name="s", url=URL), URL, value, {"etag": value, "last-modified": value}, body, None)
    if known := memory.get(Source(name="s", url=URL), URL):
        for header in known.conditions().values():
            assert header.isascii() and header.isprintable()
    with _passing(ClipperError):
        document.refuse_other_media(value)
    with _passing(ClipperError):
        transfer.decoded(b"what was sent", value, 1000)
    document.decode(b"<p>beds \xe9\x80\x81</p>", value)
    RobotsMemory(room() / "rules").put(URL, 200, {"cache-control": value}, body, NOW)
    warc.read_head(body[: 1 << 16])
    return warc.target({"warc-target-uri": value})


class _passing:  # reads as contextlib.suppress does
    def __init__(self, *kinds: type[BaseException]) -> None:
        self.kinds = kinds

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, self.kinds)


@_target("packing", "packed", 5, 120, ValueError)
def unpack(body: bytes) -> object:
    for coding in packing.CODINGS:
        for cut in (False, True):
            with _passing(ValueError):
                assert len(packing.unpack(body, coding, 1 << 20, cut=cut)) <= (1 << 20) + 1
    return chunks.joined(body)


# -- what people bring ------------------------------------------------------------------------------------


def _brought(name: str, seeds: str, file: str, seconds: float = 30, megabytes: int = 1500) -> None:
    def read(body: bytes) -> object:
        return _told(read_file(file, body, None, "", _one_of(body, (None, None, True, False))))

    TARGETS[name] = Target(name, read, seeds, seconds, megabytes, apart=True)


for _name, _seeds, _called in (
    ("text", "text", "note.txt"), ("markdown", "markdown", "note.md"), ("saved page", "html", "page.html"),
    ("clippings page", "clippings", "page.html"), ("mhtml", "mhtml", "page.mhtml"), ("mail", "mail", "letter.eml"),
    ("pdf", "pdf", "paper.pdf"), ("docx", "docx", "paper.docx"), ("csv", "csv", "list.csv"), ("tsv", "csv", "list.tsv"),
    ("ris", "ris", "list.ris"), ("bibtex", "bibtex", "list.bib"), ("csl-json", "csl", "list.json"),
    ("url list", "urls", "list.txt"), ("any file", "any", "unnamed"),
):  # fmt: skip
    _brought(_name, _seeds, _called)


@_target("file parts", "any", 30, 1500, apart=True)
def read_by_hand(body: bytes) -> object:
    """The parsers of files each by itself, whatever the bytes look like: nothing is turned away before they see it."""
    said = _text(body)
    for read in (mail.read, mhtml.main_page, office.read_pdf, office.read_docx, textfile.read_text):
        with _passing(ClipperError):
            read(body)
    for kind in get_args(references.Kind):
        with _passing(ClipperError):
            references.read(kind, body)
    with _passing(ClipperError):
        urllists.read("list.csv", body)
    sheet.sheet_by_content(said)
    return saved_note(said)


def _archive_target(name: str, seeds: str, file: str) -> None:
    def read(body: bytes) -> object:
        return [one for one in captures.read(_file(file, body)) if isinstance(one, captures.Capture)]

    TARGETS[name] = Target(name, read, seeds, 20, 400)


_archive_target("warc", "warc", "pages.warc")
_archive_target("warc.gz", "warc.gz", "pages.warc.gz")
_archive_target("wacz", "wacz", "pages.wacz")


@_target("opml", "opml", 5, 400)
def read_subscriptions(body: bytes) -> object:
    return sort_out([], read_opml(body).subscriptions)


# -- words, dates and addresses ---------------------------------------------------------------------------


@_target("addresses", "addresses", 2, 200, largest=bounds.MAX_TEXT)
def read_addresses(body: bytes) -> object:
    said = _text(body)
    key = identity.url_key(said)
    assert identity.url_key(identity.canonical_url(said)) == key
    identity.same_site(said, URL)
    whole = entries.absolute(said, URL)
    assert whole is None or whole.lower().startswith(("http://", "https://"))
    entries.absolute("beds", said)
    document.site_name(said)
    original_url(said)
    dates.day_in_url(said)
    listed.doi_address(said)
    is_web_address(said)
    return listed.web_address(said)


@_target("dates", "dates", 2, 100, largest=bounds.MAX_TEXT)
def read_dates(body: bytes) -> object:
    said = _text(body)
    for read in (dates.parse_date, dates.day_within, listed.written_date, entries.moment, headings.date_of,
                 headings.context_date, statements.is_date):  # fmt: skip
        day = read(said)
        assert day is None or len(day) in (4, 7, 10, 20), (read, day)
    dates.nearest_day(dates.parse_date(said), said)
    headings.count_dates(said, 5)
    return search_dates.read_date(said, "2024-05-06")


@_target("lines", "lines", 10, 300, largest=bounds.MAX_TEXT)  # some forty readers
def read_lines(body: bytes) -> object:
    """What decides on one line of a text: whose it is, what it states."""
    said = _text(body)
    line = text.clean_line(said)
    for read in (
        statements.read_last_line, statements.read_role, statements.people_in, statements.is_notice,
        statements.outlet_in, statements.is_unread_date, statements.item_heading, statements.named_and_dated,
        pasted.is_sure, pasted.is_around, pasted.is_section, pasted.begins_others, pasted.begins_comments,
        pasted.is_comment, pasted.is_for_editors, walls.is_barrier, outlets.is_known, outlets.names_a_paper,
        outlets.may_be_outlet, headings.meta, headings.readings, text.sentences, text.paragraphs, text.fold,
        text.clean_text, text.printable, listed.person, listed.plain, listed.language_code, bibtex.plain_latex,
    ):  # fmt: skip
        read(line)
        read(said)
    for read in (exportheads.stated_day, exportheads.words_stated, exportheads.is_tail, exportheads.is_notice):
        read(line[:160])
    statements.read_line(line, first=True)
    text.shorten(said, 50)
    names.authors([said, line])
    return names.without_site(said, "The Echo")


# -- what people write ------------------------------------------------------------------------------------


@_target("config", "config", 5, 200)
def read_config(body: bytes) -> object:
    return load_config(_file("config.toml", body))


@_target("codebook", "codebook", 5, 200)
def read_codebook(body: bytes) -> object:
    return codebook.load(_file("codebook.toml", body))


@_target("toml", "config", 5, 200)
def read_located(body: bytes) -> object:
    """The lines of keys, too, which are looked for when a file has a fault."""
    return located_toml.read(_file("any.toml", body)).lines


@_target("examples", "examples", 5, 200)
def read_examples(body: bytes) -> object:
    return examples.load(_file("examples.jsonl", body), _book())


@_target("lexicon", "lexicon", 5, 200)
def read_lexicon(body: bytes) -> object:
    return lexicon.load(_file("lexicon.toml", body))


@cache
def _book() -> codebook.Codebook:
    return codebook.load(Path(__file__).resolve().parents[2] / "data" / "codebook.toml")


@cache
def _archive() -> Archive:
    path = room() / "archive"
    Archive.create(path)
    archive = Archive(path)
    with archive.writing() as writer:
        writer.articles(
            [
                models.Article(id=f"{number:012x}", fetched=FETCHED, title="Beds", text="Beds close.")
                for number in range(9)
            ]
        )
    archive.catalogue.catch_up()
    return archive


@_target("label sheet", "sheet", 5, 300)
def read_label_sheet(body: bytes) -> object:
    table = labelsheet._table(body, "labels.csv")
    reader = labelsheet._Reader(_archive(), _book(), "labels.csv", "ann", None, "2024-05-06T07:08:09Z")
    return reader.read(table)


@_target("query", "query", 2, 100)
def read_query(body: bytes) -> object:
    words = query.Vocabulary({"pay": "pay"}, ["echo"], {"mine": "beds", "self": "@self", "two": "@mine @mine"})
    tree = query.parse(_text(body), words, today="2024-05-06")
    if tree is not None:
        assert query.parse(query.unparse(tree), today="2024-05-06") == tree
    return tree


@_target("quotation", "lines", 5, 300, largest=quote_cmd.MOST_BYTES)
def read_quotation(body: bytes) -> object:
    quotation = quoting.read(_text(body))
    quoting.find(quotation, "The board of the trust said on Monday that beds will close.", 3)
    return quoting.nearest(quotation, "The board of the trust said on Monday that beds will close.")


# -- what lies in an archive and its cache ----------------------------------------------------------------


@_target("records", "records", 5, 300, ValueError, TypeError)
def read_records(body: bytes) -> object:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for kind in (models.Article, models.Tagging, models.Label, models.Sample, models.Run):
        with _passing(ClipperError, ValueError, TypeError):
            made = kind.from_json(data)
            assert kind.from_json(json.loads(models.to_line(made.to_json()))) is not None
    return data


@_target("archive", "archive", 60, 400, largest=400_000)
def follow(body: bytes) -> object:
    """Every file of an archive with the same strange lines in it."""
    path = Path(tempfile.mkdtemp(dir=room()))
    (path / "articles").mkdir()
    files = ("articles/2024-05", "tags", "labels", "runs", "samples", "searches")
    for name in files:
        (path / f"{name}.jsonl").write_bytes(body)
    archive = Archive(path)
    try:
        with _passing(ClipperError):
            archive.catalogue.catch_up()
            for entry in archive.catalogue.entries()[:50]:
                with _passing(ClipperError):
                    archive.read(entry.place)
            archive.catalogue.judgements.everything()
            list(archive.catalogue.judgements.samples())
        list(schedule.read_runs(path))
        return saved_searches(path)
    finally:
        archive.catalogue.close()
        _remove(path)


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    folder.rmdir()


@_target("cache notes", "notes", 5, 300)
def read_notes(body: bytes) -> object:
    """Every note in the cache, with the same strange bytes in it."""
    cache_folder = room() / "cache"
    (cache_folder / "robots").mkdir(parents=True, exist_ok=True)
    (cache_folder / "seen").mkdir(exist_ok=True)
    memory = RobotsMemory(cache_folder)
    for name in ("validators.json", "left_alone.json", "sources.json", "webarchives.json", "index.json"):
        (cache_folder / name).write_bytes(body)
    memory._path("https://echo.example:443").write_bytes(body)
    seen._path(cache_folder, "mine").write_bytes(body)
    notes.read_note(cache_folder / "validators.json")
    index.read_state(cache_folder / "index.json")
    seen.seen(cache_folder, "mine")
    memory.get("https://echo.example:443", NOW)
    source = Source(name="echo", url=URL)
    known = validators.Memory(cache_folder, NOW)
    if found := known.get(source, URL):
        found.conditions()
    known.begin(source, URL)
    alone = LeftAlone(cache_folder)
    alone.until(("https", "echo.example", 443), NOW)
    alone.note(("https", "echo.example", 443), 60, NOW)
    state = schedule.States(cache_folder).get("echo")
    schedule.next_check(state, 3.0, NOW)
    archive = _file("pages.warc", b"WARC/1.0\r\n")
    Stream(cache_folder, "1", archive, lambda _: None)._noted()
    return state


@_target("model files", "notes", 5, 300, model.UnusableModel)
def read_model(body: bytes) -> object:
    folder = room() / "model"
    folder.mkdir(exist_ok=True)
    head, _, rest = body.partition(b"\n")
    # With a right checksum too: whoever changes a cache can change that.
    written = b" ".join(head.split(b"\n"))
    checksum = model._checksum(written) if zlib.crc32(body) % 2 else "0" * 64
    (folder / "model.json").write_bytes(checksum.encode() + b"\n" + written + b"\n")
    (folder / "model.npz").write_bytes(rest)
    return model.load(folder, _book().themes)

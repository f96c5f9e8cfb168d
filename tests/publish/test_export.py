"""What is exported is read by those who will read it: the json module and pandas, the csv module, pyarrow, warcio."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet as pq
from warcio.archiveiterator import ArchiveIterator

from clipper.archive.store import Archive
from clipper.archive.warc import Exchange, as_kept
from clipper.checksums import checksum
from clipper.coding.verdicts import verdicts
from clipper.errors import CannotWork, NothingFound, UsageError
from clipper.models import Article, Label, Tagging
from clipper.publish import export as exporting
from clipper.publish.about import About
from clipper.publish.export import as_text, export, feed_files, format_of
from clipper.publish.formats import jsonlines, parquet, sheet, warcs
from clipper.publish.rights import Rights
from clipper.publish.selection import Item
from clipper.text import plain_cell
from clipper.wording import human_date

THEMES = {"workforce": "Workforce", "access": "Access to care"}
ABOUT = About(title="Clippings", moment="2026-11-23T12:00:00Z", query="ward", themes=THEMES)
WHOLE = ABOUT._replace(whole_texts=True)
TEXT = "Nurses left the ward in March. Nobody took their place. The matron wrote.\n\nThe board said “no” for £5."


def article(**more: Any) -> Article:
    text = more.pop("text", TEXT)
    known = {"id": "00aa", "title": "The ward", "outlet": "The Fenwick Echo", "authors": ["Ann Lee", "Jo Bell"]}
    known |= {"published": "2014-11-07", "fetched": "2026-11-20T14:02:11Z", "url": "https://echo.example/ward"}
    return Article(**{**known, "text": text, "sha256": checksum(text), **more})


def item(one: Article, tags: dict[str, float] | None = None, labels: Sequence[Label] = (), **more: Any) -> Item:
    tagging = None
    if tags is not None:
        scores = {"workforce": 0.1, "access": 0.1, **tags}
        carried = [{"theme": key, "probability": p, "threshold": 0.5} for key, p in tags.items() if p >= 0.5]
        tagging = Tagging(
            article=one.id, revision=more.get("revision", one.revision), tags=carried, scores=scores, model="svm-1",
            codebook="starter 1 abc", tagged="",
        )  # fmt: skip
    return Item(one, tagging, labels, verdicts(one, tagging, labels), more.get("copies", ()))


def label(theme: str, value: bool, coder: str) -> Label:
    return Label(article="00aa", revision=1, theme=theme, value=value, coder=coder, at="2026-11-21T10:00:00Z")


ITEMS = [
    item(article(), {"workforce": 0.97}, [label("access", True, "ann")], copies=["00bb"]),
    item(article(id="1234567890123456", title='=HYPERLINK("x")', published="2014-11", authors=[]), {}),
    item(article(id="00cc", title=None, outlet=None, published=None, url="javascript:alert(1)", text="")),
    item(article(id="00dd", published="2014", revision=2), {"access": 0.8}, revision=1),  # tags of an older text
]  # fmt: skip


# -- JSON lines -----------------------------------------------------------------------------------------------


def test_a_line_is_the_record_with_what_may_be_shared_of_its_text() -> None:
    first = json.loads(next(jsonlines.lines(ITEMS, ABOUT)))
    assert list(first)[:4] == ["id", "revision", "kind", "url"] and list(first)[-4:] == [
        "tags",
        "labels",
        "copies",
        "export",
    ]
    assert first["text"] is None and first["excerpt"] == "Nurses left the ward in March. Nobody took their place."
    assert [(tag["theme"], tag["by"]) for tag in first["tags"]] == [("access", "people"), ("workforce", "model")]
    assert first["labels"][0]["coder"] == "ann" and first["copies"] == ["00bb"] and first["export"] == 1
    whole = json.loads(next(jsonlines.lines(ITEMS, WHOLE)))
    assert whole["text"] == TEXT and whole["excerpt"] is None  # the record as it is kept


@pytest.mark.parametrize(("full_text", "given"), [(False, 0), (True, 3), (("the fenwick echo",), 2), (("Other",), 0)])
def test_whole_texts_are_given_out_where_the_rights_are_there(full_text: bool | tuple[str, ...], given: int) -> None:
    about = ABOUT._replace(rights=Rights(full_text))
    items = [*ITEMS[:2], item(article(id="00ee", outlet="Post"))]
    records = [json.loads(line) for line in jsonlines.lines(items, about)]
    assert sum(record["text"] is not None for record in records) == given
    rows = list(csv.DictReader(io.StringIO("".join(sheet.Sheet().lines(items, about)), newline="")))
    assert sum(bool(row.get("text")) for row in rows) == given
    none = ABOUT._replace(excerpts=False)
    assert json.loads(next(jsonlines.lines(ITEMS, none)))["excerpt"] is None


def test_pandas_reads_the_lines() -> None:
    frame = pandas.read_json(io.StringIO("".join(jsonlines.lines(ITEMS, WHOLE))), lines=True, dtype={"id": str})
    assert list(frame["id"]) == [one.article.id for one in ITEMS] and frame["text"][0] == TEXT
    assert frame["tags"].str.len().tolist() == [2, 0, 0, 0]


@given(st.text(max_size=60))
@settings(max_examples=25)
def test_whatever_a_title_holds_a_line_is_one_line_and_loses_nothing(title: str) -> None:
    text = "".join(jsonlines.lines([item(article(title=title))], ABOUT))
    assert json.loads(text)["title"] == title and text.count("\n") == 1 and len(text.splitlines()) == 1
    assert not any((ord(letter) < 32 and letter != "\n") or 0x7F <= ord(letter) < 0xA0 for letter in text)


# -- CSV ------------------------------------------------------------------------------------------------------


def rows_of(items: Sequence[Item], about: About = ABOUT, **how: bool) -> list[dict[str, str]]:
    text = "".join(sheet.Sheet(**how).lines(items, about))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def test_a_row_holds_what_is_counted_and_what_is_cited() -> None:
    first, second, third, fourth = rows_of(ITEMS)
    assert (first["published"], first["year"], first["month"], first["day"]) == ("2014-11-07", "2014", "11", "7")
    assert (second["published"], second["month"], second["day"]) == ("2014-11", "11", "")
    assert (third["published"], third["year"], third["url"], third["words"]) == ("", "", "", "0")
    assert (fourth["published"], fourth["year"], fourth["month"]) == ("2014", "2014", "")
    assert (
        first["authors"] == "Ann Lee; Jo Bell" and first["copies"] == "1" and first["words"] == str(len(TEXT.split()))
    )
    assert second["title"] == '\'=HYPERLINK("x")' and "text" not in first


def test_themes_are_one_nought_or_nothing() -> None:
    by_row = [(r["theme_workforce"], r["theme_access"], r["probability_workforce"]) for r in rows_of(ITEMS)]
    assert by_row == [("1", "1", "0.97"), ("0", "0", "0.1"), ("", "", ""), ("", "", "")]
    assert [row["labels"] for row in rows_of(ITEMS)] == ["access: ann yes", "", "", ""]
    assert rows_of(ITEMS)[0]["themes"] == "access; workforce"
    differing = [label("workforce", True, "ann"), label("workforce", False, "bob")]
    assert rows_of([item(article(), None, differing)])[0]["theme_workforce"] == ""  # nobody has settled it
    assert rows_of([item(article(), {"workforce": 0.9}, differing)])[0]["theme_workforce"] == "1"
    assert rows_of([item(article(), None, [label("workforce", False, "bob")])])[0]["theme_workforce"] == "0"


def test_a_blank_sheet_tells_nothing_of_what_others_said() -> None:
    for row in rows_of(ITEMS, blank=True):
        assert row["workforce"] == row["access"] == ""
        assert not any(name.startswith(("theme", "prob", "label")) for name in row)
    assert "text" in rows_of(ITEMS, WHOLE, blank=True)[0]


def test_a_theme_called_like_a_column_takes_its_place() -> None:
    row = rows_of(ITEMS[:1], ABOUT._replace(themes={"words": "Words"}), blank=True)[0]
    assert list(row).count("words") == 1 and row["words"] == ""


def test_pandas_reads_the_sheet_with_ids_and_dates_as_they_are() -> None:
    text = "".join(sheet.Sheet().lines(ITEMS, WHOLE))
    frame = pandas.read_csv(io.BytesIO(text.encode()), dtype={"id": str, "published": str})
    assert list(frame["id"])[1] == "1234567890123456" and list(frame["published"])[:2] == ["2014-11-07", "2014-11"]
    assert frame["text"][0] == TEXT and frame["theme_workforce"].tolist()[:2] == [1, 0]
    assert text.count("\r\n") == 5 and "\n\n" in text  # rows end as RFC 4180 says; paragraphs stay within a cell


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("2014-11", True), ("2014-11-07", True), ("1234567890123456", True), ("12345678e9012345", True),
        ("007", True), ("7/7", True), ("March 2014", True), ("10%", True), ("£5", True), ("TRUE", True), ("1:30", True),
        ("Nov-14", True), ("2014", False), ("Seven", False), ("The May row", False), ("May we?", False),
        ("12ab34cd56ef7890", False),
    ],
)  # fmt: skip
def test_excel_is_kept_from_taking_text_for_numbers_and_dates(value: str, taken: bool) -> None:
    row = rows_of([item(article(title=value))], excel=True)[0]
    assert row["title"] == (f"'{value}" if taken else value)
    assert rows_of([item(article(title=value))])[0]["title"] == value


def test_excel_has_its_mark_its_numbers_and_its_longest_cell() -> None:
    long = item(article(id="00ff", text="word " * 9000 + "\U0001f3e5" * 9000))
    made = sheet.Sheet(excel=True)
    text = "".join(made.lines([ITEMS[0], long, ITEMS[1]], WHOLE))
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    assert text.startswith("\ufeffid,") and rows[0]["year"] == "2014" and rows[2]["id"] == "'1234567890123456"
    assert len(rows[1]["text"].encode("utf-16-le")) // 2 <= sheet.EXCEL_CELL and rows[1]["text"].endswith("…")
    assert rows[0]["text"] == TEXT and made.notes() == [
        "cut at 32,767 characters, since Excel takes no more in a cell: 1"
    ]
    plain = rows_of([long], WHOLE)[0]
    assert plain["text"] == long.article.text


@given(st.text(max_size=40), st.text(max_size=40))
@settings(max_examples=32)
def test_no_cell_is_a_formula_and_each_gives_back_what_it_held(title: str, outlet: str) -> None:
    row = rows_of([item(article(title=title, outlet=outlet))])[0]
    for cell, held in ((row["title"], title), (row["outlet"], outlet)):
        assert not cell.lstrip(" \"'“”\ufeff")[:1].startswith(tuple("=+-@\t\r＝＋－＠")) or cell.startswith("'")
        assert plain_cell(cell) == sheet._clean(held)
    controls = {letter for cell in row.values() for letter in cell if ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0}
    assert controls <= {"\n", "\t"}


@pytest.mark.parametrize("published", ["1" * 5000, "2014-" + "1" * 5000, "²²²²-²²", "\x1b[5m"])
def test_what_is_no_date_is_no_number(published: str) -> None:
    row = rows_of([item(article(published=published))])[0]
    assert row["month"] == row["day"] == "" and row["year"] in ("", "2014")
    assert human_date(published) == published  # it is shown as it stands


def test_a_theme_may_be_called_as_a_column_is() -> None:
    about = ABOUT._replace(themes={"title": "Title deeds"})
    row = rows_of([item(article(), {"title": 0.9})], about)[0]
    assert row["title"] == article().title and row["theme_title"] == "1"
    blank = "".join(sheet.Sheet(blank=True).lines([item(article())], about))
    assert next(csv.reader(io.StringIO(blank, newline=""))).count("title") == 1


# -- Parquet --------------------------------------------------------------------------------------------------


def as_parquet(items: Sequence[Item], about: About = ABOUT) -> io.BytesIO:
    stream = io.BytesIO()
    parquet.write(iter(items), about, stream)
    return io.BytesIO(stream.getvalue())


def test_a_table_has_types() -> None:
    table = pq.read_table(as_parquet(ITEMS))
    rows = table.to_pylist()
    assert [row["published_day"] for row in rows] == [date(2014, 11, 7), None, None, None]
    assert [row["published"] for row in rows] == ["2014-11-07", "2014-11", None, "2014"]
    assert rows[0]["fetched"] == datetime(2026, 11, 20, 14, 2, 11, tzinfo=UTC)
    assert rows[0]["authors"] == ["Ann Lee", "Jo Bell"] and rows[0]["themes"] == ["access", "workforce"]
    assert rows[0]["tags"][1] | {"codebook": ""} == {
        "theme": "workforce", "probability": 0.97, "threshold": 0.5, "by": "model", "disputed": False, "model": "svm-1",
        "codebook": "",
    }  # fmt: skip
    assert rows[0]["labels"][0]["value"] is True and rows[0]["copies"] == ["00bb"] and rows[0]["text"] is None
    assert {one["theme"]: one["probability"] for one in rows[0]["scores"]} == {"workforce": 0.97, "access": 0.1}
    assert rows[3]["scores"] == [] and rows[3]["tags"] == []
    known = table.schema.metadata
    assert json.loads(known[b"clipper.themes"]) == THEMES and known[b"clipper.export"] == b"1"


def test_pandas_reads_the_table_and_rows_come_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_ROWS", 3)
    monkeypatch.setattr(parquet, "_GROUP", 1)
    many = [item(article(id=f"{n:04}", title=f"Half \ud800 {n}")) for n in range(10)]
    stream = as_parquet(many, WHOLE)
    assert [pq.ParquetFile(stream).metadata.row_group(n).num_rows for n in range(4)] == [3, 3, 3, 1]
    assert pq.ParquetFile(stream).metadata.row_group(0).column(0).compression == "ZSTD"
    frame = pandas.read_parquet(stream)
    assert frame["id"].tolist() == [f"{n:04}" for n in range(10)] and frame["text"][9] == TEXT
    assert frame["title"][0] == "Half ? 0" and str(frame["fetched"].dtype).endswith("UTC]")


# -- WARC -----------------------------------------------------------------------------------------------------


@pytest.fixture
def kept(archive: Archive) -> tuple[Archive, list[Item]]:
    """An archive with the raw pages of three articles, one more article from the first one's page, one without."""

    def exchange(n: int) -> Exchange:
        return Exchange(
            url=f"https://echo.example/{n}", at=datetime(2026, 11, 20, tzinfo=UTC), address="192.0.2.7",
            request=(("Host", "echo.example"),), protocol="HTTP/1.1", status=200, reason="OK",
            headers=(("Content-Type", "text/html"),), payload=f"<p>Page {n}, {'ward ' * 50}</p>".encode(),
        )  # fmt: skip

    with archive.writing() as writer:
        places = writer.raw([[exchange(n)] for n in range(3)])
    articles = [article(id=f"00a{n}", warc=place) for n, place in enumerate(places)]
    articles += [article(id="00a3", warc=places[0]), article(id="00a4")]
    return archive, [item(one) for one in articles]


def records(content: bytes) -> list[tuple[str, str | None, bytes]]:
    """Return type, address and body of each record; a digest that does not agree fails."""
    found = []
    for record in ArchiveIterator(io.BytesIO(content), check_digests="raise"):
        body = record.content_stream().read()
        found.append((record.rec_type, record.rec_headers.get_header("WARC-Target-URI"), body))
    return found


def test_raw_pages_are_what_was_fetched_with_their_requests(kept: tuple[Archive, list[Item]]) -> None:
    archive, items = kept
    pages, out = warcs.Pages(archive.path, "some\udcff.warc.gz"), io.BytesIO()  # a name that is not in UTF-8
    pages.write([items[2], items[0], *items[3:]], WHOLE, out)
    found = records(out.getvalue())
    urls = [f"https://echo.example/{n}" for n in (2, 2, 0, 0)]
    assert [one[:2] for one in found] == [("warcinfo", None), *zip(["response", "request"] * 2, urls, strict=True)]
    assert found[1][2].startswith(b"<p>Page 2, ward") and b"Clippings: ward" in found[0][2]
    assert (pages.written, pages.shared, pages.missing, pages.withheld, pages.damaged) == (2, 1, 1, 0, 0)
    # The members are those of the archive, byte for byte: whoever has cited one finds it.
    own = next((archive.path / "warc").glob("*.warc.gz")).read_bytes()
    offset = items[2].article.warc["offset"]  # type: ignore[index]  # it is there
    assert own[offset:] in out.getvalue()


def test_raw_pages_follow_the_rights_and_a_damaged_one_is_told(kept: tuple[Archive, list[Item]]) -> None:
    archive, items = kept
    other = item(replace(items[1].article, outlet="Post"))
    path = next((archive.path / "warc").glob("*.warc.gz"))
    content = bytearray(path.read_bytes())
    content[items[0].article.warc["offset"] + 90] ^= 0xFF  # type: ignore[index]  # it is there
    path.write_bytes(content)
    told: list[str] = []
    pages, out = warcs.Pages(archive.path, "some.warc.gz", told.append), io.BytesIO()
    pages.write([items[0], other, items[2]], ABOUT._replace(rights=Rights(("The Fenwick Echo",))), out)
    assert (pages.written, pages.withheld, pages.damaged) == (1, 1, 1)
    assert len(told) == 1 and "damaged at byte" in told[0] and "1 article left out" in pages.notes()[0]
    assert [url for kind, url, _ in records(out.getvalue()) if kind == "response"] == ["https://echo.example/2"]


def test_no_request_of_another_record_goes_along(kept: tuple[Archive, list[Item]]) -> None:
    archive, items = kept
    path = next((archive.path / "warc").glob("*.warc.gz"))
    places = [one.article.warc or {} for one in items]
    answer, request = as_kept(archive.path, places[0])
    other_answer, other_request = as_kept(archive.path, places[1])
    start = path.read_bytes()[: places[0]["offset"]]
    for behind, expected in ((request, 2), (other_request, 1), (other_answer, 1), (b"", 1), (b"\x1f\x8b no gzip", 1)):
        path.write_bytes(start + answer + behind)
        assert as_kept(archive.path, places[0]) == [answer, request][:expected]


# -- how it becomes a file ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "form"),
    [("x.jsonl", "jsonl"), ("x.CSV", "csv"), ("x.csv.gz", "csv"), ("x.bib", "bibtex"), ("x.json", "csl-json"),
     ("x.xml", "atom"), ("x.warc.gz", "warc"), ("x.parquet", "parquet"), ("x.ris", "ris")],
)  # fmt: skip
def test_the_ending_names_the_format(name: str, form: str) -> None:
    assert format_of(Path(name)) == form


@pytest.mark.parametrize(("name", "said"), [("x.cvs", "'.csv'"), ("x", "--format jsonl"), ("x.warc", ".warc.gz")])
def test_an_ending_of_no_format_is_refused(name: str, said: str) -> None:
    with pytest.raises(UsageError, match="x") as caught:
        format_of(Path(name))
    assert said in str(caught.value)


def test_every_format_has_its_module() -> None:
    for name, form in exporting.FORMATS.items():
        module = __import__(f"clipper.publish.formats.{form.module}", fromlist=["x"])
        assert form.binary or name == "csv" or callable(module.lines)


def test_nothing_is_opened_where_nothing_is_found_and_articles_stream() -> None:
    opened: list[io.BytesIO] = []

    @contextmanager
    def opening() -> Iterator[BinaryIO]:
        opened.append(io.BytesIO())
        yield opened[-1]

    with pytest.raises(NothingFound):
        export(iter(()), ABOUT, as_text(jsonlines.lines), opening)
    assert not opened
    written: list[int] = []

    def watched() -> Iterator[Item]:
        for one in ITEMS:
            written.append(opened[-1].tell() if opened else 0)
            yield one

    assert export(watched(), ABOUT, as_text(jsonlines.lines), opening) == 4
    assert written[0] == 0 and written == sorted(set(written))  # each is written before the next is read


def test_a_packed_file_is_the_same_each_time() -> None:
    packed = []
    for _ in range(2):
        out = io.BytesIO()
        as_text(jsonlines.lines, packed=True)(ITEMS, ABOUT, out)
        packed.append(out.getvalue())
    assert packed[0] == packed[1] and packed[0][4:8] == bytes(4)  # no moment in its head
    assert gzip.decompress(packed[0]).decode() == "".join(jsonlines.lines(ITEMS, ABOUT))


def test_feeds_have_names_of_their_own() -> None:
    assert feed_files(["access", "all"]) == {None: "all.atom", "access": "access.atom", "all": "all-theme.atom"}


def test_a_page_that_is_none_is_damage(kept: tuple[Archive, list[Item]]) -> None:
    archive, items = kept
    with pytest.raises(CannotWork, match="no kept answer"):
        as_kept(archive.path, {**(items[0].article.warc or {}), "offset": 0})  # the record that begins the file
    with pytest.raises(CannotWork, match="no WARC file of this archive"):
        as_kept(archive.path, {"file": "../warc/x.warc.gz", "offset": 0})


def test_the_docs_name_every_format_key_and_column() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "exporting.md").read_text("utf-8")
    keys = {*json.loads(next(jsonlines.lines(ITEMS, ABOUT)))} - {*ITEMS[0].article.to_json()}
    columns = {name.replace("workforce", "KEY").replace("access", "KEY") for name in rows_of(ITEMS, WHOLE)[0]}
    endings = {ending for form in exporting.FORMATS.values() for ending in form.endings}
    assert columns > {"theme_KEY", "probability_KEY", "text"} and keys == {"tags", "labels", "copies", "export"}
    named = {*exporting.FORMATS, *endings, *keys, *columns, "--blank", "--excel", "--text", "--copies", "published_day"}
    assert [name for name in sorted(named) if f"`{name}`" not in text] == []
    assert f"the version of this format: {jsonlines.VERSION}." in text

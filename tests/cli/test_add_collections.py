"""``clipper add`` with the collections that people have: clippings pages, folders, documents, lists, web archives."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from collect.intake.newsprint import STORIES, as_docx, as_pdf, new_layout
from conftest import Ended, Project, Site, article_page

Run = Callable[..., Ended]

PARAGRAPH = "The board met on Monday in the cold hall and heard that the ward would shut before the winter came. "
ITEMS = [
    ("Ward to shut: 'nobody asked us'", "Fenwick Echo", "15 June 2015", "https://echo.example/ward"),
    ("Surgeons leave (again)", "Health Service Journal", "7 Nov 2014", None),
    ("Bus to the clinic is cut.", "BBC News", "November 2013", "https://bbc.example/bus"),
]


def cuttings(name: str = "Press") -> str:
    rows = []
    for title, outlet, date, link in ITEMS:
        more = f'… <a href="{link}">read more</a>' if link else ""
        rows.append(f"<h3>{title} ({outlet}:&nbsp;{date})</h3><p>{PARAGRAPH}</p><p>{title} {PARAGRAPH}{more}</p>")
    body = f"<nav>Home</nav><div><h1>{name}</h1>{''.join(rows)}</div><footer>Our use of cookies</footer>"
    return f"<html><head><title>{name}</title></head><body>{body}</body></html>"


def test_a_page_of_clippings_is_stored_once_and_each_item_beside_it(clipper: Run, project: Project) -> None:
    (project.folder / "press.html").write_text(cuttings(), "utf-8")
    ended = clipper("add", "press.html")
    assert ended.code == 0
    page, *items = project.articles()
    assert (page["kind"], page["title"], page["part_of"]) == ("page", "Press", None)
    assert all(title in page["text"] for title, *_ in ITEMS)
    assert [(a["title"], a["outlet"], a["published"], a["url"]) for a in items] == [
        ("Ward to shut: 'nobody asked us'", "Fenwick Echo", "2015-06-15", "https://echo.example/ward"),
        ("Surgeons leave (again)", "Health Service Journal", "2014-11-07", None),
        ("Bus to the clinic is cut.", "BBC News", "2013-11", "https://bbc.example/bus"),
    ]
    assert {(a["kind"], a["part_of"], a["canonical"]) for a in items} == {("clipping", page["id"], None)}
    assert all("read more" not in a["text"] and "cookies" not in a["text"] for a in items)
    assert "4 added; 3 clippings cut from 1 page" in ended.err
    assert clipper("search", "winter").out.count("Fenwick Echo") == 1
    before = project.articles()
    again = clipper("add", "--json", "press.html")
    assert [o["status"] for o in again.json] == ["seen"] * 4
    assert project.articles() == before


def test_the_page_is_left_out_of_search_and_the_items_are_found(inline: Run, project: Project) -> None:
    (project.folder / "press.html").write_text(cuttings(), "utf-8")
    inline("add", "press.html")
    found = [json.loads(line) for line in inline("search", "--json", "winter").out.splitlines()]
    assert {one["kind"] for one in found} == {"clipping"}


def test_no_split_takes_the_page_as_one_article_and_split_overrules(inline: Run, project: Project) -> None:
    (project.folder / "press.html").write_text(cuttings(), "utf-8")
    assert inline("add", "--no-split", "press.html").code == 0
    assert [a["kind"] for a in project.articles()] == ["article"]
    text = f"Two things\n\nThe first of them\n\n{PARAGRAPH * 3}\n\nThe second of them\n\n{PARAGRAPH * 3}"
    (project.folder / "two.txt").write_text(text, "utf-8")
    inline("add", "two.txt")
    inline("add", "--split", "two.txt")
    assert [a["kind"] for a in project.articles()][1:] == ["article", "page", "clipping", "clipping"]


def test_a_clipping_does_not_keep_its_page_from_being_fetched(inline: Run, project: Project, site: Site) -> None:
    url = site.page("/story", article_page("Ward to shut", *[f"{PARAGRAPH}{n} It went on. " * 2 for n in range(6)]))
    rows = "".join(
        f"<h3>{title} (HSJ: {n} May 2014)</h3><p>{PARAGRAPH} {title}</p><p><a href='{link}'>read more</a></p>"
        for n, (title, link) in enumerate([("Ward to shut", url), ("Another", "https://x.example/")], 1)
    )
    (project.folder / "press.html").write_text(f"<html><body><h1>Press</h1>{rows}</body></html>", "utf-8")
    inline("add", "press.html")
    clipping = project.articles()[1]
    assert (clipping["url"], clipping["kind"]) == (url, "clipping")
    assert [o["status"] for o in inline("add", "--json", url).json] == ["added"]
    whole = project.articles()[-1]
    assert whole["kind"] == "article"
    assert whole["id"] != clipping["id"]


def test_a_clipping_and_the_full_copy_of_its_story_are_tied(inline: Run, project: Project) -> None:
    sentences = [
        f"Sentence number {n} of this story says a thing that no other says, which is {n * 37}." for n in range(40)
    ]
    (project.folder / "full.txt").write_text(
        f"Ward to shut (Fenwick Echo: 15 June 2015)\n\n{' '.join(sentences)}", "utf-8"
    )
    (project.folder / "press.txt").write_text(
        f"Ward to shut (Fenwick Echo: 15 June 2015)\n\n{' '.join(sentences[:12])}... read more\n\n"
        f"Beds lost (HSJ: 1 May 2015)\n\n{PARAGRAPH * 3}", "utf-8",
    )  # fmt: skip
    inline("add", "full.txt", "press.txt")
    full, _, clipping, other = project.articles()
    assert (clipping["duplicate_of"], other["duplicate_of"]) == (full["id"], None)


def test_dry_run_stores_nothing_and_shows_what_would_be(inline: Run, project: Project) -> None:
    (project.folder / "press.html").write_text(cuttings(), "utf-8")
    (project.folder / "note.txt").write_text("A note\n\nThe board met.", "utf-8")
    before = project.everything()
    ended = inline("add", "--dry-run", "press.html", "note.txt", "gone.txt")
    assert ended.code == 3
    rows = [line.split("\t") for line in ended.out.splitlines()]
    assert [row[0] for row in rows] == ["added"] * 5
    assert rows[1][1:5] == ["clipping", "Ward to shut: 'nobody asked us'", "Fenwick Echo", "2015-06-15"]
    assert rows[1][5].startswith("The board met on Monday")
    assert "gone.txt: failed: no such file" in ended.err
    assert {n: b for n, b in project.everything().items() if n != "runs.jsonl"} == before
    assert project.articles() == []


def test_a_folder_is_walked_through_and_other_files_are_counted(inline: Run, project: Project) -> None:
    deep = project.folder / "clips" / "2014" / "may"
    deep.mkdir(parents=True)
    (deep / "press.html").write_text(cuttings(), "utf-8")
    (deep / "press_files").mkdir()
    (deep / "press_files" / "advert.html").write_text(article_page("An advertisement"), "utf-8")
    (deep / "a.jpg").write_bytes(b"\xff\xd8\xff")
    (project.folder / "clips" / ".hidden.txt").write_text("Hidden\n\nThe board met.", "utf-8")
    (project.folder / "clips" / "note.md").write_text("# A note of May\n\nThe board met and said little.", "utf-8")
    ended = inline("add", "clips")
    assert ended.code == 0
    assert {a["title"] for a in project.articles()} == {"Press", "A note of May", *(title for title, *_ in ITEMS)}
    assert "clips: 1 files of other kinds left alone (1 .jpg)" in ended.err
    assert [o["status"] for o in inline("add", "--json", ".").json].count("added") == 0  # the archive is not taken in


def test_one_file_that_cannot_be_read_does_not_stop_a_folder(inline: Run, project: Project) -> None:
    folder = project.folder / "clips"
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"caf\xe9 is not UTF-8")
    (folder / "b.txt").write_text("A title\n\nThe board met.", "utf-8")
    ended = inline("add", "clips")
    assert ended.code == 3
    assert "clips/a.txt: refused: not UTF-8" in ended.err
    assert [a["title"] for a in project.articles()] == ["A title"]


@pytest.mark.parametrize(("name", "make"), [("nexis.docx", as_docx), ("nexis.pdf", as_pdf)])
def test_a_newspaper_databases_export_becomes_its_articles(
    inline: Run, project: Project, name: str, make: Callable[..., bytes]
) -> None:
    (project.folder / name).write_bytes(make(new_layout(STORIES)))
    assert inline("add", name).code == 0
    found = project.articles()
    assert [a["title"] for a in found] == [story.headline for story in STORIES]
    assert {a["kind"] for a in found} == {"article"}
    assert all(a["outlet"] and a["published"] for a in found)
    assert {o["status"] for o in inline("add", "--json", name).json} == {"seen"}


# -- lists ------------------------------------------------------------------------------------------------


def test_a_list_is_fetched_politely_and_its_word_is_believed(inline: Run, project: Project, site: Site) -> None:
    urls = [site.page(f"/{n}", article_page(f"Title {n} of the page", f"{PARAGRAPH}{n} " * 3)) for n in range(3)]
    site.page("/robots.txt", "User-agent: *\nDisallow: /2\n", content_type="text/plain")
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(["Headline", "Newspaper", "Date published", "Link"])
    writer.writerow(["My own title", "The Fenwick Echo", "07/11/2014", urls[0]])
    writer.writerow(["", "", "", urls[1]])
    writer.writerow(["Forbidden page", "HSJ", "2013", urls[2]])
    writer.writerow(["Gone page", "Pulse", "May 2012", site.url("/gone")])
    writer.writerow(["Only on paper", "Pulse", "1 May 2012", ""])
    (project.folder / "list.csv").write_text(sheet.getvalue(), "utf-8")
    ended = inline("add", "list.csv")
    assert ended.code == 0
    found = {a["title"]: a for a in project.articles()}
    assert set(found) == {"My own title", "Title 1 of the page", "Forbidden page", "Gone page", "Only on paper"}
    mine = found["My own title"]
    assert (mine["outlet"], mine["published"], mine["url"]) == ("The Fenwick Echo", "2014-11-07", urls[0])
    assert [found[name]["partial"] for name in ("Forbidden page", "Gone page", "Only on paper")] == [True] * 3
    assert (found["Gone page"]["published"], found["Only on paper"]["url"]) == ("2012-05", None)
    assert "/2" not in site.asked
    assert "robots.txt" in ended.err
    asked = len(site.asked)
    again = inline("add", "--json", "list.csv")
    assert {o["status"] for o in again.json} == {"seen"}
    assert [path for path in site.asked[asked:] if path != "/robots.txt"] == []


def test_references_of_zotero_are_asked_for(inline: Run, project: Project, site: Site) -> None:
    url = site.page("/story", article_page("The page's own title"))
    ris = f"TY  - NEWS\nTI  - Ward to shut\nT2  - Fenwick Echo\nDA  - 2014/11/07/\nUR  - {url}\nER  - \n"
    (project.folder / "library.ris").write_text(ris, "utf-8")
    assert inline("add", "library.ris").code == 0
    assert [(a["title"], a["outlet"], a["published"], a["url"]) for a in project.articles()] == [
        ("Ward to shut", "Fenwick Echo", "2014-11-07", url)
    ]


def test_an_opml_file_becomes_sources(inline: Run, project: Project) -> None:
    opml = (
        '<opml version="2.0"><body><outline type="rss" text="Echo" xmlUrl="https://echo.example/feed"/></body></opml>'
    )
    (project.folder / "feeds.opml").write_text(opml, "utf-8")
    assert inline("add", "feeds.opml").code == 0
    assert "https://echo.example/feed" in (project.folder / "config.toml").read_text("utf-8")
    assert project.articles() == []


# -- web archives -----------------------------------------------------------------------------------------


def warc_of(pages: dict[str, str], *, gzipped: bool = True) -> bytes:
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=gzipped)
    date = {"WARC-Date": "2014-11-08T09:10:11Z"}
    for url, html in pages.items():
        head = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
        body = html.encode()
        record = writer.create_warc_record(
            url, "response", io.BytesIO(body), length=len(body), warc_headers_dict=date, http_headers=head
        )
        writer.write_record(record)
    return file.getvalue()


PAGES = {
    f"https://echo.example/news/{n}": article_page(f"Ward {n} to shut", f"{PARAGRAPH}Number {n} went first. " * 3)
    for n in range(6)
}


@pytest.mark.parametrize("name", ["crawl.warc", "crawl.warc.gz", "crawl.wacz"])
def test_every_page_of_a_web_archive_becomes_an_article_of_its_day(inline: Run, project: Project, name: str) -> None:
    raw = warc_of(PAGES, gzipped=name != "crawl.warc")
    if name.endswith("z") and not name.endswith("gz"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            file.writestr("archive/data.warc.gz", raw)
        raw = packed.getvalue()
    (project.folder / name).write_bytes(raw)
    assert inline("add", name).code == 0
    found = project.articles()
    assert [(a["url"], a["title"]) for a in found] == [(url, f"Ward {n} to shut") for n, url in enumerate(PAGES)]
    assert {a["fetched"] for a in found} == {"2014-11-08T09:10:11Z"}
    assert all(a["warc"] for a in found)  # the raw page is in this archive too
    assert {o["status"] for o in inline("add", "--json", name).json} == {"seen"}
    assert len(project.articles()) == len(PAGES)


def test_an_earlier_capture_that_was_taken_in_is_no_news(inline: Run, project: Project) -> None:
    url = "https://echo.example/a"
    old, new = (article_page("Ward to shut", f"{PARAGRAPH * 2} {said}") for said in ("First.", "Second."))
    (project.folder / "old.warc.gz").write_bytes(warc_of({url: old}))
    (project.folder / "new.warc.gz").write_bytes(warc_of({url: new}))
    told = [
        o["status"] for name in ("old", "new", "old", "new") for o in inline("add", "--json", f"{name}.warc.gz").json
    ]
    assert told == ["added", "revised", "seen", "seen"]


def test_a_damaged_record_is_told_and_the_others_are_taken(inline: Run, project: Project) -> None:
    parts = [bytearray(warc_of({url: html})) for url, html in PAGES.items()]
    parts[2][len(parts[2]) // 2] ^= 0xFF
    (project.folder / "crawl.warc.gz").write_bytes(b"".join(parts))
    ended = inline("add", "crawl.warc.gz")
    titles = [a["title"] for a in project.articles()]
    assert len(titles) >= 5
    assert "crawl.warc.gz: byte" in ended.err or "echo.example/news/2" in ended.err


def test_a_wrong_digest_is_told(inline: Run, project: Project) -> None:
    raw = warc_of({"https://echo.example/a": article_page("Ward to shut")}, gzipped=False)
    (project.folder / "crawl.warc").write_bytes(raw.replace(b"Ward to shut", b"Ward to stay"))
    ended = inline("add", "crawl.warc")
    assert "digest" in ended.err
    assert [a["title"] for a in project.articles()] == ["Ward to stay"]


def test_a_web_archive_is_gone_on_with_where_it_was_stopped(project: Project) -> None:
    pages = {
        f"https://echo.example/news/{n}": article_page(f"Ward {n} to shut", f"{PARAGRAPH}Number {n} went first. " * 3)
        for n in range(300)
    }
    (project.folder / "crawl.warc.gz").write_bytes(warc_of(pages))
    command = [sys.executable, "-m", "clipper", "add", "--json", "crawl.warc.gz"]
    # The pipe is so short that the run waits to be read: it cannot be done before the signal comes.
    with (
        (project.folder / "said").open("w") as said,
        subprocess.Popen(command, cwd=project.folder, stdout=subprocess.PIPE, stderr=said, pipesize=4096) as process,
    ):
        assert process.stdout
        for _ in range(60):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 130, (project.folder / "said").read_text()
    told = 60 + len(rest.splitlines())
    first = project.articles()
    assert told <= len(first) < 300
    ended = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0
    assert "going on where the last run stopped" in ended.stderr
    assert len(ended.stdout.splitlines()) < 300
    assert sorted(a["url"] for a in project.articles()) == sorted(pages)


def test_a_dry_run_over_a_web_archive_leaves_all_of_it_to_be_added(inline: Run, project: Project) -> None:
    pages = {f"https://echo.example/{n}": article_page(f"Ward {n} to shut", f"{PARAGRAPH}{n} " * 3) for n in range(120)}
    (project.folder / "crawl.warc.gz").write_bytes(warc_of(pages))
    assert len(inline("add", "--dry-run", "crawl.warc.gz").out.splitlines()) == 120
    assert project.articles() == []
    assert len(inline("add", "--json", "crawl.warc.gz").json) == 120


def test_a_pdf_and_a_web_archives_copy_can_be_named_by_address(inline: Run, project: Project, site: Site) -> None:
    pdf = as_pdf([("head", "Report of the ward inquiry"), ("body", PARAGRAPH * 6)])
    url = site.page("/report.pdf", pdf, content_type="application/pdf")
    assert inline("add", url).code == 0
    [one] = project.articles()
    assert (one["url"], one["kind"]) == (url, "article")
    assert "the ward would shut before the winter" in " ".join(one["text"].split())


def test_two_revisions_of_a_page_of_clippings_keep_their_items(inline: Run, project: Project) -> None:
    path = project.folder / "press.html"
    path.write_text(cuttings(), "utf-8")
    inline("add", "press.html")
    path.write_text(cuttings().replace("<h1>Press</h1>", "<h1>Press</h1><h3>A new one (Pulse: 1 July 2015)</h3>"
                                       f"<p>{PARAGRAPH * 2} The new one.</p>"), "utf-8")  # fmt: skip
    told = [o["status"] for o in inline("add", "--json", "press.html").json]
    assert told.count("added") == 2  # the page, which has no address to be known by, and the new item
    assert told.count("seen") == 3


def test_a_list_on_stdin_is_taken_too(clipper: Run, project: Project) -> None:
    ended = clipper("add", "-", stdin=b"\n\n".join(
        f"{title} ({outlet}: {date})\n\n{PARAGRAPH}{title}".encode() for title, outlet, date, _ in ITEMS
    ))  # fmt: skip
    assert ended.code == 0
    assert [a["kind"] for a in project.articles()] == ["page", "clipping", "clipping", "clipping"]


def test_it_works_on_a_packed_page(inline: Run, project: Project) -> None:
    (project.folder / "press.html.gz").write_bytes(gzip.compress(cuttings().encode()))
    inline("add", "press.html.gz")
    assert len(project.articles()) == 4


def test_the_table_fits_the_terminal(inline: Run, project: Project, tmp_path: Path) -> None:
    (project.folder / "press.html").write_text(cuttings(), "utf-8")
    log = tmp_path / "screen"
    command = f"stty cols 80; {sys.executable} -m clipper add --dry-run press.html"
    done = subprocess.run(["script", "-qec", command, str(log)], cwd=project.folder, capture_output=True, timeout=60)
    screen = done.stdout.decode().replace("\r", "")
    rows = [line for line in screen.splitlines() if "Fenwick" in line or "Title" in line]
    assert rows and all(len(line) <= 80 for line in screen.splitlines() if "\x1b" not in line)


def test_the_copy_of_one_article_is_not_taken_from_what_holds_several(inline: Run, project: Project) -> None:
    (project.folder / "stub.txt").write_text("Ward to shut\n\nThe board met.", "utf-8")
    inline("add", "stub.txt")
    [stub] = project.articles()
    folder = project.folder / "two"
    folder.mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text(f"Another thing {name}\n\n{PARAGRAPH}", "utf-8")
    (project.folder / "crawl.warc.gz").write_bytes(warc_of(PAGES))
    (project.folder / "list.csv").write_text("url,title\nhttps://a.example/1,A\nhttps://a.example/2,B\n", "utf-8")
    for target in ("two", "crawl.warc.gz", "list.csv"):
        ended = inline("add", "--as", stub["id"], target)
        assert ended.code == 4
        assert "more than one article" in ended.err
    assert project.articles() == [stub]


def test_a_pipe_in_a_folder_is_left_alone(inline: Run, project: Project) -> None:
    folder = project.folder / "clips"
    folder.mkdir()
    os.mkfifo(folder / "x.txt")
    (folder / "a.txt").write_text(f"A title\n\n{PARAGRAPH}", "utf-8")
    ended = inline("add", "clips")
    assert ended.code == 0
    assert [a["title"] for a in project.articles()] == ["A title"]


def test_links_with_outlets_and_dates_beside_them_are_clippings_and_not_asked_for(
    inline: Run, project: Project, site: Site
) -> None:
    rows = "".join(f"- [Ward {n} to shut]({site.url(f'/{n}')}), The Guardian, {n} June 2015\n" for n in (3, 4, 5))
    (project.folder / "cuttings.md").write_text(f"# Cuttings\n\n{rows}", "utf-8")
    inline("add", "cuttings.md")
    assert site.asked == []
    assert [(a["title"], a["outlet"], a["published"]) for a in project.articles()[1:]] == [
        (f"Ward {n} to shut", "The Guardian", f"2015-06-0{n}") for n in (3, 4, 5)
    ]


def test_an_article_with_its_references_stays_whole(inline: Run, project: Project) -> None:
    references = "\n\n".join(f"Harrow J. ({y}) Markets in care. BMJ, {d} June {y}." for y, d in ((2009, 3), (2010, 4)))
    text = f"Markets in care\n\nPublished: 30/03/2010\n\nBy Ann Marsh\n\n{PARAGRAPH * 3}\n\n{references}"
    (project.folder / "paper.txt").write_text(text, "utf-8")
    inline("add", "paper.txt")
    [one] = project.articles()
    assert (one["kind"], one["published"]) == ("article", "2010-03-30")


@pytest.mark.parametrize("start", ["", '<?xml version="1.0"?>\n', "<meta charset='utf-8'>", "\ufeff"])
def test_a_page_on_stdin_is_known_by_its_beginning(inline: Run, project: Project, start: str) -> None:
    inline("add", "-", stdin=(start + article_page("Ward to shut", PARAGRAPH * 3)).encode())
    assert [a["title"] for a in project.articles()] == ["Ward to shut"]
    assert "<" not in project.articles()[0]["text"]


def test_a_web_archive_without_an_article_is_no_success(inline: Run, project: Project) -> None:
    (project.folder / "crawl.warc").write_bytes(warc_of({"https://a.example/": "<html><body>Hi</body></html>"}))
    ended = inline("add", "--json", "crawl.warc")
    assert ended.code == 4
    assert [(o["target"], o["status"]) for o in ended.json] == [("crawl.warc", "failed")]


def test_addresses_that_are_none_do_not_come_out_of_a_web_archive(inline: Run, project: Project) -> None:
    page = article_page("Ward to shut", PARAGRAPH * 3)
    (project.folder / "crawl.warc").write_bytes(warc_of({"javascript:alert(1)": page, "https://a.example/1": page}))
    inline("add", "crawl.warc")
    assert [a["url"] for a in project.articles()] == ["https://a.example/1"]


def test_sigterm_ends_a_run_that_is_recorded(project: Project) -> None:
    pages = {f"https://echo.example/{n}": article_page(f"Ward {n}", f"{PARAGRAPH}{n} " * 3) for n in range(900)}
    (project.folder / "crawl.warc.gz").write_bytes(warc_of(pages))
    command = [sys.executable, "-m", "clipper", "add", "--json", "crawl.warc.gz"]
    with subprocess.Popen(command, cwd=project.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert b"stopped; what came so far is in the archive" in said
    assert b"Traceback" not in said
    assert [run["interrupted"] for run in project.lines("runs.jsonl")] == [True]


def test_of_two_days_in_a_table_the_articles_own_is_taken(inline: Run, project: Project) -> None:
    rows = "".join(
        f"<tr><td>{n}</td><td>20/06/2015</td><td>{n}/06/2015</td><td>The Guardian</td><td>Ward {n} to shut</td>"
        "<td>Ian Marsh</td></tr>"
        for n in (15, 16, 17)
    )
    head = "<tr>" + "".join(
        f"<th>{name}</th>"
        for name in ("Ref", "Date logged", "Date of article", "Publication", "Headline", "Journalist")
    )
    (project.folder / "table.html").write_text(f"<html><body><h1>Log</h1><table>{head}</tr>{rows}</table>", "utf-8")
    inline("add", "table.html")
    assert [(a["title"], a["published"], a["text"]) for a in project.articles()[1:]] == [
        (f"Ward {n} to shut", f"2015-06-{n}", f"Ward {n} to shut") for n in (15, 16, 17)
    ]

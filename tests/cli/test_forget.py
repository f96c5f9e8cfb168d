"""`clipper forget`: afterwards no file of the project holds a word of it, and everything else is as it was."""

from __future__ import annotations

import json
import shutil
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from clipper.archive.reader import Reader
from clipper.search.engine import WORD
from clipper.search.index import Index
from conftest import Ended, Project, Reply, Site, article_page, on_terminal

Run = Callable[..., Ended]

DATED = '<meta property="article:published_time" content="2014-11-07T09:00:00Z"><meta name="author" content="{}">'
# Words that nothing else holds: of the address, the title, the author, the first and the second text, the guid.
WORDS = ("ockleford", "quagmarsh", "grimthwaite", "zephyrine", "vellichor", "tag:guidwort")
FIRST = (
    "The matron of Saint Botolph's said that the zephyrine wing would never be opened to anybody who could pay.",
    "Members of the public filled the hall and stood along the walls while the chair read out the figures.",
)
SECOND = (*FIRST, "In a letter on Friday she spoke of a vellichor that had come over the board when it met again.")


@pytest.fixture
def filled(inline: Run, project: Project, site: Site) -> Run:
    """A project in which one article left its traces wherever an article can."""
    head = DATED.format("Perpetua Grimthwaite")
    site.page("/news/ockleford-wing", article_page("Quagmarsh wing stays shut", *FIRST, head=head))
    site.replies["/go/1"] = Reply(b"", 302, headers={"Location": site.url("/news/ockleford-wing")})
    site.page("/news/steady", article_page("Steady trust", head=DATED.format("Ann Writer")))
    items = "".join(
        f"<item><title>{title}</title><link>{site.url(path)}</link><guid>{guid}</guid></item>"
        for title, path, guid in (
            ("Quagmarsh wing stays shut", "/go/1", "tag:guidwort"),
            ("Steady trust", "/news/steady", "tag:2"),
        )
    )
    feed = site.page("/feed.xml", f'<rss version="2.0"><channel><title>Echo</title>{items}</channel></rss>')
    project.configure(f'[[source]]\nname = "echo"\nurl = "{feed}"\nkind = "feed"\n')
    assert inline("fetch").code == 0
    site.page("/news/ockleford-wing", article_page("Quagmarsh wing stays shut", *SECOND, head=head))
    assert inline("add", site.url("/news/ockleford-wing")).out.startswith("revised")
    ident = inline("search", "--ids", "quagmarsh").out.strip()
    for command in (
        ("label", ident, "+access", "--coder", "ann"),
        ("search", "wing", "--save", "wing"),  # what a person asked for is their own
        ("search", "@wing", "--new"),
        ("sample", "-n", "2", "--seed", "1", "--round", "pilot"),
        ("search", "quagmarsh", "--facets", "outlet"),
    ):
        inline(*command)
    return inline


def ident_of(project: Project, title: str) -> str:
    return next(a["id"] for a in project.articles() if a.get("title") == title)


def members(path: Path) -> Iterator[bytes]:
    """Yield what the gzip members of a file hold, as far as they can be unpacked."""
    rest = path.read_bytes()
    while rest:
        unpacker = zlib.decompressobj(31)
        yield unpacker.decompress(rest)
        rest = unpacker.unused_data


def remains(folder: Path) -> list[tuple[str, str]]:
    """Return which files below a folder hold one of the words, whatever their letters; packed ones unpacked."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        held = b"".join(members(path)) if ".gz" in path.name else path.read_bytes()
        found += [(word, path.relative_to(folder).as_posix()) for word in WORDS if word.encode() in held.lower()]
    return found


def indexed(project: Project) -> list[str]:
    """Return which of the words the search index knows; its file of words is packed, and has to be asked."""
    reader = Reader(project.archive)
    index = Index(reader)
    known = [word for start in WORDS for word in index.engine.words_from(WORD, start[:6])]
    reader.catalogue.close()
    return known


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")


def test_no_file_holds_a_word_of_it_and_all_else_is_as_it_was(filled: Run, project: Project, site: Site) -> None:
    ident = ident_of(project, "Quagmarsh wing stays shut")
    (month,) = (project.archive / "articles").glob("*.jsonl")
    # What damages and shared folders leave: a line set aside, a line that cannot be read, a second copy of the file.
    whole = next(line for line in lines(month) if ident.encode() in line)
    (project.archive / "damaged").mkdir(exist_ok=True)
    (project.archive / "damaged" / f"{month.name}.7.20261120T100000Z").write_bytes(b"kept\n" + whole[:-9])
    with month.open("ab") as file:
        file.write(whole[:-9] + b"\n")
    shutil.copy(month, month.with_name(f"{month.stem} (1).jsonl"))
    filled("search", "steady")
    before = project.everything()
    assert {word for word, _ in remains(project.folder)} == set(WORDS)  # else the test would prove nothing
    assert set(indexed(project)) >= {"quagmarsh", "zephyrine", "vellichor", "grimthwaite"}

    ended = filled("forget", ident[:8], "--yes", "--reason", "asked for by its author")
    assert ended.code == 0, ended.err
    assert "taken out of the archive" in ended.err

    assert remains(project.folder) == []
    assert indexed(project) == []
    after = project.everything()
    assert after.keys() == before.keys()
    for name in before:
        if name.startswith("articles/"):
            then, now = before[name].split(b"\n"), after[name].split(b"\n")
            assert [len(line) for line in then] == [len(line) for line in now]
            assert [a for a in then if ident.encode() not in a] == [a for a in now if ident.encode() not in a]
        elif name.startswith("warc/"):
            assert len(before[name]) == len(after[name])
        elif not name.startswith(("damaged/", "runs.jsonl")):
            assert before[name] == after[name], name
    assert after[f"damaged/{month.name}.7.20261120T100000Z"].startswith(b"kept\n ")
    month.with_name(f"{month.stem} (1).jsonl").unlink()


def test_a_tombstone_stays_and_is_told(filled: Run, project: Project) -> None:
    project.keep_themes("access")  # no model of all themes is built for a command that ends before it needs one
    ident = ident_of(project, "Quagmarsh wing stays shut")
    assert filled("forget", ident, "--yes", "--reason", "asked for\nby its author").code == 0
    stones = [a for a in project.articles() if a["id"] == ident]
    assert [stone["revision"] for stone in stones] == [1, 2]
    for stone in stones:
        assert list(stone) == [
            "id", "revision", "kind", "fetched", "source", "forgotten", "reason", "keys", "schema",
        ]  # fmt: skip
        assert stone["reason"] == "asked for by its author"
    day = stones[0]["forgotten"][:10]
    said = f"taken out of the archive on request on {day}"
    for command in (
        ("show", ident[:7]), ("show", ident, "--json"), ("quote", ident, "a vellichor had come"),
        ("label", ident, "+access", "--coder", "bob"), ("tag", "--explain", ident), ("extract", "--again", ident),
    ):  # fmt: skip
        ended = filled(*command)
        assert (ended.code, ended.out) == (1, ""), command
        assert f"{said} (asked for by its author)" in ended.err
    again = filled("forget", ident, "--yes")
    assert (again.code, again.err) == (0, f"clipper: {ident[:7]}: {said} already\n")
    assert filled("forget", "0000aaaa", "--yes").code == 1


def test_nobody_sees_it_any_more(filled: Run, project: Project) -> None:
    project.keep_themes("access")
    ident = ident_of(project, "Quagmarsh wing stays shut")
    steady = ident_of(project, "Steady trust")
    assert filled("forget", ident, "--yes").code == 0
    assert filled("search", "--ids").out.split() == [steady]
    assert filled("search", "--ids", "--copies", f"id:{ident}").code == 1
    assert filled("search", "@wing", "--new").code == 1
    assert filled("search", "--facets", "outlet,source").out.count("\t1\n") == 2
    assert "1 article of 1 " in filled("sample", "-n", "5", "--seed", "1").err
    assert filled("show", steady, "--similar").code == 1
    assert ident not in filled("review", "--blind", "--round", "pilot", "--coder", "bob", "--next", "9").out
    themes = {record["theme"]: record for record in filled("themes", "--json").json}
    assert themes["access"]["yes"] == 0
    (label,) = project.lines("labels.jsonl")
    assert (label["article"], label["theme"], label["value"]) == (ident, "access", True)  # the judgement stays
    check = filled("check")
    assert check.code == 0, check.out + check.err


def test_it_does_not_come_back(filled: Run, project: Project, site: Site) -> None:
    ident = ident_of(project, "Quagmarsh wing stays shut")
    assert filled("forget", ident, "--yes").code == 0
    site.replies["/other"] = Reply(b"", 302, headers={"Location": site.url("/news/ockleford-wing")})
    (project.folder / "saved.html").write_text(
        article_page(
            "Quagmarsh wing stays shut",
            *SECOND,
            head=f'<link rel="canonical" href="{site.url("/news/ockleford-wing")}">',
        )
    )
    asked = len(site.asked)
    ended = filled("fetch")
    assert (ended.code, ended.err) == (0, "clipper: echo: 0 added, 2 seen\n")
    assert site.asked[asked:] == ["/feed.xml"]
    feed = site.replies["/feed.xml"]
    assert not isinstance(feed, list)
    site.page("/feed.xml", feed.body.replace(b"/go/1", b"/moved"))  # the same headline and guid under a new address
    asked = len(site.asked)
    assert filled("fetch").code == 0
    assert site.asked[asked:] == ["/feed.xml"]
    shutil.rmtree(project.archive / "cache")  # what is refused is known from the lines alone
    for target in (site.url("/news/ockleford-wing"), site.url("/go/1"), site.url("/other"), "saved.html"):
        ended = filled("add", target, "--json")
        assert ended.code == 0, ended.err
        (record,) = ended.json
        assert (record["id"], record["status"]) == (None, "refused")
        assert record["cause"].startswith("taken out of the archive on request on ")
    asked = len(site.asked)
    assert filled("add", site.url("/other")).code == 0
    assert site.asked[asked:] == []  # a link that led to it is known as well
    assert [a for a in project.articles() if a["id"] == ident and "title" in a] == []
    assert remains(project.archive / "articles") == remains(project.archive / "warc") == []
    assert "ockleford" not in (project.archive / "runs.jsonl").read_text()


def test_what_is_left_of_unreadable_lines_is_taken_out_too(filled: Run, project: Project, site: Site) -> None:
    ident = ident_of(project, "Quagmarsh wing stays shut")
    (month,) = (project.archive / "articles").glob("*.jsonl")
    first, second = (line for line in lines(month) if ident.encode() in line)
    held = month.read_bytes()
    text = first.index(b'"text"') + 20
    held = held.replace(first, first[:text] + first[text + 60 :])  # JSON still, but not the text that it was
    month.write_bytes(held.replace(second, second[: second.index(b'"excerpt"')]))
    assert filled("check", "--repair", "--yes").code == 0
    assert ident.encode() not in month.read_bytes()
    assert {word for word, _ in remains(project.folder)} == set(WORDS)  # else the test would prove nothing
    ended = filled("forget", ident[:7], "--yes", "--reason", "legal")
    assert ended.code == 0, ended.err
    assert "taken out of the archive" in ended.err
    assert remains(project.folder) == []
    (stone,) = (a for a in project.articles() if a["id"] == ident)
    assert (stone["reason"], len(stone["keys"])) == ("legal", 4)  # address, the link to it, guid in two sources
    asked = len(site.asked)
    assert filled("fetch").code == 0
    assert site.asked[asked:] == ["/feed.xml"]
    check = filled("check")
    assert check.code == 0, check.out + check.err


def test_a_line_that_cannot_be_read_goes_before_it_is_set_aside(filled: Run, project: Project) -> None:
    ident = ident_of(project, "Quagmarsh wing stays shut")
    (month,) = (project.archive / "articles").glob("*.jsonl")
    held = month.read_bytes()
    for line in (one for one in lines(month) if ident.encode() in one):
        held = held.replace(line, line[:-9])
    month.write_bytes(held)
    shutil.rmtree(project.archive / "cache")
    assert filled("show", ident).code == 1
    assert filled("forget", ident, "--yes").code == 0
    assert remains(project.folder) == []
    assert filled("check").code == 0


def test_the_name_of_a_file_that_was_added_goes(filled: Run, project: Project) -> None:
    source = project.folder / "vellichor-notes.txt"
    source.write_text("")
    assert filled("add", source.name).code == 4  # it is named as what was not archived, too
    source.write_text(NOTE.format("Beds to go at Wold", "Fenwick Echo"))
    (record,) = filled("add", source.name, "--json").json
    source.unlink()
    assert (project.archive / "runs.jsonl").read_text().count(source.name) >= 2
    assert filled("forget", record["id"], "--yes").code == 0
    left = [path for path in project.folder.rglob("*") if path.is_file() and b"vellichor-notes" in path.read_bytes()]
    assert left == []


def test_one_wrong_id_touches_nothing(filled: Run, project: Project) -> None:
    before = project.everything()
    ended = filled("forget", ident_of(project, "Steady trust"), "0000aaaa", "--yes", "--json")
    assert (ended.code, ended.out) == (1, "")
    assert "'0000aaaa': no article has an id that begins so" in ended.err
    assert ended.err.endswith("clipper: nothing was taken out\n")
    assert project.everything() == before


def test_what_came_back_is_taken_out_by_the_same_request(filled: Run, project: Project) -> None:
    ident = ident_of(project, "Quagmarsh wing stays shut")
    (month,) = (project.archive / "articles").glob("*.jsonl")
    (warc,) = (project.archive / "warc").glob("*.warc.gz")
    whole = next(line for line in lines(month) if ident.encode() in line)
    records, runs = warc.read_bytes(), (project.archive / "runs.jsonl").read_bytes()
    assert filled("forget", ident, "--yes", "--reason", "legal").code == 0
    assert remains(project.folder) == []
    kept = project.archive / "damaged" / f"{month.name}.20261120T100000Z"
    kept.parent.mkdir(exist_ok=True)
    for path, held in (
        (kept, whole[:-9] + b"\n"),
        (kept, whole[len(ident) + 12 :] + b"\n"),  # the half of a line that has no id
        (warc, records),
        (project.archive / "runs.jsonl", runs),
    ):
        path.write_bytes(held)
        assert remains(project.folder), path
        again = filled("forget", ident, "--yes", "--reason", "another")
        assert again.code == 0, again.err
        assert "the reason stays as it is\n" in again.err
        assert "something of it was left, or came back" in again.err
        assert remains(project.folder) == [], path
    assert {a["reason"] for a in project.articles() if a["id"] == ident} == {"legal"}
    assert filled("check").code == 0


def test_without_a_terminal_it_wants_a_yes(filled: Run, project: Project) -> None:
    before = project.everything()
    ended = filled("forget", ident_of(project, "Steady trust"))
    assert ended.code == 2
    assert ended.err == "clipper: forget asks first; where nobody can answer: clipper forget --yes ID\n"
    assert filled("forget", ident_of(project, "Steady trust"), "--yes", "--reason", "x" * 201).code == 2
    assert project.everything() == before


NOTE = """\
{}

Source: {}

Date: 7 November 2014

The cottage hospital at Wold will lose its twelve beds in the spring, the trust said in a note to its staff.

Families of patients said that they had been told nothing, and that the nearest ward is an hour away by bus.
"""
CUTTINGS = """<html><head><title>Cuttings</title></head><body><h1>Cuttings</h1>
<h3>Beds to go at Wold</h3><p><em>Wold Post, 7 November 2014</em></p>
<p>The cottage hospital at Wold will lose its twelve beds in the spring, the trust said in a note to its staff.</p>
<p>Families of patients said that they had been told nothing, and that the nearest ward is an hour away by bus.</p>
<h3>Nurses to pay for parking</h3><p><em>Fenwick Echo, 6 November 2014</em></p>
<p>Nurses at the infirmary must pay four pounds a day to park from next month, as the union's branch secretary found
out from a notice on the gate. Night staff have no bus to take.</p>
<h3>Dentists leave</h3><p><em>Fenwick Echo, 5 November 2014</em></p>
<p>Two of the three dentists in the town have stopped taking patients under the health service since the summer, and
the third has a list of eleven hundred people.</p></body></html>"""


@pytest.fixture
def copies(inline: Run, project: Project) -> Run:
    """A story in three ways: as a text, as a copy of it, and as a clipping on a page of clippings."""
    (project.folder / "one.txt").write_text(NOTE.format("Wold to lose beds", "Fenwick Echo"))
    (project.folder / "two.txt").write_text(NOTE.format("Twelve beds go at Wold", "Daily Ford"))
    (project.folder / "page.html").write_text(CUTTINGS)
    assert inline("add", "one.txt", "two.txt", "page.html").code == 0
    return inline


def test_it_shows_what_else_holds_the_text_and_asks(copies: Run, project: Project) -> None:
    ids = {a["title"]: a["id"] for a in project.articles()}
    command = [sys.executable, "-m", "clipper", "forget", ids["Beds to go at Wold"]]
    before = project.everything()
    code, said = on_terminal(command, cwd=project.folder, columns=200, keys=b"n\n", after=b"for good? [y/N]")
    assert code == 0
    assert "Beds to go at Wold (Wold Post, 7 November 2014)" in said
    short = ids["Beds to go at Wold"][:7]
    assert f"{short}: {ids['Wold to lose beds'][:7]} holds the same text: Wold to lose beds" in said
    assert f"{short}: {ids['Twelve beds go at Wold'][:7]} holds the same text" in said
    assert f"{short}: {ids['Cuttings'][:7]} the page that it was cut from: Cuttings" in said
    assert "--all-copies" in said
    assert "nothing was taken out" in said
    assert project.everything() == before
    code, said = on_terminal(command, cwd=project.folder, columns=200, keys=b"y\n", after=b"for good? [y/N]")
    assert code == 0
    assert "the same text is still in: " in said
    assert {a["title"] for a in project.articles() if "title" in a} == {*ids} - {"Beds to go at Wold"}


def test_all_copies_go_along_and_other_clippings_of_the_page_stay(copies: Run, project: Project) -> None:
    ids = {a["title"]: a["id"] for a in project.articles()}
    ended = copies("forget", ids["Wold to lose beds"], "--all-copies", "--yes", "--json")
    assert ended.code == 0
    gone = {"Wold to lose beds", "Twelve beds go at Wold", "Beds to go at Wold", "Cuttings"}
    assert {record["id"] for record in ended.json} == {ids[title] for title in gone}
    assert {record["status"] for record in ended.json} == {"forgotten"}
    assert {a["title"] for a in project.articles() if "title" in a} == {"Nurses to pay for parking", "Dentists leave"}
    for path in (project.archive / "articles").iterdir():
        assert b"cottage hospital" not in path.read_bytes()
    assert copies("show", ids["Nurses to pay for parking"]).code == 0
    again = copies("add", "page.html", "one.txt", "--json")
    assert [record["status"] for record in again.json].count("refused") == 3
    assert again.code == 0
    assert copies("check").code == 0


def test_other_programs_read_the_raw_pages_through(filled: Run, project: Project) -> None:
    ident = ident_of(project, "Quagmarsh wing stays shut")
    paths = sorted((project.archive / "warc").glob("*.gz"))
    before = {path: [(r.rec_type, r.content_stream().read()) for r in _records(path)] for path in paths}
    assert filled("forget", ident, "--yes").code == 0
    for path in paths:
        now = [(r.rec_type, r.content_stream().read()) for r in _records(path)]
        assert len(now) == len(before[path])
        changed = [kind for (kind, held), then in zip(now, before[path], strict=True) if (kind, held) != then]
        assert set(changed) <= {"metadata"}
        assert [one for one in before[path] if b"Steady" in one[1]] == [one for one in now if b"Steady" in one[1]]
    assert sum(b"removed: " in held for path in paths for _, held in _kept(path)) >= 4
    (record,) = filled("extract", "--again", "--json", ident_of(project, "Steady trust")).json
    assert record["status"] == "seen"


def _records(path: Path) -> Iterator[object]:
    with path.open("rb") as file:
        yield from ArchiveIterator(file)


def _kept(path: Path) -> list[tuple[str, bytes]]:
    return [(r.rec_type, r.content_stream().read()) for r in _records(path)]  # type: ignore[attr-defined]  # warcio states no types


def test_a_damaged_raw_page_goes_too(filled: Run, project: Project) -> None:
    ident = ident_of(project, "Quagmarsh wing stays shut")
    (warc,) = (project.archive / "warc").glob("*.gz")
    places = [a["warc"]["offset"] for a in project.articles() if a["id"] == ident]
    damaged = bytearray(warc.read_bytes())
    damaged[places[0] + 200] ^= 1
    damaged[places[1] + 1] ^= 1
    warc.write_bytes(damaged)
    ended = filled("forget", ident, "--yes")
    assert ended.code == 0, ended.err
    assert remains(project.folder) == []
    assert filled("check").code == 0


def test_a_damaged_raw_page_of_which_nobody_can_tell_whose_it_is_is_no_success(filled: Run, project: Project) -> None:
    ident = ident_of(project, "Quagmarsh wing stays shut")
    (warc,) = (project.archive / "warc").glob("*.gz")
    size = warc.stat().st_size
    with warc.open("ab") as file:
        file.write(b"\x1f\x8b\x08\xff" * 50)
    ended = filled("forget", ident, "--yes")
    assert ended.code == 5
    assert "taken out of the archive" in ended.err
    assert f"{warc}: the record at byte {size} is damaged and does not tell of which page it is; it stays" in ended.err


def test_json_tells_each(filled: Run, project: Project) -> None:
    ident = ident_of(project, "Quagmarsh wing stays shut")
    ended = filled("forget", ident, "--yes", "--reason", "legal", "--json")
    (record,) = ended.json
    stone = next(a for a in project.articles() if a["id"] == ident)
    assert record == {"id": ident, "status": "forgotten", "forgotten": stone["forgotten"], "reason": "legal"}
    assert json.loads(ended.out)

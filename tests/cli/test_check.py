"""`clipper check`: damage is found and told with its place; what is derived is built anew, the rest set aside."""

from __future__ import annotations

import gzip
import json
import shlex
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clipper.archive import forgetting, locks
from clipper.archive.store import Archive
from clipper.cli import check_cmd
from clipper.collect.candidate import own_identity
from clipper.errors import CannotWork
from clipper.models import Article, to_line
from conftest import Ended, Project, Reply, Site, article_page, on_terminal

Run = Callable[..., Ended]
real = locks._taken
TEXTS = {
    "ward": "Ward to close\n\nSource: Fenwick Echo\n\nDate: 2014-11-07\n\nThe hospital ward will close at Easter.",
    "firm": "Firm wins contract\n\nSource: Wold Post\n\nDate: 2015-03\n\nThe firm was given the contract for the ward.",
    "cake": "Lemon cake wins\n\nSource: Wold Post\n\nDate: 2016\n\nThe judges of the show gave it a ribbon.",
}
MORE = "Bridge opens\n\nSource: Wold Post\n\nDate: 2017\n\nThe new bridge over the river was opened by the mayor."


def _add(project: Project, run: Run, name: str, text: str) -> None:
    (project.folder / f"{name}.txt").write_text(text, encoding="utf-8")
    assert run("add", f"{name}.txt").code == 0


@pytest.fixture
def filled(inline: Run, project: Project) -> Run:
    """A project with three articles, and an index of them."""
    for name, text in TEXTS.items():
        _add(project, inline, name, text)
    assert inline("search", "ward", "--count").out == "2\n"
    return inline


@pytest.fixture
def cache(project: Project) -> Path:
    return project.archive / "cache"


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    _put(path, content)


def _put(path: Path, content: bytes) -> None:
    """Put a file in the place of another one, which a search of before may still have open."""
    path.unlink()
    path.write_bytes(content)


def _noted(cache: Path, **changes: object) -> None:
    """Change what is noted of the index."""
    note = json.loads((cache / "index.json").read_text("utf-8"))
    note.pop("checksum", None)
    (cache / "index.json").write_text(json.dumps(note | changes), encoding="utf-8")


def _of_index(cache: Path, ending: str) -> Path:
    return min((cache / "index").glob(f"*{ending}"))


def test_what_is_sound_is_told_so(filled: Run) -> None:
    ended = filled("check")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.splitlines()[-1] == "clipper: the archive, the catalogue and the search index are sound"
    assert filled("check", "--repair", "--yes", "--json").out == ""


def test_an_archive_without_an_index_is_sound(inline: Run) -> None:
    ended = inline("check")
    assert ended.code == 0
    assert "no search index yet" in ended.err


def test_what_is_not_indexed_yet_is_no_damage(filled: Run, project: Project, cache: Path) -> None:
    with (project.archive / "labels.jsonl").open("a", encoding="utf-8") as file:
        label = {"article": project.articles()[0]["id"], "revision": 1, "theme": "funding", "value": True}
        file.write(
            json.dumps(label | {"coder": "ann", "round": None, "at": "2020-01-01T00:00:00Z", "schema": 1}) + "\n"
        )
    ended = filled("check")
    assert (ended.code, ended.out) == (0, "")
    assert "1 change not indexed yet" in ended.err


@pytest.mark.parametrize("ending", [".idx", ".pos", ".term", ".fast", ".fieldnorm", ".store"])
def test_a_flipped_bit_in_a_file_of_the_index_is_found_and_mended(
    filled: Run, project: Project, cache: Path, ending: str
) -> None:
    before, kept = filled("search", "ward", "--json").out, project.everything()
    damaged = _of_index(cache, ending)
    _flip(damaged)
    ended = filled("check")
    assert ended.code == 5
    assert f"{damaged}: not what was written (its checksum differs)" in ended.out.splitlines()
    mended = filled("check", "--repair", "--yes")
    assert mended.code == 0
    assert str(damaged) in mended.out
    assert filled("check").code == 0
    assert filled("search", "ward", "--json").out == before
    assert project.everything() == kept


def test_each_problem_is_an_object_with_json(filled: Run, cache: Path) -> None:
    first, second = _of_index(cache, ".idx"), _of_index(cache, ".store")
    _flip(first)
    _put(second, second.read_bytes()[:-1])
    ended = filled("check", "--json")
    assert ended.code == 5
    assert [(one["part"], one["file"]) for one in ended.json] == [("index", str(first)), ("index", str(second))]
    assert all({"part", "file", "line", "byte", "problem", "severity", "repair"} == set(one) for one in ended.json)


def test_a_file_that_is_gone_is_found_and_one_that_is_not_used_any_more_is_not_missed(filled: Run, cache: Path) -> None:
    note = json.loads((cache / "index.json").read_text("utf-8"))
    gone = {"00000000000000000000000000000000.idx": [5, 5]}
    part = _of_index(cache, ".idx").stem
    _noted(cache, files=note["files"] | gone | {f"{part}.7.del": [5, 5]})
    assert filled("check").code == 0
    missing = _of_index(cache, ".pos")
    missing.unlink()
    ended = filled("check")
    assert ended.code == 5
    assert ended.out.startswith(f"{missing}: ")


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", "\x00", '{"segments": [7]}'])
def test_a_list_of_parts_that_is_none_is_found(filled: Run, cache: Path, content: str | None) -> None:
    meta = cache / "index" / "meta.json"
    if content is None:
        meta.unlink()
    else:
        meta.write_text(content, encoding="utf-8")
    ended = filled("check")
    assert ended.code == 5
    assert ended.out.startswith(f"{meta}: ")
    assert filled("check", "--repair", "--yes").code == 0
    assert filled("search", "ward", "--count").out == "2\n"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"version": "x"}', "\udc80", "[" * 100_000])
def test_a_note_that_is_none_is_found(filled: Run, cache: Path, content: str) -> None:
    (cache / "index.json").write_text(content, encoding="utf-8", errors="surrogateescape")
    ended = filled("check")
    assert (ended.code, ended.out) == (5, f"{cache / 'index.json'}: not what was written\n")
    assert filled("check", "--repair", "--yes").code == 0
    assert filled("check").code == 0


def test_an_index_of_another_version_is_no_damage(filled: Run, cache: Path) -> None:
    (cache / "index.json").write_text('{"version": 1, "seen": 3}', encoding="utf-8")
    ended = filled("check")
    assert (ended.code, ended.out) == (0, "")
    assert "another version" in ended.err


def test_a_note_that_cannot_be_true_is_found(filled: Run, cache: Path) -> None:
    note = json.loads((cache / "index.json").read_text("utf-8"))
    _noted(cache, seq=note["seq"] + 1000)
    ended = filled("check")
    assert (ended.code, len(ended.out.splitlines())) == (5, 1)
    assert ended.out.startswith(str(cache / "index.json"))
    _noted(cache, seq=note["seq"], forms=note["forms"] | {"the": "than"})
    assert filled("check").code == 5
    assert filled("check", "--repair", "--yes").code == 0


def test_an_index_that_lacks_an_article_is_found(filled: Run, project: Project, cache: Path) -> None:
    old = (cache / "index.json").read_bytes()
    parts = {path.name: path.read_bytes() for path in (cache / "index").iterdir()}
    _add(project, filled, "bridge", MORE)
    assert filled("search", "bridge", "--count").out == "1\n"
    seq = json.loads((cache / "index.json").read_text("utf-8"))["seq"]
    for path in (cache / "index").iterdir():
        path.unlink()
    for name, content in parts.items():
        (cache / "index" / name).write_bytes(content)
    (cache / "index.json").write_bytes(old)
    _noted(cache, seq=seq)
    ended = filled("check")
    assert (ended.code, ended.out) == (5, f"{cache / 'index'}: it holds 3 articles, the archive 4\n")
    assert filled("check", "--repair", "--yes").code == 0
    assert filled("search", "bridge", "--count").out == "1\n"


def test_a_catalogue_that_differs_from_the_files_is_found_and_mended(
    filled: Run, project: Project, cache: Path
) -> None:
    kept = project.everything()
    with sqlite3.connect(cache / "catalogue.sqlite") as database:
        database.execute("UPDATE articles SET title = 'Another' WHERE title = 'Lemon cake wins'")
    database.close()
    ended = filled("check", "--json")
    assert ended.code == 5
    (problem,) = ended.json
    assert (problem["part"], problem["file"]) == ("catalogue", str(cache / "catalogue.sqlite"))
    assert filled("check", "--repair", "--yes").code == 0
    assert filled("check").code == 0
    assert filled("search", "cake", "--format", "{title}").out == "Lemon cake wins\n"
    assert project.everything() == kept


def test_nothing_is_deleted_unless_somebody_says_so(filled: Run, cache: Path) -> None:
    _flip(_of_index(cache, ".idx"))
    before = {path: path.read_bytes() for path in cache.rglob("*") if path.is_file() and "sqlite" not in path.name}
    ended = filled("check", "--repair")
    assert (ended.code, ended.out) == (2, "")
    assert "--yes" in ended.err
    assert filled("check").code == 5
    assert {path: path.read_bytes() for path in before} == before


def test_while_another_process_is_indexing_nothing_is_said(
    filled: Run, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_cmd, "_WAIT", 0.0)
    with locks.indexing(cache, 0):
        ended = filled("check")
    assert (ended.code, ended.out) == (75, "")
    assert len(ended.err.splitlines()) == 1


def test_the_installed_command_finds_the_same(filled: Run, clipper: Run, cache: Path) -> None:
    _flip(_of_index(cache, ".term"))
    assert clipper("check").out == filled("check").out != ""
    assert clipper("check").code == 5


# -- the archive's own files --------------------------------------------------------------------------------


def _month(project: Project) -> Path:
    return min((project.archive / "articles").glob("*.jsonl"))


def _spoil(project: Project) -> Path:
    """Change a letter of the first article's text."""
    path = _month(project)
    path.write_text(path.read_text("utf-8").replace("close at Easter", "close at Faster"), encoding="utf-8")
    return path


def test_a_changed_letter_is_told_with_file_and_line_and_its_line_set_aside(filled: Run, project: Project) -> None:
    sound = _month(project).read_bytes()
    path = _spoil(project)
    damaged = path.read_bytes().splitlines(keepends=True)
    ended = filled("check")
    assert (ended.code, ended.out) == (5, f"{path}:1: the text does not agree with its checksum\n")
    assert "clipper check --repair" in ended.err
    mended = filled("check", "--repair", "--yes")
    assert mended.code == 0
    assert f"{path}:1: set aside in {project.archive / 'damaged'}" in mended.err
    assert path.read_bytes() == b"".join(sound.splitlines(keepends=True)[1:])
    (kept,) = (project.archive / "damaged").glob("*.jsonl.2*")
    assert kept.read_bytes() == damaged[0]
    again = filled("check")
    assert (again.code, again.out) == (0, "")
    assert f"1 file in {project.archive / 'damaged'}: set aside before, nothing to do" in again.err
    assert filled("search", "firm", "--count").out == "1\n"
    assert filled("search", "Easter", "--count").out == "0\n"


def test_each_problem_of_a_line_is_an_object_with_json(filled: Run, project: Project) -> None:
    path = _spoil(project)
    (one,) = [one for one in filled("check", "--json").json if one["severity"] == "damage"]
    assert (one["part"], one["file"], one["line"], one["byte"]) == ("articles", str(path), 1, 0)
    assert (one["problem"], one["repair"]) == ("the text does not agree with its checksum", "set aside")


def test_a_label_whose_article_is_not_there_is_told_and_stays(filled: Run, project: Project) -> None:
    path = project.archive / "labels.jsonl"
    label = {"article": "f" * 16, "revision": 1, "theme": "funding", "value": True, "coder": "ann", "round": None}
    path.write_text(json.dumps(label | {"at": "2020-01-01T00:00:00Z", "schema": 1}) + "\n", encoding="utf-8")
    before = path.read_bytes()
    told = f"{path}:1: a label of article ffffffffffffffff, which is not there"
    assert (filled("check").code, filled("check").out) == (5, told + "\n")
    ended = filled("check", "--repair", "--yes")
    assert ended.code == 5
    assert "1 of them clipper cannot mend" in ended.err
    assert path.read_bytes() == before


def test_whoever_says_no_keeps_everything_as_it_is(filled: Run, project: Project) -> None:
    _spoil(project)
    before = project.everything()
    code, said = on_terminal(
        [sys.executable, "-m", "clipper", "check", "--repair"], cwd=project.folder, keys=b"n\n", after=b"?"
    )
    assert code == 5
    assert "set damaged lines aside" in said
    assert project.everything() == before


def test_an_archive_that_cannot_be_written_is_looked_at(
    filled: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    _spoil(project)

    def refuse(*_: object) -> None:
        raise CannotWork("a read-only disk")

    monkeypatch.setattr(
        locks, "_taken", lambda path, wait: refuse() if path.name == ".write.lock" else real(path, wait)
    )
    ended = filled("check")
    assert ended.code == 5
    assert "the text does not agree with its checksum" in ended.out


def test_a_line_of_a_newer_clipper_is_named(filled: Run, project: Project) -> None:
    path = _month(project)
    path.write_text(path.read_text("utf-8").replace('"schema": 2', '"schema": 9'), encoding="utf-8")
    ended = filled("check")
    assert ended.code == 6
    assert f"{path}:1: the archive was written by a newer clipper (schema 9" in ended.err


def test_every_flipped_bit_in_what_is_noted_of_the_index_is_found_or_means_nothing(filled: Run, cache: Path) -> None:
    for path in (cache / "index.json", cache / "index" / "meta.json"):
        whole = path.read_bytes()
        said = json.loads(whole)
        for at in range(0, len(whole), max(len(whole) // 12, 1)):
            changed = bytearray(whole)
            changed[at] ^= 1
            path.write_bytes(changed)
            if filled("check").code != 5:
                assert json.loads(changed) == said
        path.write_bytes(whole)
    assert filled("check").code == 0


def test_what_fetch_and_add_bring_is_sound_and_comes_back_from_its_raw_page(
    inline: Run, project: Project, site: Site
) -> None:
    for name in ("ward", "bridge", "budget"):
        site.page(f"/{name}", article_page(f"The {name} of the town"), headers={"X-Page": name})
    site.replies["/moved"] = Reply(b"", 301, headers={"Location": "/bridge"})
    packed = gzip.compress(article_page("The clinic of the town").encode(), mtime=0)
    site.replies["/clinic"] = Reply(packed, headers={"Content-Encoding": "gzip"})
    links = "".join(f"<item><link>{site.url(path)}</link></item>" for path in ("/ward", "/moved", "/clinic"))
    site.page("/feed", f'<rss version="2.0"><channel>{links}</channel></rss>', content_type="application/rss+xml")
    project.configure(f'[[source]]\nname = "echo"\nurl = "{site.url("/feed")}"\noutlet = "Echo"\n')
    assert inline("fetch").code == 0
    assert inline("add", site.url("/budget")).code == 0
    site.page("/ward", article_page("The ward of the town", *["It was put off once more, and the board said why."] * 9))
    inline("add", site.url("/ward"))
    inline("extract", "--again")
    assert inline("check").out == ""
    path = _month(project)
    path.write_text(path.read_text("utf-8").replace("talk about the clinic", "talk about the klinic"), encoding="utf-8")
    gone = next(one["id"] for one in project.articles() if "klinic" in one["text"])
    assert inline("check", "--repair", "--yes").code == 0
    assert inline("show", gone).code == 1
    (kept,) = (project.archive / "warc").iterdir()
    inline("add", str(kept))
    assert "talk about the clinic" in inline("show", gone).out
    assert inline("check").out == ""


def test_an_article_whose_raw_page_went_with_another_one_is_sound(inline: Run, project: Project, site: Site) -> None:
    site.page("/other", article_page("The bridge of the town"))
    url = site.page("/today", article_page("The ward of the town"))
    assert inline("add", site.url("/other"), url).code == 0
    gone = next(a for a in project.articles() if a["url"] == url)
    living = own_identity(Article.from_json({**gone, "title": "Floods below the mill"})).to_json()
    with _month(project).open("a", encoding="utf-8") as file:
        file.write(to_line(living) + "\n")
    assert inline("check").code == 0
    assert inline("forget", gone["id"], "--yes").code == 0
    assert [a["warc"] for a in project.articles() if a["id"] == living["id"]] == [gone["warc"]]
    ended = inline("check")
    assert (ended.code, ended.out) == (0, "")
    lines = _month(project).read_text("utf-8").splitlines()
    moved = [line.replace(f'"offset": {living["warc"]["offset"]}', '"offset": 7') for line in lines]
    _month(project).write_text("\n".join([*moved, ""]), encoding="utf-8")  # a place in which nothing was taken out
    assert "its raw page at byte 7 of" in inline("check").out


@pytest.mark.parametrize("begun", ["noted", "all but done"])
def test_a_request_that_was_broken_off_is_told_with_the_command_that_finishes_it(
    filled: Run, project: Project, begun: str
) -> None:
    gone = [a["id"] for a in project.articles() if "ward" in a["text"]]
    request = forgetting.Request(tuple(gone), "2026-11-20T08:00:00Z", "asked for")
    if begun == "noted":
        (project.archive / forgetting.NOTE).write_text(json.dumps(request._asdict()))
    else:
        archive = Archive(project.archive)
        forgetting.forget(archive, request)
        archive.catalogue.close()
    ended = filled("check", "--json")
    assert ended.code in (0, 5)  # the index may hold what was taken out
    (told,) = (one for one in ended.json if one["file"].endswith(forgetting.NOTE))
    assert (told["severity"], told["repair"]) == ("note", None)
    said, _, command = told["problem"].partition("; finish it: clipper ")
    assert said == "2 articles to be taken out, by a request that did not come to its end"
    assert filled(*shlex.split(command)).code == 0
    assert [a["id"] for a in project.articles() if "forgotten" in a] == gone
    ended = filled("check")
    assert (ended.code, ended.out) == (0, "") and "to be taken out" not in ended.err


def test_a_request_that_cannot_be_read_any_more_is_damage(filled: Run, project: Project) -> None:
    (project.archive / forgetting.NOTE).write_bytes(b"\0" * 80)
    ended = filled("check")
    assert ended.code == 5
    assert ended.out.startswith(f"{project.archive / forgetting.NOTE}: cannot be read; what was being taken out")
    assert filled("forget", project.articles()[0]["id"], "--yes").code == 0
    assert filled("check").code == 0


def test_what_a_power_cut_left_after_the_raw_pages_is_set_aside(clipper: Run, project: Project, site: Site) -> None:
    url = site.page("/ward", article_page("The ward of the town"))
    assert clipper("add", url).code == 0
    (path,) = (project.archive / "warc").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole + bytes(5000))
    ended = clipper("check")
    assert ended.code == 5
    assert ended.out == f"{path}, byte {len(whole)}: a damaged record (no gzip member begins here)\n"
    assert clipper("check", "--repair", "--yes").code == 0
    assert path.read_bytes() == whole
    (kept,) = (project.archive / "damaged").iterdir()
    assert kept.read_bytes() == bytes(5000)
    assert clipper("check").code == 0


def test_a_line_that_a_restored_backup_brought_back_is_told_with_the_command_that_takes_it_out(
    inline: Run, project: Project, site: Site
) -> None:
    urls = [site.page("/other", article_page("The bridge of the town")), site.page("/ward", article_page("The ward"))]
    assert inline("add", *urls).code == 0
    backup = _month(project).read_bytes()
    ident = project.articles()[1]["id"]
    assert inline("forget", ident, "--yes").code == 0
    assert inline("check").code == 0
    _put(_month(project), backup)
    ended = inline("check")
    assert ended.code == 5
    (told,) = ended.out.splitlines()
    assert told.startswith(f"{_month(project)}:2: its raw page was taken out on request on ")
    assert told.endswith(f"clipper forget {ident}")
    assert inline("forget", ident, "--yes").code == 0
    assert inline("check").code == 0


def test_a_cache_that_cannot_be_used_is_no_damage_of_the_archive(filled: Run, project: Project, cache: Path) -> None:
    for path in cache.glob("catalogue.sqlite*"):
        path.unlink()
    (cache / "catalogue.sqlite").mkdir()
    ended = filled("check")
    assert (ended.code, ended.out) == (6, "")
    assert "the archive's own files are sound" in ended.err
    assert "catalogue.sqlite: the catalogue cannot be used (a folder is in its place; delete that" in ended.err
    _spoil(project)
    ended = filled("check")
    assert ended.code == 5
    assert "the text does not agree with its checksum" in ended.out
    assert "a folder is in its place" in ended.err


def test_damage_is_summed_up_where_the_catalogue_cannot_be_compared(filled: Run, project: Project, cache: Path) -> None:
    (cache / "compared" / "catalogue.sqlite").mkdir(parents=True)
    ended = filled("check")
    assert (ended.code, ended.out) == (6, "")
    assert "the archive's own files are sound; the catalogue and the search index could not be looked at" in ended.err
    (cache / "compared" / "catalogue.sqlite").mkdir(parents=True, exist_ok=True)
    _spoil(project)
    ended = filled("check")
    assert ended.code == 5
    assert "the text does not agree with its checksum" in ended.out
    assert "the catalogue cannot be used (a folder is in its place; delete that" in ended.err
    assert "1 problem" in ended.err


def test_what_repair_would_do_is_said_of_a_conflicting_copy_alone(filled: Run, project: Project) -> None:
    copy = project.archive / "articles" / f"{_month(project).stem} (restored).jsonl"
    copy.write_bytes(_month(project).read_bytes())
    first = _month(project).read_bytes().splitlines(keepends=True)[0]
    _put(_month(project), first)
    ended = filled("check")
    assert "clipper: what only a conflicting copy holds is brought in, by: clipper check --repair" in ended.err
    assert "damaged lines" not in ended.err
    assert filled("check", "--repair", "--yes").code == 0
    assert len(project.articles()) == len(TEXTS)


def test_ctrl_c_at_the_question_is_answered_on_a_line_of_its_own(filled: Run, project: Project) -> None:
    _spoil(project)
    code, said = on_terminal(
        [sys.executable, "-m", "clipper", "check", "--repair"], cwd=project.folder, keys=b"\x04", after=b"?"
    )
    assert code == 130
    assert "\nclipper: interrupted" in said


def test_what_is_no_record_is_told_in_words(filled: Run, project: Project) -> None:
    with _month(project).open("a", encoding="utf-8") as file:
        file.write('{"id": \n[1]\n')
    said = filled("search", "ward").err
    assert "passed over (no JSON)" in said
    assert "passed over (no record of its kind)" in said
    (project.archive / "labels.jsonl").unlink(missing_ok=True)
    (project.archive / "labels.jsonl").mkdir()
    ended = filled("tag")
    assert ended.code == 6
    assert "labels.jsonl: is no regular file" in ended.err

"""Following: the archive's files are read in batches, and what is entered does not depend on how they are cut."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.archive import following, jsonl
from clipper.archive.catalogue import Catalogue
from clipper.archive.entering import quick_key
from clipper.archive.soundness import Soundness
from clipper.errors import CannotWork
from clipper.identity import url_key
from clipper.models import Article, Label, Run, Tagging, to_line

TABLES = (
    "SELECT id, revision, kind, title, file, offset, length, url, checked, duplicate_of FROM articles ORDER BY id",
    "SELECT * FROM older ORDER BY id, revision",
    "SELECT key, id FROM urls JOIN articles ON number = article ORDER BY key",
    "SELECT key, id FROM guids JOIN articles ON number = article ORDER BY key",
    "SELECT id, t.revision, model, t.offset, t.length FROM tags t JOIN articles ON number = article ORDER BY id",
    "SELECT article, theme, coder, round, value FROM labels ORDER BY 1, 2, 3, 4",
    "SELECT name, articles FROM outlets ORDER BY name",
    "SELECT name, articles FROM sources ORDER BY name",
    "SELECT * FROM troubles ORDER BY key",
    "SELECT name, size, whole FROM files ORDER BY name",
)


def article(chance: random.Random) -> Article:
    url = f"https://h.example/{chance.randrange(30)}"
    return Article(
        id=f"a{chance.randrange(20)}",
        revision=chance.randrange(1, 5),
        kind=chance.choice(["article", "article", "clipping", "page"]),
        title=str(chance.random()),
        url=chance.choice([url, None]),
        canonical=url,
        guid=chance.choice([url, None]),
        outlet=chance.choice(["Echo", "Post", None]),
        source=chance.choice(["s1", "s2"]),
        fetched=f"2026-01-0{chance.randrange(1, 9)}T12:00:00Z",
        duplicate_of=chance.choice([None, "a1"]),
    )


def tagging(chance: random.Random) -> Tagging:
    name = f"a{chance.randrange(25)}"
    return Tagging(article=name, revision=1, tags=[], scores={}, model="m", codebook="c", tagged="")


def label(chance: random.Random) -> Label:
    return Label(article=f"a{chance.randrange(25)}", revision=1, theme="t", value=True, coder="ann")


def run(chance: random.Random) -> Run:
    lost = [{"target": f"https://h.example/{chance.randrange(40)}", "cause": "gone", "lasting": False}]
    return Run(command="fetch", started="", ended="2026-01-05T12:00:00Z", version="1", sources=[], not_archived=lost)


FILES: dict[str, Callable[[random.Random], Any]] = {
    "articles/2026-01.jsonl": article,
    "articles/2026-02.jsonl": article,
    "tags.jsonl": tagging,
    "labels.jsonl": label,
    "runs.jsonl": run,
}


def write(archive: Path, chance: random.Random, most: int) -> None:
    (archive / "articles").mkdir(exist_ok=True)
    for name, make in FILES.items():
        with (archive / name).open("a", encoding="utf-8") as file:
            file.writelines(to_line(make(chance).to_json()) + "\n" for _ in range(chance.randrange(most)))


def content(catalogue: Catalogue) -> list[Any]:
    return [catalogue._ask(query) for query in TABLES]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("size", [1, 2, 7])
def test_batches_of_any_size_enter_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, size: int
) -> None:
    write(tmp_path, random.Random(seed), 40)
    with closing(Catalogue(tmp_path, tmp_path / "whole", print)) as whole:
        whole.catch_up()
        monkeypatch.setattr(following, "BATCH", size)
        with closing(Catalogue(tmp_path, tmp_path / "parts", print)) as parts:
            parts.catch_up()
            assert content(parts) == content(whole)
            changes = [(c.entry.id, c.seq, c.tagging, c.labelled) for c in parts.changed_since(0)]
            assert changes == [(c.entry.id, c.seq, c.tagging, c.labelled) for c in whole.changed_since(0)]
            assert parts.problems() == []


class Stopped(Exception):
    """Somebody has pressed Ctrl-C."""


def test_what_was_entered_stays_when_the_rest_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "2026-01.jsonl").write_text("".join(f'{{"id": "a{n}"}}\n' for n in range(10)))
    monkeypatch.setattr(following, "BATCH", 4)
    monkeypatch.setattr(following, "EVERY", 0.0)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) == 2:
            raise Stopped

    with closing(Catalogue(tmp_path, tmp_path / "cache", say)) as catalogue:
        with pytest.raises(Stopped):
            catalogue.catch_up()
        generation = catalogue.generation
        assert catalogue.count() == 8
    with closing(Catalogue(tmp_path, tmp_path / "cache", said.append)) as catalogue:
        catalogue.catch_up()
        assert (catalogue.count(), catalogue.generation) == (10, generation)
    assert said == ["reading the archive: 40 %", "reading the archive: 80 %"]


def test_two_processes_may_read_in_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, random.Random(3), 60)
    with closing(Catalogue(tmp_path, tmp_path / "whole", print)) as whole:
        whole.catch_up()
        wanted = content(whole)
    monkeypatch.setattr(following, "BATCH", 5)
    monkeypatch.setattr(following, "EVERY", 0.0)
    turns: list[str] = []

    def let_the_other(line: str) -> None:
        turns.append(line)
        if len(turns) == 3:
            other.catch_up()

    with (
        closing(Catalogue(tmp_path, tmp_path / "cache", lambda _: None)) as other,
        closing(Catalogue(tmp_path, tmp_path / "cache", let_the_other)) as one,
    ):
        one.catch_up()
        assert len(turns) == 3
        assert content(one) == content(other) == wanted


def test_files_that_cannot_be_looked_at_do_not_empty_the_catalogue(tmp_path: Path) -> None:
    write(tmp_path, random.Random(1), 40)
    with closing(Catalogue(tmp_path, tmp_path / "cache", print)) as catalogue:
        catalogue.catch_up()
        count = catalogue.count()
        (tmp_path / "articles").rename(tmp_path / "other")
        (tmp_path / "articles").write_text("no folder")
        with pytest.raises(CannotWork, match="articles: cannot be read"):
            catalogue.glance()
        (tmp_path / "articles").unlink()
        (tmp_path / "articles").mkdir()
        loop = tmp_path / "articles" / "2026-01.jsonl"
        loop.symlink_to(loop)
        with pytest.raises(CannotWork, match=r"2026-01\.jsonl: cannot be read"):
            catalogue.glance()
        assert catalogue.count() == count > 0


def test_a_few_lines_are_read_without_a_word(tmp_path: Path) -> None:
    write(tmp_path, random.Random(1), 40)
    said: list[str] = []
    with closing(Catalogue(tmp_path, tmp_path / "cache", said.append)) as catalogue:
        catalogue.catch_up()
    assert said == []


PIECES = [
    "http://", "https://", "HTTP://", "ftp://", "www.", "m.", "amp.", "www2.", "h.example", "H.example", "com",
    "localhost", ":443", ":80", ":81", "/", "//", "/a", "/index.html", "/default.asp", "/indexes", "/amp", ".amp",
    "/campaign", "?utm_source=x", "?id=1", "#top", "%7e", "%C3%A9", "é", "~", ".", "-", "_", " ", "user@",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join))
def test_the_quick_way_to_a_urls_key_is_the_slow_ones(url: str) -> None:
    assert quick_key(url) == url_key(url)


@given(st.sampled_from(PIECES[:2]), st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join))
def test_the_quick_way_to_a_likely_urls_key_is_the_slow_ones(scheme: str, rest: str) -> None:
    assert quick_key(scheme + rest) == url_key(scheme + rest)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.sampled_from(["", "article", "page"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["theme", "probability"]), inner),
    max_leaves=4,
)
GOOD_TAG = {"theme": "t", "probability": 0.7, "threshold": 0.5}


def fails(check: Callable[[Any], Any], data: Any) -> type[Exception] | None:
    try:
        check(data)
    except Exception as error:
        return type(error)
    return None


@given(st.dictionaries(st.sampled_from(Article.__slots__), JSON, max_size=3), st.booleans())
def test_an_article_is_sound_when_its_record_says_so(changes: dict[str, Any], whole: bool) -> None:
    sound = Soundness()
    good = Article(id="a", authors=["A"], title="T", warc={"file": "w"}).to_json()
    for _ in range(2):  # the second time the types of its values are known
        assert fails(sound.article, good) is None
        data = {**good, **changes} if whole else {"id": "a", **changes}
        assert fails(sound.article, data) == fails(Article.from_json, data)


@given(st.dictionaries(st.sampled_from(Tagging.__slots__), JSON, max_size=2), st.floats(), JSON)
def test_a_tagging_is_sound_when_its_record_says_so(changes: dict[str, Any], score: float, chance: Any) -> None:
    sound = Soundness()
    good = Tagging(article="a", revision=1, tags=[GOOD_TAG], scores={"t": 0.7, "u": 0.1}, model="m", codebook="c",
                   tagged="").to_json()  # fmt: skip
    assert fails(sound.tagging, good) is None
    for more in (changes, {"scores": {"t": score, "u": 0.1}}, {"tags": [{**GOOD_TAG, "threshold": chance}]}):
        data = {**good, **more}
        assert fails(sound.tagging, data) == fails(Tagging.from_json, data)


@given(st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b"")), max_size=9), st.integers(1, 7))
def test_lines_are_read_whole_however_the_blocks_fall(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], block: int
) -> None:
    path = tmp_path_factory.mktemp("lines") / "file"
    path.write_bytes(b"".join(line + b"\n" for line in lines) + b"half")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonl, "_BLOCK", block)
        found = list(jsonl.read(path))
        assert [line.data for line in found] == lines
        for number, line in enumerate(found):
            assert [one.data for one in jsonl.read(path, line.offset)] == lines[number:]
            assert list(jsonl.read(path, 0, line.offset)) == found[:number]
            assert list(jsonl.read(path, 0, line.offset + len(line.data))) == found[:number]

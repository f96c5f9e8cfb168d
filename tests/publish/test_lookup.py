"""The browser's index: the same bytes whatever the way there, small files, few of them touched, nothing of the gone."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import pytest

from clipper.publish.site import lookup, lookup_rows, lookup_words
from clipper.publish.site.lookup import Entry
from clipper.publish.site.lookup_packing import (
    file_name,
    packed,
    postings,
    read_postings,
    read_script,
    script,
    signed,
    unpacked,
    unsigned,
)

THEMES = {"access": "Access", "workforce": "Workforce"}
WORDS = [
    *["nurse", "nurses", "nhs", "trust", "hospital", "café", "£", "3.5bn", "x", "xy", "xyz", "Österreich", "привет"],
    *["sold", "con", "aux", "nur", "labour", "center", "healthcare", "health", "care"],
    *(f"w{n}" for n in range(150)),
    *(f"nur{n}" for n in range(60)),
]


class Memory(dict[str, bytes]):
    """A site's folder in memory, that counts what is written and read."""

    def __init__(self) -> None:
        super().__init__()
        self.written: set[str] = set()
        self.looked_at: set[str] = set()

    def read(self, name: str) -> bytes | None:
        self.looked_at.add(name)
        return self.get(name)

    def write(self, name: str, data: bytes) -> None:
        if self.get(name) != data:
            self.written.add(name)
            self[name] = data

    def remove(self, name: str) -> None:
        self.pop(name, None)

    def names(self, beginning: str) -> list[str]:
        return [name for name in self if name.startswith(beginning)]


def _entry(number: int, chance: random.Random) -> Entry:
    def text(length: int) -> str:
        return " ".join(chance.choices(WORDS, [20] * 17 + [1] * (len(WORDS) - 17), k=length))

    return Entry(
        number=number,
        href=f"a/{number}.html",
        title=text(6) + " </script>\u2028",
        outlet=chance.choice(["Lantern", "Guardian", "", "Täglich"]),
        published=chance.choice([None, "2014", "2014-05", "2014-06-07", "2015-01-02", "1899-12-31"]),
        themes=chance.choice([[], ["access"], ["workforce", "access"], ["unlisted"]]),
        excerpt=text(10),
        words=text(20),
        story=chance.choice([0, 0, 0, 1, number]),
    )


def _made(entries: Iterable[Entry]) -> Memory:
    folder = Memory()
    lookup.update(folder, sorted(entries), (), themes=THEMES, anew=True)
    return folder


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have files divided and blocks begun at sizes that a few articles reach."""
    monkeypatch.setattr(lookup_words, "LARGEST", 400)
    monkeypatch.setattr(lookup_words, "FREQUENT", 40)
    monkeypatch.setattr(lookup_words, "BLOCK", 4)
    monkeypatch.setattr(lookup_words, "_RUN", 700)
    monkeypatch.setattr(lookup_rows, "COLUMNS", 4)


def _life(seed: int) -> Iterator[tuple[dict[int, Entry], dict[int, Entry], set[int]]]:
    """Yield what changes and what goes, step by step, and what is there after it."""
    chance = random.Random(seed)
    live: dict[int, Entry] = {}
    number = 1
    for step in range(7):
        changed: dict[int, Entry] = {}
        for _ in range(chance.choice([0, 1, 1, 3, 40]) if step else 40):
            changed[number] = _entry(number, chance)
            number += chance.choice([1, 1, 1, 30])
        removed = set(chance.sample(sorted(live), min(len(live), chance.choice([0, 0, 1, 30]))))
        for one in chance.sample(sorted(live), min(len(live), chance.choice([0, 0, 2]))):
            if one not in removed:
                changed[one] = chance.choice([_entry(one, chance), live[one]._replace(themes=["access"])])
        live = {**{one: entry for one, entry in live.items() if one not in removed}, **changed}
        yield live, changed, removed


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize("seed", range(12))
def test_an_index_that_grew_is_the_same_as_one_made_at_once(seed: int) -> None:
    grown = _made(())
    files: set[str] = set()
    for live, changed, removed in _life(seed):
        assert lookup.is_whole(grown)
        lookup.update(grown, (changed[one] for one in sorted(changed)), removed, themes=THEMES)
        at_once = _made(live.values())
        assert grown == at_once
        files.update(grown)
    assert sum(name.startswith("search/p/") for name in files) > 1
    assert sum(name.startswith("search/w/") for name in files) > 10


def test_what_is_gone_leaves_nothing_behind() -> None:
    chance = random.Random(1)
    entries = [_entry(number, chance) for number in range(1, 30)]
    secret = entries[7]._replace(title="Zzyzx quagga", excerpt="Xylophone", words="okapi", outlet="Yodel")
    before = _made([*entries[:7], *entries[8:]])
    folder = _made([*entries[:7], secret, *entries[8:]])
    everything = b"".join(folder.values()).lower()
    assert all(word in everything for word in (b"zzyzx", b"quagga", b"xylophon", b"okapi", b"yodel"))
    lookup.update(folder, (), [secret.number], themes=THEMES)
    assert folder == before
    # A revision takes the words away that it no longer has.
    folder = _made([*entries[:7], secret, *entries[8:]])
    lookup.update(folder, [secret._replace(words="")], (), themes=THEMES)
    assert b"okapi" not in b"".join(folder.values()).lower()
    assert b"xylophon" in b"".join(folder.values()).lower()


@pytest.mark.usefixtures("small_files")
def test_an_article_more_touches_its_own_files_only() -> None:
    chance = random.Random(2)
    folder = _made(_entry(number, chance) for number in range(1, 120))
    files = len(folder)
    folder.written.clear()
    folder.looked_at.clear()
    new = Entry(120, "a/120.html", "Nurse strike", "Lantern", "2015-01-02", ["workforce"], "", "")
    lookup.update(folder, [new], (), themes=THEMES)
    words = {name for name in folder.written if name.startswith("search/w/")}
    assert 1 <= len(words) <= 3  # nurse, strike, lantern
    others = {name for name in folder.written if name[7] not in "wp"}
    assert others == {"search/index.js", "search/unfinished.js", "search/d/0/15.js", "search/c/7.js", "search/f/7.js"}
    assert len(folder.looked_at & {name for name in folder if name.startswith("search/w/")}) <= 3
    assert files > 60


def test_another_theme_leaves_the_words_alone() -> None:
    chance = random.Random(3)
    entries = [_entry(number, chance) for number in range(1, 40)]
    folder = _made(entries)
    folder.written.clear()
    lookup.update(folder, [entries[3]._replace(themes=["workforce"])], (), themes=THEMES)
    assert not [name for name in folder.written if name.startswith(("search/w/", "search/p/", "search/c/"))]
    assert folder == _made([*entries[:3], entries[3]._replace(themes=["workforce"]), *entries[4:]])


def test_a_run_that_was_killed_is_noticed() -> None:
    chance = random.Random(4)
    entries = [_entry(number, chance) for number in range(1, 20)]
    folder = _made(entries[:10])

    def until_killed() -> Iterator[Entry]:
        yield from entries[10:15]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lookup.update(folder, until_killed(), (), themes=THEMES)
    assert not lookup.is_whole(folder)
    lookup.update(folder, entries, (), themes=THEMES, anew=True)
    assert lookup.is_whole(folder)
    assert folder == _made(entries)
    for damage in (b"", b"torn", script("index", {"version": 0})):
        folder["search/index.js"] = damage
        assert not lookup.is_whole(folder)


def test_files_are_small_and_their_names_are_safe_everywhere() -> None:
    chance = random.Random(5)
    folder = _made(_entry(number, chance) for number in range(1, 3000))
    kinds = {name.split("/")[1] for name in folder}
    assert kinds == {"w", "d", "c", "f", "index.js"}
    for name, content in folder.items():
        assert len(content) < 50_000, name
        assert name.isascii(), name
        assert name == name.lower(), name
        assert not set(name) & set(' \\:*?"<>|='), name
        content.decode("ascii")
        assert content.startswith(b"/*clipper*/")
        assert b"</" not in content
        assert read_script(content) is not None


def test_a_word_is_found_by_the_file_that_the_list_names() -> None:
    data = read_script(_made([Entry(5, "a", "Nurses", "", None, [], "", "nursing wards")])["search/w/w-.js"])
    assert data == {"nurs": postings([5 << 2 | 3]), "ward": postings([5 << 2])}
    assert file_name("nur") == "w-nur"
    assert file_name("con=") == "w-con-3d-"
    assert file_name("£ж") == "w--a3--436-"


def test_an_article_stands_under_the_other_spellings_of_its_words() -> None:
    def found(text: str) -> dict[str, str]:
        known: dict[str, str] = read_script(_made([Entry(5, "a", "", "", None, [], "", text)])["search/w/w-.js"])
        return known

    for one, other in [
        ("labour", "labor"), ("paediatric", "pediatric"), ("centres", "centers"), ("tumour", "tumor"),
        ("programme", "program"), ("oedema", "edema"), ("colouring", "coloring"), ("privatisation", "privatization"),
    ]:  # fmt: skip
        assert found(one) == found(other) and found(f"{one} {one}") == found(f"{other} {one}"), one
    once = postings([5 << 2])
    assert found("labour") == {"labor": once, "labour": once}
    assert found("ageing") == {"age": once}  # of two spellings with one stem the article is there once
    # Two words that are written as one too; who asks for one of the two alone does not mean both.
    assert found("health care") == {"care": once, "health": once, "healthcar": once}
    assert found("healthcare") == {"health_care": once, "healthcar": once}


def test_an_index_of_before_the_spellings_is_made_anew() -> None:
    folder = _made([])
    folder["search/index.js"] = script("index", {**read_script(folder["search/index.js"]), "version": 1})
    assert not lookup.is_whole(folder)


def test_numbers_are_packed_and_unpacked() -> None:
    chance = random.Random(6)
    numbers = [0, 31, 32, 1023, 1024, 2**40, *(chance.randrange(10**6) for _ in range(500))]
    assert list(unpacked(packed(numbers))) == numbers
    assert [unsigned(signed(n)) for n in range(-70, 70)] == list(range(-70, 70))
    found = sorted({n << 2 | n % 4 for n in numbers})
    assert read_postings(postings(found)) == found


def test_dates_sort_as_they_should() -> None:
    dates = [None, "1899-12-31", "2014", "2014-05", "2014-05-01", "2014-12-31", "2015"]
    days = [lookup_rows.day_number(date) for date in dates]
    assert days == sorted(days)
    assert len(set(days)) == len(days)
    assert [lookup_rows.year_of(day) for day in days] == [0, 1899, 2014, 2014, 2014, 2014, 2015]
    assert lookup_rows.day_number("circa 1990") == lookup_rows.day_number("2014-99-01") == 0

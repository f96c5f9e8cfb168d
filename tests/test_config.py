"""config.toml: found, read, and every wrong input told with its line and the nearest right name."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper import config, sourcetables
from clipper.config import Config, FetchSettings, PublishSettings, Source
from clipper.errors import CannotWork, ConfigError, UsageError, nearest

CLIPPER = "[clipper]\n"
LISTING = '[clipper]\n[[source]]\nname = "list"\nurl = "https://list.example/"\nkind = "listing"\n'
SOURCE = '[clipper]\n[[source]]\nname = "echo"\nurl = "https://fenwickecho.example/feed"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def load(path: Path, text: str) -> Config:
    path.write_text(text, encoding="utf-8")
    return config.load(path, lambda selector: "a bracket too many" if "[[" in selector else None)


def problems(path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, text)
    assert caught.value.exit_code == 2
    assert str(caught.value) == "\n".join(caught.value.problems)
    assert all("\n" not in p and p.startswith(f"{path}:") for p in caught.value.problems)
    return [p.removeprefix(f"{path}:") for p in caught.value.problems]


def test_an_empty_table_gives_the_defaults(file: Path, tmp_path: Path) -> None:
    assert load(file, CLIPPER) == Config(
        path=file, archive=tmp_path / "data" / "archive", codebook=tmp_path / "data" / "codebook.toml",
        fetch=FetchSettings(contact="", delay=2.0, concurrency=8, timeout=30.0, warc=True, allow_hosts=()), sources=(),
    )  # fmt: skip


def test_every_key_is_read(file: Path, tmp_path: Path) -> None:
    loaded = load(
        file,
        '[clipper]\narchive = "/srv/clips"\ncodebook = "mine.toml"\n[fetch]\ncontact = "desk@fenwick.example"\n'
        'delay = 0\nconcurrency = 3\ntimeout = 1.5\nwarc = true\nallow_hosts = "LocalHost"\n'
        '[[source]]\nname = " echo "\n'
        'url = "https://fenwickecho.example/feed"\nkind = "sitemap"\noutlet = "The Fenwick Echo"\n'
        'match = ["NHS", "ward"]\n'
        'drop = ["football"]\nsince = 2014-11-07\nfull_text = true\n[[source]]\nname = "post"\n'
        'url = "HTTP://post.example:8080/"\nsince = "2015-01-02"\n[[source]]\nname = "list"\n'
        'url = "https://list.example/"\nkind = "listing"\nlinks = " article h2 "\npattern = \'/20\\d\\d/\'\n'
        'next = ".older"\npages = 50\n',
    )  # fmt: skip
    assert (loaded.archive, loaded.codebook) == (Path("/srv/clips"), tmp_path / "mine.toml")
    assert loaded.fetch == FetchSettings(
        contact="desk@fenwick.example", delay=0, concurrency=3, timeout=1.5, warc=True, allow_hosts=("localhost",)
    )
    assert loaded.sources == (
        Source(
            name="echo", url="https://fenwickecho.example/feed", kind="sitemap", outlet="The Fenwick Echo",
            match=("NHS", "ward"), drop=("football",), since="2014-11-07", full_text=True,
        ),
        Source(name="post", url="HTTP://post.example:8080/", since="2015-01-02"),
        Source(
            name="list", url="https://list.example/", kind="listing", links="article h2", pattern=r"/20\d\d/",
            next=".older", pages=50,
        ),
    )  # fmt: skip


def test_a_password_in_a_source_is_not_repeated_in_the_message(file: Path) -> None:
    for url in ("https://ann:s3cret@a.example/feed", "ftp://ann:s3cret@a.example", "https://ann:s3@cret@[::1"):
        file.write_text(f'[clipper]\n[[source]]\nname = "a"\nurl = "{url}"\n')
        with pytest.raises(ConfigError) as caught:
            config.load(file)
        assert "s3" not in str(caught.value)


def test_an_archive_is_private_unless_the_file_says_otherwise(file: Path) -> None:
    file.write_text("[clipper]\n")
    assert config.load(file).private
    file.write_text("[clipper]\nprivate = false\n")
    assert not config.load(file).private


def test_what_is_given_out_is_two_sentences_unless_the_file_says_otherwise(file: Path) -> None:
    assert load(file, "[clipper]\n").publish == PublishSettings("Clippings", "", "short", False)
    said = '[publish]\ntitle = " NHS\\n sold "\nurl = "https://e.example/clips/"\n'
    said += 'excerpt = "none"\nfull_text = ["Pulse"]\n'
    assert load(file, "[clipper]\n" + said).publish == PublishSettings(
        "NHS sold", "https://e.example/clips", "none", ("Pulse",)
    )
    assert load(file, "[clipper]\n[publish]\nfull_text = true\n").publish.full_text is True


def test_paths_are_absolute_wherever_one_stands(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text(CLIPPER, encoding="utf-8")
    monkeypatch.chdir(file.parent)
    loaded = config.load(Path("config.toml"))
    assert (loaded.path, loaded.archive) == (file, file.parent / "data" / "archive")


def test_a_home_folder_is_resolved(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(file.parent / "home"))
    assert load(file, '[clipper]\narchive = "~/clips"\n').archive == file.parent / "home" / "clips"


HUGE = "0x" + "f" * 6000

# Each has one fault, and so one line: (text, line, what the line says).
FAULTS = [
    # unknown names
    ('[clipper]\narchve = "a"\n', 2, ["'archve'", "[clipper]", "'archive'?"]),
    ("[clipper]\n[fetch]\n\ndealy = 1\n", 4, ["'dealy'", "[fetch]", "'delay'?"]),
    ("[clipper]\n[fetch]\nallow-hosts = []\n", 3, ["'allow-hosts'", "'allow_hosts'?"]),
    ("[clipper]\n\n[fetsh]\n", 3, ["'fetsh'", "'fetch'?"]),
    ('[clipper]\n\n[[sources]]\nname = "a"\n', 3, ["'sources'", "'source'?"]),
    (SOURCE + 'outlets = "x"\n', 5, ["'outlets'", "'outlet'?"]),
    (SOURCE + "FULL_TEXT = true\n", 5, ["'FULL_TEXT'", "'full_text'?"]),
    (SOURCE + "qqqq = 1\n", 5, ["unknown", "'qqqq'"]),
    ("[clipper]\n[publish]\nfulltext = true\n", 3, ["'fulltext'", "[publish]", "'full_text'?"]),
    # wrong types
    ("[clipper]\n[publish]\nfull_text = 1\n", 3, ["'full_text'", "list of words"]),
    ("[clipper]\n[publish]\ntitle = 1\n", 3, ["'title'", "text in quotes"]),
    ('[clipper]\n[publish]\nexcerpt = "clip"\n', 3, ["'excerpt'", "none, short", "'clip'"]),
    ('[clipper]\n[publish]\nurl = "ftp://e.example"\n', 3, ["'url'", "http"]),
    ("[clipper]\narchive = 5\n", 2, ["'archive'", "text in quotes", "a whole number"]),
    ("[clipper]\ncodebook = true\n", 2, ["'codebook'", "text in quotes", "true or false"]),
    ("[clipper]\nprivate = 1\n", 2, ["'private'", "true or false", "a whole number"]),
    ('[clipper]\nprivate = "no"\n', 2, ["'private'", "true or false", "text in quotes"]),
    ("[clipper]\ncodebook = 07:30:00\n", 2, ["'codebook'", "text in quotes", "a time"]),
    ("clipper = 5\n", 1, ["'clipper'", "table"]),
    ("\n[[clipper]]\n", 2, ["'clipper'", "table"]),
    ("[clipper]\n\n[[fetch]]\n", 3, ["'fetch'", "table"]),
    ('[clipper]\n[fetch]\ndelay = "2"\n', 3, ["'delay'", "a number", "text in quotes"]),
    ("[clipper]\n[fetch]\ndelay = true\n", 3, ["'delay'", "a number", "true or false"]),
    ("[clipper]\n[fetch]\nconcurrency = 2.0\n", 3, ["'concurrency'", "a whole number"]),
    ("[clipper]\n[fetch]\nwarc = 1\n", 3, ["'warc'", "true or false", "a whole number"]),
    ("[clipper]\n[fetch]\nallow_hosts = [1]\n", 3, ["'allow_hosts'", "list of words"]),
    ("[clipper]\n[fetch]\nallow_hosts = ['localhost', '*']\n", 3, ["'*' is no host", "'127.0.0.1:8080'"]),
    ("[clipper]\n[fetch]\nallow_hosts = '[::1'\n", 3, ["'allow_hosts'", "'[::1' is no host"]),
    ("[clipper]\n[fetch]\nallow_hosts = ['http://x']\n", 3, ["'allow_hosts'", "'http://x' is no host"]),
    ("[clipper]\n[fetch]\nallow_hosts = ['x:port']\n", 3, ["'allow_hosts'", "'x:port' is no host"]),
    ("[clipper]\nfetch.timeout = []\n", 2, ["'fetch'"]),  # [clipper.fetch] is not [fetch]
    ('[clipper]\n[source]\nname = "a"\n', 2, ["[[source]]"]),
    ("source = [1]\n[clipper]\n", 1, ["[[source]]"]),
    (SOURCE + "match = [\n'a',\n2,\n]\n", 5, ["'match'", "list of words"]),
    (SOURCE + "match = ['']\n", 5, ["'match'", "number 1 in it is empty"]),
    (SOURCE + "match = ['NHS', 2015]\n", 5, ["'match'", "number 2 in it is a whole number; write it in quotes"]),
    (SOURCE + "match = 2015\n", 5, ["'match'", "not a whole number"]),
    (SOURCE + "drop = { a = 1 }\n", 5, ["'drop'", "a table"]),
    (SOURCE + "outlet = 2014-11-07\n", 5, ["'outlet'", "a date"]),
    (SOURCE + 'full_text = "yes"\n', 5, ["'full_text'", "true or false"]),
    (SOURCE + "kind = 5\n", 5, ["'kind'", "text in quotes"]),
    ('[clipper]\n[[source]]\nname = 5\nurl = "https://a.example"\n', 3, ["'name'", "text in quotes"]),
    ('[clipper]\n[[source]]\nname = "a"\nurl = 5\n', 4, ["'url'", "text in quotes"]),
    # wrong values
    ("[clipper]\n[fetch]\ndelay = -1\n", 3, ["'delay'", "between 0 and 3600", "-1"]),
    ("[clipper]\n[fetch]\ndelay = nan\n", 3, ["'delay'", "between 0 and 3600"]),
    ("[clipper]\n[fetch]\ntimeout = inf\n", 3, ["'timeout'", "between 0.1 and 600"]),
    (f"[clipper]\n[fetch]\nconcurrency = {HUGE}\n", 3, ["'concurrency'", "between 1 and 64"]),
    ('[clipper]\n[fetch]\ncontact = "Zoë"\n', 3, ["'contact'", "ASCII"]),
    ('[clipper]\n[fetch]\ncontact = "a\\r\\nCookie: b"\n', 3, ["'contact'"]),
    ('[clipper]\narchive = "a\\u0000b"\n', 2, ["'archive'", "NUL"]),
    ('[clipper]\narchive = "~nobody-of-that-name/clips"\n', 2, ["'archive'"]),
    (SOURCE + 'kind = "feeds"\n', 5, ["'feeds'", "feed, sitemap, listing, page", "'feed'?"]),
    (SOURCE + 'since = "07/11/2014"\n', 5, ["'since'", "2014-11-07", "07/11/2014"]),
    (SOURCE + "since = 20141107\n", 5, ["'since'", "a date"]),
    (SOURCE + "since = 2014-11-07T10:00:00\n", 5, ["'since'", "a date"]),
    (SOURCE + f"since = {HUGE}\n", 5, ["'since'", "a date"]),
    ('[clipper]\n[[source]]\nname = "added"\nurl = "https://a.example"\n', 3, ["'name'", "'added'"]),
    ('[clipper]\n[[source]]\nname = "  "\nurl = "https://a.example"\n', 3, ["'name'"]),
    ('[clipper]\n[[source]]\nurl = "https://a.example"\n', 2, ["'name'"]),
    ('[clipper]\n[[source]]\nname = "a"\n', 2, ["'url'"]),
    ('[clipper]\n[[source]]\nname = "a"\nurl = "ftp://a.example"\n', 4, ["'url'", "https://", "ftp://a.example"]),
    ('[clipper]\n[[source]]\nname = "a"\nurl = "https://"\n', 4, ["'url'"]),
    ('[clipper]\n[[source]]\nname = "a"\nurl = "http://a.example:99999/"\n', 4, ["'url'"]),
    ('[clipper]\n[[source]]\nname = "a"\nurl = "https://ann:pw@a.example"\n', 4, ["'url'", "password", "leave out"]),
    ('[clipper]\n[[source]]\nname = "a"\nurl = "http://ann:p#w@a.example"\n', 4, ["'url'", "password", "leave out"]),
    ('[clipper]\n[[source]]\nname = "a"\nurl = "http://a b/"\n', 4, ["no web address", "its host", "'http://a b/'"]),
    ('[clipper]\n[publish]\nurl = "https://ann:pw@a.example"\n', 3, ["'url'", "password", "leave out"]),
    (SOURCE + '[[source]]\nname = "ECHO"\nurl = "https://b.example"\n', 6, ["'ECHO'", "line 2"]),
    # listings
    (SOURCE + 'links = "a"\n', 5, ["'links'", 'kind = "listing"', "a feed"]),
    (SOURCE + "pages = 2\n", 5, ["'pages'", 'kind = "listing"']),
    (LISTING + "pattern = '/20('\n", 6, ["'pattern'", "regular expression", "position 3"]),
    (LISTING + "pattern = 5\n", 6, ["'pattern'", "text in quotes"]),
    (LISTING + 'pattern = ""\n', 6, ["'pattern' is empty"]),
    (LISTING + 'pattern = "\\u0000"\n', 6, ["'pattern' holds a NUL character"]),
    (LISTING + 'next = "\\u0000"\npages = 2\n', 6, ["'next' holds a NUL character"]),
    (LISTING + 'links = " "\n', 6, ["'links'", "empty", "CSS selector"]),
    (LISTING + "links = []\n", 6, ["'links'", "text in quotes"]),
    (LISTING + 'links = "a[["\n', 6, ["'links'", "no CSS selector", "a bracket too many"]),
    (LISTING + 'pages = 3\nnext = "a[["\n', 7, ["'next'", "no CSS selector", "a bracket too many"]),
    (LISTING + 'next = "a"\n', 6, ["'next'", "no effect", "'pages'"]),
    (LISTING + "pages = 0\n", 6, ["'pages'", "between 1 and 50", "0"]),
    (LISTING + "pages = 51\n", 6, ["'pages'", "between 1 and 50", "51"]),
    (LISTING + "pages = 2.5\n", 6, ["'pages'", "a whole number"]),
    (LISTING + 'page = 2\n', 6, ["'page'", "'pages'?"]),
    # no TOML
    ("[clipper]\n[fetch\n", 2, ["not valid TOML"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "says"), FAULTS, ids=[f[0].removeprefix(CLIPPER)[:70] for f in FAULTS])
def test_a_fault_is_told_once_with_its_line_and_what_is_wanted(
    file: Path, text: str, line: int, says: list[str]
) -> None:
    told = problems(file, text)
    assert len(told) == 1, told
    assert told[0].startswith(f"{line}: ")
    assert [s for s in says if s not in told[0]] == []
    assert len(told[0]) < 300


def test_all_problems_are_told_at_once(file: Path) -> None:
    text = (
        '[clipper]\narchve = "a"\n[fetch]\ndelay = "2"\nwarc = 1\n[extra]\n'
        '[[source]]\nname = "one"\nurl = "one.example"\n[[source]]\nname = "two"\nkind = "fed"\n'
    )
    assert sorted(int(p.partition(":")[0]) for p in problems(file, text)) == [2, 4, 5, 6, 9, 10, 12]


def test_two_sources_without_a_name_are_two_problems(file: Path) -> None:
    text = CLIPPER + '[[source]]\nurl = "https://a.example"\n[[source]]\nurl = "https://b.example"\n'
    assert [p.partition(":")[0] for p in problems(file, text)] == ["2", "4"]


@pytest.mark.parametrize(
    ("word", "hint"), [("delya", "; did you mean 'delay'?"), ("DELAY", "; did you mean 'delay'?"), ("zzz", "")]
)
def test_the_nearest_word_is_offered_only_where_one_is_near(word: str, hint: str) -> None:
    assert nearest(word, ("delay", "contact", "warc")) == hint


def test_the_nearest_project_upwards_is_found_and_other_programs_are_passed_over(tmp_path: Path) -> None:
    deep = tmp_path / "project" / "notes" / "2014"
    deep.mkdir(parents=True)
    ours = tmp_path / "project" / "config.toml"
    ours.write_text(CLIPPER, encoding="utf-8")
    (tmp_path / "config.toml").write_text(CLIPPER, encoding="utf-8")
    (deep / "config.toml").write_text("[other-program]\n", encoding="utf-8")
    (deep.parent / "config.toml").mkdir()
    assert config.find(None, {}, deep) == ours


@pytest.mark.parametrize(
    "broken",
    [
        b"[clipper]\narchive = \n",
        b"\xef\xbb\xbf[clipper]\r\narchive = \r\n",
        b"# \xe9\n[clipper]\n",
        b"[clipper]\nx = 1\nx = 2",
        b"[clipper\narchive = 'a'\n",
        b"[ 'clipper\n",
        b"clipper]\n",
        b"clipper.archive = \n",
        "[clipper]\n".encode("utf-16"),
        "# ours\r\n[clipper]\r\n".encode("utf-16-be"),
    ],
)
def test_a_project_with_a_fault_is_found_so_that_the_fault_is_told(file: Path, broken: bytes) -> None:
    (file.parent / "within").mkdir()
    file.write_text(CLIPPER)
    within = file.parent / "within" / file.name
    within.write_bytes(broken)
    assert config.find(None, {}, within.parent) == within
    with pytest.raises(ConfigError, match=rf"^{re.escape(str(within))}:\d: "):
        config.load(within)


@pytest.mark.parametrize("other", [b"[clippers\n", b"[tool.clipper\n", b"clipper\n", b"a = '[clipper\n", b"\x00[clip"])
def test_a_broken_file_of_another_program_is_passed_over(file: Path, other: bytes) -> None:
    (file.parent / "within").mkdir()
    file.write_text(CLIPPER)
    (file.parent / "within" / file.name).write_bytes(other)
    assert config.find(None, {}, file.parent / "within") == file


@pytest.mark.parametrize("form", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_is_told_with_what_makes_it_utf_8(file: Path, form: str) -> None:
    file.write_bytes(CLIPPER.encode(form))
    with pytest.raises(ConfigError) as caught:
        config.load(file)
    told = str(caught.value)
    assert told.startswith(f"{file}:1: not UTF-8 but UTF-16; save it as UTF-8")
    named = told.partition("iconv -f ")[2].partition(" ")[0]
    assert file.read_bytes().decode(named) == CLIPPER


def test_hosts_are_compared_as_they_are_asked_for(file: Path) -> None:
    text = CLIPPER + '[fetch]\nallow_hosts = [" Desk.Example ", "127.0.0.1:8080", "::1", "[::1]:80", "bücher.example"]'
    hosts = ("desk.example", "127.0.0.1:8080", "::1", "::1:80", "bücher.example")
    assert load(file, text).fetch.allow_hosts == hosts


def test_the_command_line_goes_before_the_environment_and_that_before_the_folder(tmp_path: Path) -> None:
    for name in ("here", "named", "given"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.toml").write_text(CLIPPER, encoding="utf-8")
    here, named, given_file = (tmp_path / n for n in ("here", "named", "given"))
    environment = {config.VARIABLE: str(named)}
    assert config.find(given_file / "config.toml", environment, here) == given_file / "config.toml"
    assert config.find(None, environment, here) == named / "config.toml"
    assert config.find(None, {config.VARIABLE: ""}, here) == here / "config.toml"


def test_without_a_project_the_way_to_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="clipper init") as caught:
        config.find(None, {}, tmp_path)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("name", ["none.toml", "x" * 5000, "."])
def test_a_named_file_that_is_not_there_is_told_with_who_named_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="--config"):
        config.find(tmp_path / name, {}, tmp_path)
    with pytest.raises(ConfigError, match=config.VARIABLE):
        config.find(None, {config.VARIABLE: str(tmp_path / name)}, tmp_path)


VALUES = st.sampled_from(
    ["1", "-1", "1.5", "nan", "true", '""', '"a"', '"http://h"', "[]", '["a"]', "[[]]", "{}", "{a = 1}", "2014-11-07",
     "07:30:00", "2014-11-07T00:00:00Z", "[{}]", '[{name = "a"}]', '"~x/y"', '"http://[a"', HUGE]
)  # fmt: skip
KEYS = ("archive", "codebook", "contact", "delay", "concurrency", "timeout", "warc", "allow_hosts", "name", "url",
        "kind", "outlet", "match", "drop", "since", "full_text", "links", "pattern", "next", "pages", "clipper",
        "fetch", "source", "nmae")  # fmt: skip
HEADS = st.sampled_from(["[clipper]", "[[clipper]]"])
TABLES = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=8)


@settings(max_examples=60, deadline=None)
@given(TABLES, TABLES, TABLES, HEADS, st.sampled_from(["[[source]]", "[source]"]))
def test_any_configuration_is_read_or_refused_with_a_line_for_every_problem(
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[str, str],
    second: dict[str, str],
    third: dict[str, str],
    clipper: str,
    source: str,
) -> None:
    tables = ((clipper, first), ("[fetch]", second), (source, third))
    text = "\n".join(f"{head}\n" + "".join(f"{k} = {v}\n" for k, v in table.items()) for head, table in tables)
    path = tmp_path_factory.getbasetemp() / "any-config.toml"
    try:
        assert load(path, text).path == path
    except ConfigError as error:
        places = [p.removeprefix(f"{path}:").partition(":")[0] for p in error.problems]
        assert all(1 <= int(p) <= text.count("\n") for p in places)


def test_the_examples_of_the_documentation_are_read_and_every_key_is_in_it(file: Path) -> None:
    text = (Path(__file__).resolve().parents[1] / "docs" / "sources.md").read_text("utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    sources = load(file, CLIPPER + "\n".join(examples)).sources
    assert {source.kind for source in sources} == set(config.KINDS)
    assert all(f"| `{key}` |" in text for key in config.SOURCE_KEYS + config.LISTING_KEYS)


# -- writing ----------------------------------------------------------------------------------------------

ECHO = Source(name="echo", url="https://fenwickecho.example/feed")
POST = Source(name="post", url="https://post.example/rss")
WORDS = st.text(min_size=1, max_size=20).filter(lambda t: t.strip() and "\x00" not in t)


@settings(max_examples=60, deadline=None)
@given(
    name=WORDS.map(str.strip).filter(lambda n: n != "added" and n),
    words=st.lists(WORDS, max_size=3).map(tuple),
    outlet=st.none() | WORDS.map(str.strip).filter(bool),
    comment=st.text(max_size=20),
)
def test_any_source_reads_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, name: str, words: tuple[str, ...], outlet: str | None, comment: str
) -> None:
    source = Source(
        name=name, url="https://list.example/?a='b'", kind="listing", match=words, drop=words, outlet=outlet,
        since="2014-11-07", full_text=True, links="a[href^='/news']", pattern=r"/news/\d+\.html", next='a[rel="next"]',
        pages=3,
    )  # fmt: skip
    path = tmp_path_factory.getbasetemp() / "written.toml"
    assert load(path, CLIPPER + sourcetables.as_toml(source, comment)).sources == (source,)


def test_a_pattern_that_a_later_python_may_read_otherwise_is_taken_without_a_word(file: Path) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        loaded = load(file, LISTING + 'pattern = "[[a]"\n')
    assert loaded.sources[0].pattern == "[[a]"
    assert told == []


def test_a_pattern_is_written_as_one_writes_it_by_hand() -> None:
    source = Source(name="a", url="https://a.example/", kind="listing", pattern=r"/\d+/")
    assert sourcetables.as_toml(source) == (
        '[[source]]\nname = "a"\nurl = "https://a.example/"\nkind = "listing"\n' r"pattern = '/\d+/'" "\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SOURCE, SOURCE + "\n"),
        (SOURCE + "# the end", SOURCE + "# the end\n\n"),
        ("\ufeff" + SOURCE, "\ufeff" + SOURCE + "\n"),
        ("# Zoë's   own\n" + SOURCE + "match = [\n  'a', # why\n]\n\n\n", None),
        (SOURCE.replace("\n", "\r\n"), SOURCE.replace("\n", "\r\n") + "\r\n"),
    ],
)
def test_what_is_in_the_file_stays_to_the_letter(file: Path, before: str, after: str | None) -> None:
    file.write_bytes(before.encode())
    file.chmod(0o640)
    changed = sourcetables.append_sources(config.load(file), [sourcetables.as_toml(POST), sourcetables.as_toml(ECHO2)])
    assert [s.name for s in changed.sources] == ["echo", "post", "echo-2"]
    raw = file.read_bytes().decode()
    assert raw.startswith(after or before)
    assert raw.count("\r\n") in (0, raw.count("\n"))
    assert file.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in file.parent.iterdir()] == ["config.toml"]


ECHO2 = Source(name="echo-2", url="https://fenwickecho.example/health")


def test_a_link_to_the_file_stays_a_link(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "elsewhere"
    real.mkdir()
    (real / "settings.toml").write_text(SOURCE)
    file.symlink_to(real / "settings.toml")
    sourcetables.append_sources(config.load(file), [sourcetables.as_toml(POST)])
    assert file.is_symlink()
    assert "post.example" in (real / "settings.toml").read_text()


def test_sources_that_are_a_list_in_one_line_are_left_alone(file: Path) -> None:
    text = 'source = [{name = "a", url = "https://a.example"}]\n[clipper]\n'
    before = load(file, text)
    with pytest.raises(ConfigError, match=r"config\.toml:"):
        sourcetables.append_sources(before, [sourcetables.as_toml(POST)])
    assert file.read_text() == text
    assert [p.name for p in file.parent.iterdir()] == ["config.toml"]


def test_a_source_that_would_not_read_is_not_written(file: Path) -> None:
    before = load(file, SOURCE)
    with pytest.raises(ConfigError, match=r"config\.toml:7: a second source named 'ECHO'"):
        sourcetables.append_sources(before, [sourcetables.as_toml(Source(name="ECHO", url="https://a.example/"))])
    with pytest.raises(ConfigError, match="by hand"):
        sourcetables.append_sources(before, ["# nothing\n"])
    assert file.read_text() == SOURCE


def test_what_somebody_else_wrote_meanwhile_is_not_lost(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = load(file, SOURCE)
    fsync = os.fsync

    def slow(descriptor: int) -> None:
        fsync(descriptor)
        file.write_text(SOURCE + "# mine\n")

    monkeypatch.setattr(os, "fsync", slow)
    with pytest.raises(CannotWork, match="somebody else"):
        sourcetables.append_sources(before, [sourcetables.as_toml(POST)])
    assert file.read_text() == SOURCE + "# mine\n"


def test_a_source_of_the_command_line_is_checked_as_one_of_the_file_is() -> None:
    assert config.source_of({"name": "post", "url": "https://post.example/rss"}) == POST
    with pytest.raises(UsageError) as wrong:
        config.source_of({"name": "added", "url": "https://a.example", "since": "07/11/2014"})
    assert str(wrong.value) == (
        "'name' must be a word of your own (and 'added' is taken); "
        "'since' must be a date such as 2014-11-07, not '07/11/2014'"
    )


def test_sources_are_chosen_by_name_whatever_its_case_each_once(file: Path) -> None:
    loaded = load(file, SOURCE + sourcetables.as_toml(POST))
    assert [s.name for s in loaded.chosen(["POST", "post"])] == ["post"]
    assert [s.name for s in loaded.chosen([])] == ["echo", "post"]
    with pytest.raises(UsageError, match="did you mean 'echo'"):
        loaded.chosen(["ecko"])
    with pytest.raises(UsageError, match=r"no \[\[source\]\]"):
        load(file, CLIPPER).chosen([])

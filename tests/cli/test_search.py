"""`search`: from what somebody types to what stands on the screen, with everything that can go wrong between them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.models import Article, Label
from conftest import Ended, Project, Site, article_page

Run = Callable[..., Ended]

FIRM, CAKE, WARD, COPY, PAGE, STUB = (letters * 8 for letters in ("a1", "b2", "c3", "d4", "e5", "f6"))
ARTICLES = [
    Article(
        id=FIRM,
        title="Firm hands back surgery",
        outlet="Fenwick Echo",
        authors=["Ann Writer"],
        published="2014-11-07",
        source="echo",
        text="Fewer nurses work at the cottage hospital. The prime contractor lost £120m on it; the doctor’s list is "
        "long.\n\nA cottage is not a hospital. Privatisation, said the union, has had its café.",
    ),
    Article(
        id=CAKE,
        kind="clipping",
        title="Lemon cake wins",
        outlet="Wold Post",
        authors=["Ben Other"],
        published="2015",
        text="The show's judges gave it a ribbon. The nurses clapped.",
    ),
    Article(id=WARD, title="Ward closed", text="The ward of the hospital was closed by a nurse. Its cost was 3.5bn."),
    Article(
        id=COPY,
        title="Firm hands surgery back",
        outlet="Wold Post",
        published="2014-11-06",
        duplicate_of=FIRM,
        text="Fewer nurses work at the cottage hospital. " + "Much was said of it by many people. " * 20,
    ),
    Article(id=PAGE, kind="page", title="Clippings of the week", published="2016", text="Nurses, cake and the ward."),
    Article(id=STUB, title="Budget", outlet="Fenwick Echo", published="2013-02", partial=True, text="Money for it."),
]
LABELS = [(FIRM, "privatisation"), (FIRM, "workforce"), (CAKE, "funding")]


def put(project: Project, *articles: Article) -> None:
    archive = Archive(project.archive)
    with archive.writing() as writer:
        writer.articles([replace(a, fetched="2016-02-03T04:05:06Z", sha256=checksum(a.text)) for a in articles])
    archive.catalogue.close()


def label(project: Project, article: str, theme: str) -> None:
    archive = Archive(project.archive)
    archive.add_labels([Label(article=article, revision=1, theme=theme, value=True, coder="ann", at="2016-02-04")])
    archive.catalogue.close()


@pytest.fixture
def search(inline: Run, project: Project) -> Run:
    put(project, *ARTICLES)
    for article, theme in LABELS:
        label(project, article, theme)
    return lambda *arguments: inline("search", *arguments)


def ids(ended: Ended) -> set[str]:
    return set(ended.out.split())


# -- what is asked ------------------------------------------------------------------------------------------------

# A query, what it finds.
ASKED = [
    (("nurses",), {FIRM, CAKE, WARD}),
    (("NURSE",), {FIRM, CAKE, WARD}),
    (("cottage hospital",), {FIRM}),
    (('"cottage hospital"',), {FIRM}),
    (("“cottage hospital”",), {FIRM}),
    (('"hospital cottage"',), set()),
    (('"the hospital was"',), {WARD}),
    (("doctor's",), {FIRM}),
    (("doctor’s",), {FIRM}),
    (("prime-contractor",), {FIRM}),
    (("cafe",), {FIRM}),
    (("privatization",), {FIRM}),
    (("£120m",), {FIRM}),
    (("3.5bn",), {WARD}),
    (("nurses", "-surgery"), {CAKE, WARD}),
    (("-nurses",), {STUB}),
    (("-hospital", "cake"), {CAKE}),
    (("-n5", "cake"), {CAKE}),
    (("NOT nurses",), {STUB}),
    (("nurses -(cake OR ward)",), {FIRM}),
    (("--", "nurses", "-surgery"), {CAKE, WARD}),
    (("cake OR ward",), {CAKE, WARD}),
    (("priv*",), {FIRM}),
    (('"fewer hospital"~6',), {FIRM}),
    (('"fewer hospital"~2',), set()),
    (("hopsital~ outlet:echo",), {FIRM}),
    (("title:closed",), {WARD}),
    (("the of and",), set()),
    (("the",), {FIRM, CAKE, WARD}),
    (("…", "nurses", "-"), {FIRM, CAKE, WARD}),
    (("kind:page",), {PAGE}),
    (("partial:yes",), {STUB}),
    (("theme:none",), {WARD, STUB, COPY}),
    ((f"id:{FIRM[:3]}",), {FIRM}),
]


@pytest.mark.parametrize(("query", "found"), ASKED)
def test_a_query_finds(search: Run, query: tuple[str, ...], found: set[str]) -> None:
    ended = search("--ids", *query)
    assert ids(ended) == found
    assert ended.code == (0 if found else 1)


# Options, and the query that says the same.
FILTERS = [
    (("--theme", "privatisation"), "theme:privatisation", {FIRM}),
    (("--theme", "Privatization"), "theme:privatization", {FIRM}),
    (("--theme", "privatisation,workforce"), "theme:privatisation theme:workforce", {FIRM}),
    (("--theme", "workforce", "--theme", "funding"), "theme:workforce theme:funding", set()),
    (("--outlet", "echo"), "outlet:echo", {FIRM, STUB}),
    (("--outlet", "Wold Post"), 'outlet:"Wold Post"', {CAKE, COPY}),
    (("--author", "writer"), "author:writer", {FIRM}),
    (("--source", "echo"), "source:echo", {FIRM}),
    (("--kind", "clipping"), "kind:clipping", {CAKE}),
    (("--kind", "page"), "kind:page", {PAGE}),
    (("--coder", "ann"), "coder:ann", {FIRM, CAKE}),
    (("--since", "2014-11-08"), "since:2014-11-08", {CAKE}),
    (("--until", "2014-11-06"), "until:2014-11-06", {COPY, STUB}),
    (("--date", "2013..2014"), "date:2013..2014", {FIRM, STUB}),
    (("--since", "2013", "--until", "2013-12"), "date:2013", {STUB}),
    (("--undated",), "date:none", {WARD}),
]


@pytest.mark.parametrize(("options", "query", "found"), FILTERS)
def test_an_option_is_a_filter(search: Run, options: tuple[str, ...], query: str, found: set[str]) -> None:
    by_option, by_query = search("--ids", *options), search("--ids", query)
    assert by_option.out == by_query.out
    assert ids(by_option) == found
    assert ids(search("--ids", *options, "nosuchwordatall OR budget")) == found & {STUB}


@pytest.mark.parametrize("query", ["", "   "])
def test_an_empty_query_gives_the_newest(search: Run, query: str) -> None:
    assert search("--ids", query).out.split() == [CAKE, FIRM, STUB, WARD]
    assert search("--ids").out.split() == [CAKE, FIRM, STUB, WARD]


def test_results_are_put_in_order_and_cut(search: Run) -> None:
    assert search("nurses", "--sort", "date", "--ids").out.split() == [CAKE, FIRM, WARD]
    assert search("nurses", "--sort", "oldest", "--ids").out.split() == [COPY, CAKE, WARD]
    assert search("surgery OR nurses", "--ids").out.split()[0] == FIRM
    assert search("nurses", "--sort", "date", "--ids", "--offset", "1", "-n", "1").out.split() == [FIRM]
    assert search("nurses", "--sort", "date", "-n", "2").err.startswith("clipper: 1–2 of 3")
    assert search("nurses", "--offset", "2").err.startswith("clipper: 3 of 3")
    assert search("nurses").err.startswith("clipper: 3 found")
    past = search("nurses", "--offset", "3")
    assert (past.code, past.out, past.err) == (1, "", "clipper: no more than 3 found\n")


def test_copies_are_folded_into_one_result(search: Run) -> None:
    ended = search("cottage")
    assert ended.out.splitlines()[0] == "Firm hands back surgery"
    assert "    also in: Wold Post (6 November 2014) d4d4d4d\n" in ended.out
    assert ended.err == "clipper: 1 found (1 copy of others folded into them)\n"
    assert [(r["id"], r["copies"]) for r in search("cottage", "--json").json] == [(FIRM, [COPY])]
    apart = search("cottage", "--copies")
    assert (apart.err, "also in" in apart.out) == ("clipper: 2 found\n", False)
    assert ids(search("cottage", "--copies", "--ids")) == {FIRM, COPY}


def test_a_copy_is_shown_where_the_other_does_not_match(search: Run) -> None:
    ended = search("cottage outlet:wold")
    assert ended.out.splitlines()[0] == "Firm hands surgery back"
    assert ended.err.startswith("clipper: 1 found")


def test_only_how_many_there_are(search: Run) -> None:
    ended = search("cottage", "--count")
    assert (ended.code, ended.out) == (0, "1\n")
    assert "2 articles in all, 1 copy" in ended.err
    assert search("cottage", "--count", "--json").json == [{"total": 2, "folded": 1, "exact": True}]
    assert search("cottage", "--count", "--copies").out == "2\n"
    none = search("nosuchword", "--count")
    assert (none.code, none.out) == (1, "0\n")


def test_json_has_all_but_the_text(search: Run, project: Project) -> None:
    (record,) = search("surgery", "-n", "1", "--json").json
    article = next(a for a in project.articles() if a["id"] == record["id"])
    assert {name: value for name, value in article.items() if name != "text"}.items() <= record.items()
    assert set(record) - set(article) == {"tags", "labels", "score", "snippet", "copies"}
    assert "text" not in record
    assert {tag["theme"] for tag in record["tags"] if tag["by"] == "people"} >= {"privatisation"}
    assert search("surgery", "--ids", "--json").json == [{"id": FIRM}]


def test_a_template_says_how_each_result_is_printed(search: Run) -> None:
    ended = search("cake OR surgery", "--sort", "date", "--format", r"{date:10}|{outlet:.4}|{copies}\t{title}")
    assert ended.out == "2015      |Wold|0\tLemon cake wins\n2014-11-07|Fenw|1\tFirm hands back surgery\n"
    helped = search("--format", "help")
    assert (helped.code, helped.err) == (0, "")
    assert "{outlet}\tits outlet\n" in helped.out


def test_counts_of_each_kind(search: Run) -> None:
    ended = search("--facets", "theme,outlet, year,month,source,kind,coder")
    assert ended.code == 0
    assert ended.err == "clipper: 5 articles; copies are counted\n"
    lines = set(ended.out.splitlines())
    assert lines >= {"theme\tprivatisation\t1", "theme\tnone\t3", "outlet\tFenwick Echo\t2", "outlet\tWold Post\t2"}
    assert lines >= {"outlet\tnone\t1", "year\t2014\t2", "year\tno date\t1", "month\t2014-11\t2", "month\t2015\t1"}
    assert lines >= {"source\techo\t1", "kind\tarticle\t4", "coder\tann\t2"}
    (record,) = search("--facets", "outlet", "--json").json
    assert record == {"facet": "outlet", "total": 5, "counts": {"Fenwick Echo": 2, "Wold Post": 2, "none": 1}}
    assert search("nosuchword", "--facets", "theme").code == 1
    assert search("--facets", "outlet", "-n", "1").out == "outlet\tFenwick Echo\t2\n"


def test_what_states_no_date_is_told_beside_a_search_for_dates(search: Run) -> None:
    assert "1 more would match, but no date is stated for it" in search("hospital", "--since", "2014").err
    assert "no date" not in search("cake", "--since", "2014").err
    assert "no date" not in search("hospital").err


# -- saved searches -------------------------------------------------------------------------------------------------


def test_a_saved_search_is_asked_by_its_name_alone_or_within_a_query(search: Run, project: Project) -> None:
    saved = search("nurses", "--outlet", "echo", "--save", "weekly", "--ids")
    assert (saved.code, saved.out) == (0, f"{FIRM}\n")
    assert "clipper search @weekly" in saved.err
    assert search("--saved").out == '@weekly\t(nurses) outlet:"echo"\n'
    (record,) = search("--saved", "--json").json
    assert record.keys() == {"name", "query", "saved"}
    assert ids(search("@weekly", "--ids")) == {FIRM}
    assert ids(search("cake OR @weekly", "--ids")) == {FIRM, CAKE}
    assert ids(search("hospital -@weekly", "--ids")) == {WARD, COPY}
    search("cake", "--save", "weekly")
    assert ids(search("@weekly", "--ids")) == {CAKE}
    assert search("--unsave", "@weekly").code == 0
    none = search("--saved")
    assert (none.code, none.out) == (1, "")
    assert "'@weekly'" in search("@weekly").err
    shutil.rmtree(project.archive / "cache")
    assert search("@weekly").code == 2


def test_new_is_what_a_saved_search_has_not_shown(search: Run, project: Project) -> None:
    search("nurses OR theme:access", "--save", "mine", "--count")
    first = search("@mine", "--new", "--ids")
    assert (first.code, ids(first)) == (0, {FIRM, CAKE, WARD})
    assert "not known to have run before" in first.err
    assert search("@mine", "--new").code == 1
    put(project, Article(id="77" * 8, title="Nurses march", text="They marched.", published="2016-03-04"))
    label(project, STUB, "access")
    fresh = search("@mine", "--new")
    assert (fresh.code, fresh.err) == (0, "clipper: 2 found\n")
    assert "Nurses march" in fresh.out
    assert "Budget" in fresh.out
    assert search("@mine", "--new").code == 1
    assert search("@mine", "--count").out == "5\n"


def test_counting_what_is_new_does_not_make_it_old(search: Run) -> None:
    search("nurses", "--save", "mine", "--count")
    assert [search("@mine", "--new", way).code for way in ("--count", "--count", "--facets=theme", "--ids")] == [0] * 4
    assert search("@mine", "--new", "--count").out == "0\n"


def test_what_was_shown_when_a_search_was_saved_is_not_new(search: Run) -> None:
    assert ids(search("nurses", "--save", "mine", "--ids"))
    again = search("@mine", "--new")
    assert (again.code, again.out) == (1, "")
    assert "not known to have run" not in again.err


def test_what_a_saved_search_has_shown_may_be_lost(search: Run, project: Project) -> None:
    search("nurses", "--save", "mine")
    search("@mine")
    assert search("@mine", "--new").code == 1
    shutil.rmtree(project.archive / "cache")
    again = search("@mine", "--new", "--ids")
    assert ids(again) == {FIRM, CAKE, WARD}
    assert "not known to have run before" in again.err
    assert search("@mine", "--new").code == 1


def test_what_was_fetched_is_new(inline: Run, project: Project, site: Site) -> None:
    feed = '<rss version="2.0"><channel><title>E</title>{}</channel></rss>'
    item = "<item><title>{0}</title><link>{1}</link></item>"
    links = [item.format(t, site.page(f"/{n}", article_page(t))) for n, t in enumerate(["Ward news", "Ward again"])]
    url = site.page("/feed", feed.format(links[0]), content_type="application/rss+xml")
    project.configure(f'[[source]]\nname = "echo"\nurl = "{url}"\n')
    assert inline("fetch").code == 0
    inline("search", "ward", "--save", "wards", "--count")
    assert "Ward news" in inline("search", "@wards").out
    site.page("/feed", feed.format("".join(links)), content_type="application/rss+xml")
    assert inline("fetch").code == 0
    fresh = inline("search", "@wards", "--new", "--format", "{title}")
    assert (fresh.code, fresh.out) == (0, "Ward again\n")


def test_what_was_changed_is_found_once(search: Run, project: Project) -> None:
    assert search("--count", "--copies").out == "5\n"
    label(project, FIRM, "access")
    put(project, replace(ARTICLES[1], revision=2, text="The judges gave it a medal."))
    assert search("--count", "--copies").out == "5\n"
    assert ids(search("theme:access", "--ids")) == {FIRM}
    assert ids(search("medal", "--ids")) == {CAKE}
    assert search("ribbon").code == 1


# -- what cannot be done --------------------------------------------------------------------------------------------

# Arguments, the exit code, and what is said; a caret stands where the second line says.
REFUSED = [
    (("a (b",), 2, "clipper: query: an opening bracket without a closing one\n  a (b\n    ^\n"),
    (("a", "-b", "c)"), 2, "clipper: query: a closing bracket without an opening one\n  a -b c)\n        ^\n"),
    (('病院の "x',), 2, 'clipper: query: a quotation mark without its other half\n  病院の "x\n         ^\n'),
    (("cafe\u0301 “x",), 2, 'clipper: query: a quotation mark without its other half\n  café "x\n       ^\n'),
    (("ward AND",), 2, "clipper: query: a word is missing after 'AND'\n  ward AND\n       ^\n"),
    (("ward date:2014-13",), 2, "'2014-13' is no date; write 2014, 2014-11"),
    (("since:2015 until:2014",), 2, "\n  since:2015 until:2014\n             ^\n"),
    (("date:2016..2014",), 2, "2016 is later than 2014; write date:2014..2016"),
    (("outlte:echo",), 2, "no field 'outlte'; did you mean 'outlet'?"),
    (("headline:x",), 2, "did you mean 'title'?"),
    (("theme:workfroce",), 2, "no theme 'workfroce'; did you mean 'workforce'?\n  theme:workfroce\n  ^\n"),
    (("--theme", "workfroce"), 2, "clipper: --theme workfroce: no theme 'workfroce'; did you mean 'workforce'?\n"),
    (("--theme", ""), 2, "--theme : a value is missing"),
    (("--outlet", ""), 2, "--outlet : a word is missing"),
    (("--source", "ecko"), 2, "no source 'ecko'; did you mean 'echo'?"),
    (("--since", "2014 nurses"), 2, "--since 2014 nurses: '2014 nurses' is no date"),
    (("--since", "2015", "--until", "2014"), 2, "no date is from 2015 on and up to 2014 too"),
    (("--date", "2014", "--undated"), 2, "--date and --undated exclude each other"),
    (("--count", "--ids", "ward"), 2, "--count and --ids exclude each other"),
    (("--format", "{titel}"), 2, "no field 'titel'; did you mean 'title'?"),
    (("--facets", "outlets"), 2, "no facet 'outlets'; did you mean 'outlet'?"),
    (("--facets", ","), 2, "--facets: name some of theme"),
    (("-n", "-1"), 2, "-1 is not in the range"),
    (("-n", "0"), 2, "0 is not in the range"),
    (("--sort", "best"), 2, "'best' is not one of"),
    (("@nobody",), 2, "no saved search '@nobody'"),
    (("--unsave", "nobody"), 1, "no saved search 'nobody'"),
    (("--new",), 2, "--new goes with one saved search alone"),
    (("--save", "two words", "ward"), 2, "--save two words: a name is letters and digits"),
    (("--save", "", "ward"), 2, "a name is letters and digits"),
    (("--save", "all"), 2, "there is no query to save"),
    (("--save", "me", "@me"), 2, "no saved search '@me'"),
    (("nothing or nobody",), 1, "nothing found (OR is written in capitals)"),
    (("-", "--ids", "***"), 2, "at least two letters must stand before *"),
    (('"',), 2, "a quotation mark without its other half"),
    (('""',), 2, "no word to search for"),
    (("NOT",), 2, "a word is missing after 'NOT'"),
]


@pytest.mark.parametrize(("arguments", "code", "said"), REFUSED)
def test_what_cannot_be_done_is_told(search: Run, arguments: tuple[str, ...], code: int, said: str) -> None:
    ended = search(*arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert ended.err.startswith("clipper: ")


def test_a_search_that_would_stand_inside_itself_is_not_saved(search: Run) -> None:
    search("nurses", "--save", "one")
    search("@one ward", "--save", "two")
    for query in ("@one cake", "(@one)", "-@two"):
        ended = search(query, "--save", "one")
        assert ended.code == 2
        assert "stands inside itself" in ended.err
    assert ids(search("@one", "--ids")) == {FIRM, CAKE, WARD}


def test_new_goes_with_a_name_alone(search: Run) -> None:
    search("nurses", "--save", "mine")
    for arguments in (("@mine", "cake"), ("@mine", "--outlet", "echo"), ("nurses",), ("@mine cake",)):
        ended = search("--new", *arguments)
        assert (ended.code, ended.out) == (2, "")
        assert "--new goes with one saved search alone" in ended.err


@pytest.mark.parametrize("query", ["a" * 100_000, "a " * 50_000, "(" * 3000, "-" * 9000, '"' * 9001, "nurses\0\x1b[2J"])
def test_a_query_that_nobody_types_is_answered_shortly(search: Run, query: str) -> None:
    ended = search(query)
    assert ended.code in (1, 2)
    assert len(ended.err) < 500
    assert "\x1b" not in ended.err
    assert "unexpected" not in ended.err

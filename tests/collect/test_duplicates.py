"""One story in several prints is tied to the first of them; texts that only look alike are not tied."""

from __future__ import annotations

import importlib.util
import itertools
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipper.archive.likeness import Likeness as Prints
from clipper.archive.store import Archive
from clipper.checksums import checksum
from clipper.collect import duplicates
from clipper.collect.duplicates import TITLED_LEAST, Finder, likeness, original
from clipper.models import Article
from clipper.sketch import words

STORY = (
    "Surgeons at Fenwick General are to be sent home this winter while a private clinic across the road carries out "
    "the operations that they trained for, under a contract that the trust's board approved behind closed doors.\n\n"
    "Papers seen by this newspaper show that the clinic, which is owned by an investment fund in Jersey, will be paid "
    "£14.2 million over 3 years for 6,400 hip and knee replacements. The trust's own theatres will stand empty on two "
    "days of every week, since it cannot find the nurses to staff them.\n\n"
    "“We have the surgeons and we have the theatres,” said Moira Keir, who chairs the medical staff committee. “What "
    "we lack is the people in between, and they have gone to the clinic, which pays them better out of our money.”\n\n"
    "The trust said that patients came first and that nobody would wait longer because of who owned the building. Its "
    "finance director, Colin Breck, told the board in September that without the contract the waiting list would pass "
    "11,000 by March, and that the fines for missing the target would cost more than the operations.\n\n"
    "Campaigners gathered outside the hospital on Tuesday evening with lanterns and a brass band. They have asked the "
    "county council to refer the decision to the minister, which it has done only once before, in 2009, when the "
    "maternity unit at Skelby was to close. The council's health committee meets on Thursday week.\n\n"
    "A spokeswoman for the clinic said that it was proud to work in partnership, that all its doctors were on the "
    "specialist register, and that eight patients in ten would recommend it to their families."
)
OTHER = (
    "The county's only hydrotherapy pool has been drained for the last time, and those who swam in it want to know "
    "who took the decision. For thirty years it eased the joints of people with arthritis, of children with muscle "
    "disease and of soldiers who came home without legs.\n\n"
    "The charity that owns the building at Tarrow says that the boiler failed in January and that a new one would "
    "cost £310,000. It offered the lease to the hospital trust for a pound. The trust, which sends 250 patients a year "
    "there, answered after 5 months that it had no plans for aquatic provision.\n\n"
    "“I have been in pain since I was nine,” said Ada Mensah, 34, from Kelsop. “In that water I was not. I do not "
    "know what aquatic provision is, but I know what it is like to walk to the bus afterwards.”\n\n"
    "Physiotherapists point to a review of 27 trials which found that exercise in warm water helps at least as much "
    "as exercise on land, and that more people keep it up. The commissioning board said that the evidence was mixed."
)
STATEMENT = (
    "“Nothing has been decided, and nothing will be until everybody who has an interest has been heard. We know that "
    "change worries people, and we understand why. But rotas that hang on agency doctors are not safe, the buildings "
    "have come to the end of their life, and a service that is spread over three sites cannot be staffed at night. "
    "Over the next twelve weeks we shall come to every town in the county and listen,” the board's chair said."
)
FURNITURE = (
    "Sign up to our newsletter and have the news of the county in your inbox every morning. You can leave the list at "
    "any time, and we never pass on your address to anybody else.\n\n"
    "The Fenwick Echo is a member of the press council and corrects what it gets wrong. To complain, write to the "
    "editor at the address below, saying which article you mean and what is wrong with it. Our letters page is open "
    "to all who live, work or were treated here, and we print what we can."
)
BULLETIN = (
    "There were {a} people in the county's hospitals with flu on {day} {date}, {up} from {b} a week before, the weekly "
    "bulletin shows. Of these, {c} were in intensive care. Norovirus kept {d} beds occupied or closed, and the advice "
    "line took {e} calls about vomiting.\n\n"
    "Everyone who is entitled to a vaccine is asked to come forward. Hands should be washed often with soap and warm "
    "water, since gels do not stop the stomach bug. Those who are ill should stay at home until two days after they "
    "last felt sick, and should not visit friends in hospital or in a care home. Pharmacists can advise on fever and "
    "dehydration. People who have trouble breathing should call an ambulance at once.\n\n"
    "The bulletin is compiled from what hospitals, laboratories and schools report, and figures may be revised in "
    "later issues. It is published every week from October until the end of April."
)
MATCH = (
    "{home} beat {away} {a}-{b} at a windswept {ground} on Saturday before {crowd} spectators. {scorer} opened the "
    "scoring after {m1} minutes with a low drive from the edge of the area. The visitors drew level through {second} "
    "on {m2} minutes, but a penalty just before the break restored the lead, and it was one-way traffic after it. The "
    "manager said that he was proud of the lads, who had given everything for the shirt, and that they would take "
    "each game as it comes. {home} have {points} points from {games} games and travel to {next} next week."
)
BACKGROUND = STORY.split("\n\n")[1:4]


def bulletin(*numbers: int, day: str, date: str, up: str) -> str:
    return BULLETIN.format(**dict(zip("abcde", numbers, strict=True)), day=day, date=date, up=up)


def article(text: str, title: str | None = None, name: str = "", **more: object) -> Article:
    key = name or checksum(f"{text}|{title}|{more}")[:16]
    made = Article(id=key, text=text, title=title, fetched="2026-11-03T12:00:00Z", sha256=checksum(text))
    return replace(made, **more)  # type: ignore[arg-type]  # any field


FULL = article(STORY, "Surgeons sent home as clinic takes their work", "full", outlet="Echo", published="2026-11-03")


def part(text: str, first: int, last: int) -> str:
    return " ".join(text.split()[first:last])


def retyped(text: str) -> str:
    return text.replace("“", '"').replace("”", '"').replace("'", "’").upper()


COPIES = {
    "another paper, word for word": article(STORY, "Private clinic gets NHS knees", outlet="Post"),
    "retyped": article(retyped(STORY), None, outlet="Post"),
    "its own intro": article(f"A Skelby clinic is to profit from a row next door.\n\n{STORY}", "Row", outlet="Post"),
    "under its paper's furniture": article(f"{STORY}\n\n{FURNITURE}", "Knees", outlet="Post"),
    "the end cut off": article("\n\n".join(STORY.split("\n\n")[:3]), "Surgeons told: stay at home", outlet="Post"),
    "day and names of places changed": article(
        STORY.replace("Tuesday evening", "Monday night").replace("this newspaper", "the Post"), "Knees", outlet="Post"
    ),
    "the same paper, another URL": article(
        STORY.replace("6,400", "6,450"), "Clinic takes surgeons' work: what we know", outlet="Echo", url="https://e/2"
    ),
    "a clipping": article(part(STORY, 90, 160), "Cash for knees", kind="clipping", outlet="Post"),
    "a passage without a title": article(part(STORY, 200, 250)),
    "a stub": article(
        part(STORY, 0, 30) + "\n\nSubscribe to read on.", FULL.title, partial=True, outlet="Post"
    ),
    "a standfirst is all of the stub": article(
        "A clinic owned by a fund in Jersey will do six thousand hips and knees a year, board papers show.",
        FULL.title, partial=True, outlet="Post",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COPIES)
@pytest.mark.parametrize("turned", [False, True], ids=["full copy first", "full copy last"])
def test_copies_are_tied_to_the_one_that_came_first(name: str, turned: bool) -> None:
    excerpt = "A clinic owned by a fund in Jersey will do six thousand hips and knees a year, board papers show."
    first, last = replace(FULL, excerpt=excerpt), COPIES[name]
    if turned:
        first, last = last, first
    assert original(last, [article(OTHER, "Pool drained", "other"), first]) == first.id


WEEK1 = bulletin(312, 298, 14, 671, 1204, day="Sunday", date="7 December", up="up")
WEEK2 = bulletin(355, 312, 19, 702, 1388, day="Sunday", date="14 December", up="up")
LOOKALIKES = {
    "two weeks of a bulletin": (
        article(WEEK1, "Flu cases rise again", outlet="Echo"),
        article(WEEK2, "More beds lost to flu", outlet="Echo"),
    ),
    "two weeks of a bulletin, one title": (
        article(WEEK1, "Weekly flu bulletin: the figures", outlet="Echo", published="2026-12-09"),
        article(WEEK2, "Weekly flu bulletin: the figures", outlet="Echo", published="2026-12-16"),
    ),
    "match reports": tuple(
        article(MATCH.format(home=h, away=w, ground=g, a=a, b=b, crowd=c, scorer=s, second=s2, m1=m, m2=m + 9,
                             points=p, games=p // 2, next=x), None, outlet="Echo")
        for h, w, g, a, b, c, s, s2, m, p, x in (
            ("Fenwick Town", "Skelby Rovers", "Mill Lane", 3, 1, 412, "Rhys Penhale", "Sam Oduya", 11, 32, "Tarrow"),
            ("Kelsop Vale", "Hartwell", "Station Road", 2, 0, 288, "Colin Breck", "Tom Orrin", 23, 17, "Dunmere"),
        )
    ),
    "one statement in two stories": (
        article(f"{part(STORY, 0, 170)}\n\n{STATEMENT}", "Board defends plan"),
        article(f"{part(OTHER, 0, 150)}\n\n{STATEMENT}", "Pool: board answers"),
    ),
    "a statement, and a story that quotes it": (
        article(STATEMENT, "Statement by the chair of the board"),
        article(f"{part(STORY, 0, 260)}\n\n{STATEMENT}", "Board defends plan"),
    ),
    "a follow-up that repeats the background": (
        FULL,
        article("\n\n".join([part(OTHER, 0, 180), *BACKGROUND]), "Council calls clinic deal in", outlet="Echo"),
    ),
    "an item and a round-up": (
        article(part(OTHER, 0, 60), "Pool drained for the last time"),
        article("\n\n".join([part(OTHER, 0, 60), STORY]), "The week in brief"),
    ),
    "two notes over one furniture": (
        article(f"The Tarrow surgery shuts at noon on Friday for training.\n\n{FURNITURE}", "Surgery", outlet="Echo"),
        article(f"Kelsop library lends out blood pressure monitors.\n\n{FURNITURE}", "Library", outlet="Echo"),
    ),
    "one title, two texts": (
        article(STORY, "Letters to the editor"),
        article(OTHER, "Letters to the editor"),
    ),
    "tiny texts that are the same": (
        article("The surgery is closed on Monday."),
        article("The surgery is closed on Monday.", name="b"),
    ),
    "no text": (article("", "Surgeons sent home again", "a"), article("", "Surgeons sent home again", "b")),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOKALIKES)
def test_texts_that_only_look_alike_are_not_tied(name: str) -> None:
    first, last = LOOKALIKES[name]
    assert original(last, [first]) is None
    assert original(first, [last]) is None


def test_the_lookalikes_are_as_alike_as_copies() -> None:
    first, last = LOOKALIKES["two weeks of a bulletin"]
    assert likeness(first.text, last.text).containment >= duplicates.CONTAINMENT
    notes = LOOKALIKES["two notes over one furniture"]
    assert likeness(notes[0].text, notes[1].text).containment >= duplicates.CONTAINMENT


def test_furniture_that_several_articles_show_is_left_out() -> None:
    echo = [
        article(f"{text}\n\n{FURNITURE}", f"Title of story {n}", f"e{n}", outlet="Echo")
        for n, text in enumerate((part(OTHER, 0, 90), part(OTHER, 90, 170)))
    ]
    stub = article(f"{part(STORY, 0, 30)}\n\n{FURNITURE}", FULL.title, partial=True, outlet="Echo")
    there = replace(FULL, outlet="Post")
    assert original(stub, [there]) is None  # nothing tells yet that most of it is furniture
    assert original(stub, [*echo, there]) == "full"


def test_a_duplicate_answers_with_the_one_it_names() -> None:
    copy = article(STORY, None, "copy", duplicate_of="full")
    assert original(article(STORY), [copy]) == "full"
    assert original(article(STORY), [copy, FULL]) == "full"
    assert original(replace(FULL, text=STORY + " More."), [copy]) is None  # not of itself


def test_the_first_archived_of_several_is_named() -> None:
    late, early = (
        article(STORY, None, name, fetched=f"2026-{month}-01T00:00:00Z") for name, month in (("a", 12), ("b", 10))
    )
    assert original(article(STORY), [late, early]) == original(article(STORY), [early, late]) == "b"


def test_pages_of_clippings_and_revisions_are_nothing_to_be_a_duplicate_of() -> None:
    page = article(STORY, None, "page", kind="page")
    assert original(article(STORY), [page]) is None
    assert original(page, [FULL]) is None
    assert original(replace(FULL, revision=2, text=STORY + "\n\nMore."), [FULL]) is None


def test_a_script_without_spaces_is_compared_by_its_characters() -> None:
    text = (
        "卫生局昨日宣布芬威克综合医院今年冬季将把全部膝关节手术外包给一家私人"
        "诊所该诊所由一家投资基金所有合同为期三年总额一千四百万英镑"
    )
    more = text + "市议会卫生委员会将于下周四开会讨论是否将此决定提交部长审议而患者团体表示强烈反对并要求公开合同内容"
    assert likeness(text, more).first_in_second == 1
    assert original(article(text), [article(more, "医院外包手术引发争议", "zh")]) == "zh"
    assert original(article(more[60:]), [article(text, "医院外包手术引发争议", "zh")]) is None


WHOLE = ("another paper, word for word", "retyped", "its own intro", "under its paper's furniture")


# -- properties -------------------------------------------------------------------------------------------

ANY_TEXT = st.text(max_size=400)
WORDS = st.lists(st.sampled_from([f"word{n}" for n in range(400)]), max_size=120).map(" ".join)


@given(ANY_TEXT | WORDS, ANY_TEXT | WORDS)
def test_resemblance_has_no_direction(one: str, other: str) -> None:
    there, back = likeness(one, other), likeness(other, one)
    assert there.resemblance == back.resemblance
    assert (there.first_in_second, there.second_in_first) == (back.second_in_first, back.first_in_second)
    assert 0 <= there.resemblance <= there.containment <= 1


@given(WORDS, WORDS, WORDS)
def test_a_text_is_contained_in_itself_and_more(before: str, text: str, after: str) -> None:
    alike = likeness(text, f"{before} {text} {after}")
    assert alike.first_in_second == (1 if len(text.split()) >= 4 else 0)


@given(st.lists(ANY_TEXT, max_size=4), st.none() | st.text(max_size=60))
def test_any_articles_can_be_compared_and_short_ones_are_never_tied(texts: list[str], title: str | None) -> None:
    articles = [article(text, title, f"a{n}") for n, text in enumerate(texts)]
    for one in articles:
        found = original(one, articles)
        assert found != one.id
        assert found is None or len(words(one.text)) >= TITLED_LEAST


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(7)))
def test_in_whatever_order_copies_come_the_first_is_the_original(order: list[int]) -> None:
    copies = [FULL, *(c for n, c in COPIES.items() if n in WHOLE)]
    mixed = [copies[n % len(copies)] for n in order]
    first: dict[str, str | None] = {}
    nothing = Prints()
    finder = Finder(nothing, lambda _: None)
    for number, one in enumerate(mixed):
        made = finder.tied(replace(one, id=f"id{number}", duplicate_of=None))
        first[made.id] = made.duplicate_of
    assert list(first.values()) == [None, *["id0"] * (len(mixed) - 1)]
    nothing.close()


# -- a batch, and an archive on disk ----------------------------------------------------------------------


def keep(archive: Archive, *articles: Article) -> list[str | None]:
    """Archive a batch as it is archived, and return what each is a duplicate of."""
    index = Prints(archive.cache)
    index.catch_up(archive.catalogue, archive.read)

    def read(name: str) -> Article | None:
        entry = archive.catalogue.get(name)
        return archive.read(entry.place) if entry else None

    with archive.writing() as writer:
        index.catch_up(archive.catalogue, archive.read)
        finder = Finder(index, read)
        made = [finder.tied(one) for one in articles]
        writer.articles(made)
    index.close()
    return [one.duplicate_of for one in made]


def test_copies_are_tied_over_batches_and_within_one(archive: Archive) -> None:
    pool = article(OTHER, "Pool drained", "pool")
    assert keep(archive, FULL, pool, article(STORY, "A", "a")) == [None, None, "full"]
    copies = list(COPIES.values())[:-1]
    assert keep(archive, *copies) == ["full"] * len(copies)
    assert keep(archive, article(OTHER, "B", "b"), article(OTHER, "C", "c")) == ["pool", "pool"]
    (archive.cache / "likeness.sqlite").unlink()
    assert keep(archive, article(STORY, "D", "d")) == ["full"]


def test_what_the_index_names_and_the_archive_no_longer_has_is_passed_over(archive: Archive) -> None:
    keep(archive, FULL)
    index = Prints(archive.cache)
    index.catch_up(archive.catalogue, archive.read)
    finder = Finder(index, lambda _: None)
    assert finder.tied(article(STORY, "A", "a")).duplicate_of is None
    assert finder.tied(article(STORY, "B", "b")).duplicate_of == "a"
    page = article(STORY, "P", "p", kind="page")
    assert finder.tied(page) is page
    index.close()


# -- the corpus -------------------------------------------------------------------------------------------


def _bench() -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "bench" / "duplicates.py"
    spec = importlib.util.spec_from_file_location("bench_duplicates", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_copies_are_told_from_lookalikes_as_well_as_ever() -> None:
    bench = _bench()
    cases = list(itertools.islice(bench.cases(), 0, None, 7))
    wrong = [case.name for case in cases if bench.tied(case) and not case.copy]
    missed = [case.name for case in cases if not bench.tied(case) and case.copy]
    there = sum(case.copy for case in cases)
    assert there > 50
    assert len(wrong) <= 0.01 * len(cases)
    assert len(missed) <= 0.03 * there

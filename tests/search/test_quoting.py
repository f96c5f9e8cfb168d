"""Whether a text holds a quotation word for word, and what is nearest to it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.errors import UsageError
from clipper.search.quoting import MOST_PARTS, MOST_WORDS, find, nearest, only_apart, read, sentence

TEXT = (
    "The private company that ran the surgery handed back its contract on Friday and walked away. Shareholders of the "
    "outsourcing firm blamed the price, Mr. Smith said. “We can’t go on — not like this,” he told the Echo… The "
    "e\ufb03cient \ufb01rm lost £120m in 2013–14, or 3.5% of all.\n\n"
    "It paid for privati-\nsation with the prime-contractor’s money. The trust's board [of nine] was told: no. The "
    "café\u00a0closed, which co\u00ador\u00addinators saw.\n\n"
    "A third paragraph ends here, and the private company is sorry. 医療の民営化は失敗した。"
)


def quoted(words: str, text: str = TEXT) -> list[str]:
    """Return the places at which a quotation stands."""
    return [text[match.start : match.end] for match in find(read(words), text, 10).matches]


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("ran the surgery handed back", "ran the surgery handed back"),
        ("  ran\n the\tsurgery  ", "ran the surgery"),
        ("“ran the surgery”", "ran the surgery"),
        ("'ran the surgery,'", "ran the surgery"),
        ("We can't go on -- not like this", "We can’t go on — not like this"),
        ("We can’t go on – not like this", "We can’t go on — not like this"),
        ("efficient firm lost", "e\ufb03cient \ufb01rm lost"),
        ("lost £ 120m in 2013-14", "lost £120m in 2013–14"),
        ("3.5 % of", "3.5% of"),
        ("for privatisation with", "for privati-\nsation with"),
        ("for privati-\n   sation with", "for privati-\nsation with"),
        ("the prime-contractor's money", "the prime-contractor’s money"),
        (unicodedata.normalize("NFD", "The café closed"), "The café\u00a0closed"),
        ("which coordinators saw", "which co\u00ador\u00addinators saw"),
        ("民営化は失敗", "民営化は失敗"),
        ("board [of nine] was told", "board [of nine] was told"),
        ("or 3.5% of all. It paid for", "or 3.5% of all.\n\nIt paid for"),
    ],
)
def test_what_typesetting_changes_is_no_difference(words: str, there: str) -> None:
    assert quoted(words) == [there]
    match = find(read(words), TEXT).matches[0]
    assert (match.capitals, match.punctuation) == ("same", True)


@pytest.mark.parametrize(
    "words",
    [
        "ran the surgeries",
        "surgery the ran",
        "ran surgery",
        "an the surgery",
        "ran the surg",
        "lost $120m",
        "lost 120m",
        "lost £12m",
        "35% of",
        "prime-contractors money",
        "The cafe closed",
        "nothing of the kind",
    ],
)
def test_other_words_are_not_there(words: str) -> None:
    assert find(read(words), TEXT).times == 0


@pytest.mark.parametrize(
    ("words", "agree"),
    [
        ("The private company", "same"),
        ("the private company that ran", "first"),
        ("shareholders of the", "first"),
        ("SHAREHOLDERS of the", "other"),
        ("the Private company that ran", "other"),
        ("[t]he private company that ran", "same"),
        ("[A] third paragraph", "same"),
        ("[b]lamed the price … [t]he efficient firm", "same"),
        ("blamed the price … the efficient firm", "other"),
    ],
)
def test_capitals_agree_but_for_the_first_letter(words: str, agree: str) -> None:
    (match,) = find(read(words), TEXT).matches
    assert match.capitals == agree


def test_of_several_places_those_are_taken_whose_capitals_agree_best() -> None:
    found = find(read("the private company"), TEXT, 10)
    assert found.times == 1
    assert TEXT[: found.matches[0].end].endswith("and the private company")
    assert find(read("private company"), TEXT, 1).times == 2
    assert len(find(read("private company"), TEXT, 1).matches) == 1
    assert len(quoted("private company")) == 2


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("private company … walked away", 1),
        ("private company ... walked away", 1),
        ("private company . . . walked away", 1),
        ("private company […] walked away", 1),
        ("private company [...] walked away", 1),
        ("… walked away …", 1),
        ("walked away … private company that ran", 0),  # the other way round
        ("walked away … the board", 0),  # no such words
        ("walked away … trust's board", 1),  # the next paragraph
        ("walked away … third paragraph", 0),  # the one after it
        ("walked away … trust's board … third paragraph", 1),
        ("the ... the ... the", 1),
    ],
)
def test_an_ellipsis_stands_for_words_left_out(words: str, there: int) -> None:
    assert min(find(read(words), TEXT).times, 1) == there


def test_of_parts_that_stand_there_several_times_the_nearest_are_taken() -> None:
    assert quoted("one … two", "one one two one x two two") == ["one two", "one x two"]


@pytest.mark.parametrize(
    ("words", "inserted"),
    [
        ("handed back [the] contract", (("[the]", "its"),)),
        ("[The firm] handed back its contract", (("[The firm]", None),)),
        ("its contract [with the trust]", (("[with the trust]", None),)),
        ("handed [it] back", (("[it]", ""),)),
        ("that run[s] surgery", (("run[s]", "ran the"),)),
        ("that [runs] the surgery", (("[runs]", "ran"),)),
        ("company [sic] that", ()),
        ("walked away … [their] price", (("[their]", None),)),
        ("company [said] walked", None),  # more words than brackets stand for
        ("walked away. [In] firm", (("[In]", "Shareholders of the outsourcing"),)),
        ("all. [It] with", None),  # another paragraph
    ],
)
def test_square_brackets_are_an_editors(words: str, inserted: tuple[tuple[str, str | None], ...] | None) -> None:
    found = find(read(words), TEXT)
    assert (found.matches[0].inserted if found.times else None) == inserted


@pytest.mark.parametrize(
    "words", ["We cant go on", "We can’t go on, not like this", "Mr Smith said", "the prime contractor’s"]
)
def test_other_punctuation_is_told(words: str) -> None:
    found = find(read(words), TEXT)
    if words == "We cant go on":
        assert found.times == 0  # an apostrophe belongs to its word
    else:
        assert [match.punctuation for match in found.matches] == [False]


@pytest.mark.parametrize("words", ["", "  ", "…", "“ ”", "[...]", "\x00", "\u00ad", "--", "[the trust]x"])
def test_a_quotation_without_words_is_none(words: str) -> None:
    if words.endswith("x"):
        assert read(words).words == 3
    else:
        with pytest.raises(UsageError, match="nothing to check"):
            read(words)


def test_a_quotation_has_bounds() -> None:
    assert read("word " * MOST_WORDS).words == MOST_WORDS
    with pytest.raises(UsageError, match="at most 5,000"):
        read("word " * (MOST_WORDS + 1))
    read("a ... " * MOST_PARTS)
    with pytest.raises(UsageError, match="more than 30 parts"):
        read("a ... " * (MOST_PARTS + 1))


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        ("blamed the price", "Shareholders of the outsourcing firm blamed the price, Mr. Smith said."),
        ("Smith said", "Shareholders of the outsourcing firm blamed the price, Mr. Smith said."),
        ("go on", "“We can’t go on — not like this,” he told the Echo…"),
        (
            "privatisation with",
            "It paid for privati-\nsation with the prime-contractor’s money.",
        ),
        (
            "walked away. Shareholders",
            "The private company that ran the surgery handed back its contract on Friday and walked away. Shareholders "
            "of the outsourcing firm blamed the price, Mr. Smith said.",
        ),
    ],
)
def test_the_sentence_is_the_whole_one(words: str, whole: str) -> None:
    match = find(read(words), TEXT).matches[0]
    start, end = sentence(TEXT, match.start, match.end)
    assert TEXT[start:end] == whole


def pieces(words: str, text: str = TEXT) -> list[tuple[str, str]] | None:
    near = nearest(read(words), text)
    return near.pieces if near else None


def test_the_nearest_passage_is_marked_where_it_differs() -> None:
    assert pieces("the firm that ran the surgery gave back its contract on Friday") == [
        ("-", "the firm"),
        ("+", "private company"),
        (" ", "that ran the surgery"),
        ("-", "gave"),
        ("+", "handed"),
        (" ", "back its contract on Friday"),
    ]
    assert pieces("handed back the contract") == [
        (" ", "handed back"),
        ("-", "the"),
        ("+", "its"),
        (" ", "contract"),
    ]
    assert pieces("Shareholders of the firm blamed") == [
        (" ", "Shareholders of the"),
        ("+", "outsourcing"),
        (" ", "firm blamed"),
    ]
    assert pieces("shareholders of the outsourcing firm all blamed the price") == [
        (" ", "Shareholders of the outsourcing firm"),
        ("-", "all"),
        (" ", "blamed the price"),
    ]


@pytest.mark.parametrize("words", ["nothing of the kind", "cake", "lemon cake", "of all things, cake and the ribbon"])
def test_nothing_is_near_where_few_words_are_the_same(words: str) -> None:
    assert pieces(words) is None


def test_the_nearest_passage_is_that_of_the_part_which_is_missing() -> None:
    assert pieces("blamed the price … the trust's board of ten was told") == [
        (" ", "The trust's board [of"),
        ("-", "ten"),
        ("+", "nine"),
        (" ", "was told"),
    ]
    scattered = read("third paragraph … walked away")
    assert nearest(scattered, TEXT) is None
    assert only_apart(scattered, TEXT)
    assert not only_apart(read("private company … walked away"), TEXT)
    assert not only_apart(read("walked away … lemon cake"), TEXT)


def test_of_a_long_text_the_nearest_passage_is_found() -> None:
    filler = "\n\n".join(f"The board of the trust met on day {n} and the private firm was there." for n in range(2000))
    text = f"{filler}\n\nNurses of the night ward were told that their rota is unsustainable.\n\n{filler}"
    near = nearest(read("nurses of the night ward were told their rota was unsustainable"), text)
    assert near is not None
    assert text[near.start : near.end] == "Nurses of the night ward were told that their rota is unsustainable"
    assert near.likeness > 0.8


@pytest.mark.parametrize("text", ["a " * 90_000, "Mr. A " * 30_000, "a-\n" * 60_000, "x" * 300_000, "." * 300_000])
@pytest.mark.parametrize("words", ["a " * 4999 + "b", "a ... " * 29 + "b", "a ... " * 30, "[a] b " * 29, "Mr. A"])
def test_a_text_made_to_do_harm_is_looked_through(text: str, words: str) -> None:
    # Work that grew with the square of the text would not end while anybody waits.
    quotation = read(words)
    found = find(quotation, text)
    for match in found.matches:
        start, end = sentence(text, match.start, match.end)
        assert start <= match.start < match.end <= end
    if not found.times:
        nearest(quotation, text)


WORDS = st.sampled_from(
    [
        "the",
        "The",
        "trust",
        "don’t",
        "£120m",
        "3.5",
        "co-op",
        "—",
        "…",
        "...",
        "[it]",
        "[t]he",
        "“",
        "”",
        "\n",
        "\n\n",
        "!",
        "a\u0301",
    ]
)
TEXTS = st.lists(WORDS, max_size=25).map(" ".join) | st.text(max_size=60)


@given(TEXTS, TEXTS)
def test_whatever_is_asked_is_answered_in_bounds(words: str, text: str) -> None:
    try:
        quotation = read(words)
    except UsageError:
        return
    found = find(quotation, text, 5)
    assert len(found.matches) == min(found.times, 5)
    for match in found.matches:
        ends = [place for part in match.parts for place in part]
        assert ends == sorted(ends)
        assert 0 <= match.start == ends[0] < ends[-1] == match.end <= len(text)
        start, end = sentence(text, match.start, match.end)
        assert 0 <= start <= match.start < match.end <= end <= len(text)
    near = nearest(quotation, text)
    if near:
        assert 0 <= near.start < near.end <= len(text)
        assert 0 < near.likeness <= 1
        assert {kind for kind, _ in near.pieces} <= {" ", "-", "+"}


@given(
    st.lists(st.sampled_from(["the", "trust", "met", "on", "Monday", "and", "again", "in"]), min_size=1, max_size=30),
    st.data(),
)
def test_every_row_of_words_of_a_text_stands_in_it(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    row = words[start:end]
    found = find(read(" ".join(row)), " ".join(words), 100)
    plain = sum(words[i : i + len(row)] == row for i in range(len(words)))  # overlapping ones too
    assert 1 <= found.times <= plain
    assert found.matches[0].capitals == "same"

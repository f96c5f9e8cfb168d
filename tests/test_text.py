"""Text from outside: made clean, cut into sentences, compared and shortened."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clipper import text
from clipper.checksums import checksum

MANY = settings(max_examples=60, deadline=None)
REORDERING = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ROUGH = st.text(
    st.one_of(st.characters(), st.sampled_from("\n\r\t \u00a0\u2028\u2029\x0c\x85\x1b\u202e\u200ee\u0301A."))
)


def unsafe(character: str) -> bool:
    return character in REORDERING or unicodedata.category(character) in ("Cc", "Cs")


@MANY
@given(ROUGH)
@example("e\u200e\u0301")  # what is taken out must not leave letters that are not composed
def test_clean_text_is_composed_paragraphs_without_controls_and_stays_so(raw: str) -> None:
    clean = text.clean_text(raw)
    assert unicodedata.is_normalized("NFC", clean)
    assert not [c for c in clean if unsafe(c) and c != "\n"]
    assert "\n\n\n" not in clean
    assert all(line == line.strip() and "  " not in line for line in clean.split("\n"))
    assert text.clean_text(clean) == clean
    assert "\n\n".join(text.paragraphs(clean)) == clean


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Beds\r\nclose\rtoday", "Beds\nclose\ntoday"),
        ("One.\n \t\n\n\nTwo.", "One.\n\nTwo."),
        ("  waiting\u00a0\u2009 lists \n", "waiting lists"),
        ("first\u2028second\u2029third", "first\nsecond\n\nthird"),
        ("\ufeffThe \x1b[31mward\x07", "The [31mward"),
        ("gnp\u202e.ward\u2069", "gnp.ward"),
        ("\n\n", ""),
    ],
)
def test_clean_text_keeps_the_words_and_their_lines(raw: str, clean: str) -> None:
    assert text.clean_text(raw) == clean


@pytest.mark.parametrize("control", ["\x0c", "\x0b", "\x85", "\x1c"])
def test_a_control_that_parts_two_words_does_not_glue_them(control: str) -> None:
    assert text.clean_text(f"ward{control}closed").split() == ["ward", "closed"]


TAGS = "\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("raw", "shown", "stored"),
    [
        ("a\u2028b\u2029c", "a\ufffdb\ufffdc", "a\nb\n\nc"),
        ("a\U000e0041\U000e0042b", "a\ufffd\ufffdb", "ab"),  # tags: letters that nobody sees
        (f"\U0001f3f4{TAGS} beds", f"\U0001f3f4{TAGS} beds", f"\U0001f3f4{TAGS} beds"),  # the flag of England
        (f"\U0001f3f4{TAGS[:-1]}", "\U0001f3f4" + "\ufffd" * 5, "\U0001f3f4"),  # not brought to its end
        (f"x{TAGS}", "x" + "\ufffd" * 6, "x"),
        ("葛\U000e0100城", "葛\U000e0100城", "葛\U000e0100城"),  # a form of a letter, as Japanese names need it
        ("a\U000e0100\U000e0101\U000e0102", "a\U000e0100\ufffd\ufffd", "a\U000e0100"),  # and bytes hidden behind one
        ("می\u200cخواهم \u200d\u200b\u2060\u00ad", "می\u200cخواهم \u200d\u200b\u2060\u00ad",
         "می\u200cخواهم \u200d\u200b\u2060\u00ad"),
        ("a\ufff9b\ufffac\ufffb\u206a\u2062\u180e", "a\ufffdb\ufffdc" + "\ufffd" * 4, "abc"),
        ("\u009b31m\u009d0;x\u009c\x7f", "\ufffd31m\ufffd0;x\ufffd\ufffd", "31m0;x"),
    ],
)  # fmt: skip
def test_what_is_hidden_is_not_shown_nor_stored_and_what_scripts_need_stays(raw: str, shown: str, stored: str) -> None:
    assert text.printable(raw) == shown
    assert text.clean_text(raw) == stored
    assert text.clean_text(stored) == stored


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("https://ann:secret@echo.example/feed: failed", "https://***@echo.example/feed: failed"),
        ("https://ann@echo.example", "https://***@echo.example"),
        ("x ftp://a:b@c:d@host/@me y", "x ftp://***@host/@me y"),
        ("https://echo.example/~a@b and ann@echo.example", "https://echo.example/~a@b and ann@echo.example"),
        ("https://e.example/f?token=abc&page=2: failed", "https://e.example/f?token=***&page=2: failed"),
        ("https://e.example/f?a=1&api_key=abc.", "https://e.example/f?a=1&api_key=***."),
        ("https://e.example/?access_token=a%3Db#c", "https://e.example/?access_token=***#c"),
        ("https://e.example/?monkey=ape&keys=1&design=x", "https://e.example/?monkey=ape&keys=1&design=x"),
        ("what is the key=1?", "what is the key=1?"),
    ],
)
def test_a_message_holds_no_password_and_no_key(message: str, shown: str) -> None:
    assert text.without_secrets(message) == shown


@pytest.mark.parametrize(
    "bait", ["a" * 200_000, "https://" * 30_000, "https://x?key=" + ":" * 100_000, "://@" * 50_000]
)
def test_looking_for_secrets_ends(bait: str) -> None:
    text.without_secrets(bait + " ://")


def test_a_login_is_taken_from_a_url_and_nothing_else() -> None:
    assert text.without_login("https://ann:pw@echo.example/a@b") == "https://echo.example/a@b"
    assert text.without_login("https://echo.example/a@b") == "https://echo.example/a@b"
    assert text.without_login("see https://ann:pw@echo.example") == "see https://ann:pw@echo.example"


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t1",
        "\r1",
        "\n1",
        " =1",
        '"=1"',
        '  "=1',
        "\u00a0=1",
        "＝1",
        "“=1",
        "'=1",
        "''=1",
    ],
)
def test_a_formula_is_made_a_text_and_comes_back(formula: str) -> None:
    safe = text.safe_cell(formula)
    assert safe == f"'{formula}"
    assert text.plain_cell(safe) == formula


@pytest.mark.parametrize("plain", ["Ward", "'tis a ward", "a=1", "1-2", "", "'", '"Beds" close', "  beds"])
def test_a_cell_that_is_no_formula_stays(plain: str) -> None:
    assert text.safe_cell(plain) == plain
    assert text.plain_cell(plain) == plain


@MANY
@given(st.text(st.sampled_from("'=+-@\t\r\n; \"“a1＝")))
def test_every_cell_comes_back(cell: str) -> None:
    assert text.plain_cell(text.safe_cell(cell)) == cell
    parts = re.split(r"[;\t\r\n]", text.safe_cell(cell))  # the cells that other programs may make of it
    assert not any(re.match(r"[\s\"“]*[=+\-@＝]", part) for part in parts)


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("A ward.\n\n=1+1", "A ward.\n\n'=1+1"),
        ("a;@SUM(A1); b", "a;'@SUM(A1); b"),
        ('a\t "=1"', 'a\t "\'=1"'),
        ("a;'=1", "a;''=1"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
        ("=1;=2\n-3", "'=1;'=2\n'-3"),
        ("a; b-c\nd = e", "a; b-c\nd = e"),
    ],
)
def test_nothing_behind_what_may_end_a_cell_is_a_formula(cell: str, safe: str) -> None:
    assert text.safe_cell(cell) == safe
    assert text.plain_cell(safe) == cell


def test_clean_line_is_one_line() -> None:
    assert text.clean_line("  A&E\n\n waits\u2028 grow\r\nagain ") == "A&E waits grow again"


@MANY
@given(ROUGH)
def test_printable_text_moves_no_cursor_and_keeps_its_length(raw: str) -> None:
    shown = text.printable(raw)
    assert not [c for c in shown if unsafe(c) and c not in "\n\t"]
    assert len(shown) == len(raw)


@MANY
@given(ROUGH)
def test_sentences_lose_no_letter_and_change_no_order(raw: str) -> None:
    found = text.sentences(raw)
    assert "".join("".join(found).split()) == "".join(raw.split())
    assert all(s.strip() == s != "" and "\n" not in s for s in found)


@pytest.mark.parametrize(
    "parts",
    [
        ["The ward shut.", "Nobody was told.", "Why?", "Ask the board!"],
        ["Dr. Amble and Mrs. Tove met Prof. Lind on St. Swithin's day.", "They agreed."],
        ["The letter from J. R. Hobb ran to No. 10 pages.", "It was ignored."],
        ["“We were not asked.”", "The union left."],
        ["It cost 3.5 million pounds.", "£2 million was lost."],
        ["The deal (signed in Feb. 2014) fell through.", "“Good,” said the nurse."],
        ["Patients waited… and waited.", "Then they went home."],
        ["État des lieux.", "Évidemment rien.", "« Écoutez ! »", "Être ou non."],
        ["Больница закрыта.", "Никто не знает почему."],
        ["Świat śpi.", "Żaden lekarz nie przyszedł."],
    ],
)
def test_sentences_end_where_a_reader_ends_them(parts: list[str]) -> None:
    assert text.sentences(" ".join(parts)) == parts


def test_a_line_end_ends_a_sentence() -> None:
    assert text.sentences("Beds to close\nThe trust said so.\n\nAgain") == [
        "Beds to close", "The trust said so.", "Again",
    ]  # fmt: skip


def test_signs_of_chinese_and_japanese_end_sentences_without_a_space() -> None:
    assert text.sentences("医院关闭了。“没有人知道。”为什么？") == ["医院关闭了。", "“没有人知道。”", "为什么？"]


def test_a_line_that_was_broken_at_a_column_goes_on() -> None:
    broken = "The trust sets out today how it will get through the winter, and\nsays so in a letter. The union left."
    assert text.sentences(broken) == [
        "The trust sets out today how it will get through the winter, and says so in a letter.", "The union left.",
    ]  # fmt: skip
    assert text.sentences("Trust sets out how it will get through the winter\nThe union left.")[1] == "The union left."


def test_checksum_is_sha256_of_utf8_and_takes_what_is_not_unicode() -> None:
    assert checksum("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert checksum("Café") == checksum("Caf\u00e9") != checksum("Cafe\u0301")
    assert len(checksum("\ud800")) == 64


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CAFÉ", "cafe"),
        ("Cafe\u0301", "Café"),
        ("the trust’s", "The Trust's"),
        ("‘choice’", "'choice'"),
        ("“choice”", '"choice"'),
        ("Große", "GROSSE"),
        ("ﬁve", "five"),
    ],
)
def test_fold_makes_equal_what_people_type_for_one_another(one: str, other: str) -> None:
    assert text.fold(one) == text.fold(other)


def test_fold_keeps_apart_what_differs() -> None:
    assert len({text.fold(w) for w in ("ward", "wards", "word", "w ard", "")}) == 5


@MANY
@given(ROUGH, st.integers(1, 40))
@example("hospital", 1)
def test_shortened_text_fits_on_one_line_and_is_the_beginning(raw: str, width: int) -> None:
    line = " ".join(raw.split())
    short = text.shorten(raw, width)
    assert len(short) <= width
    assert short == line or (short[-1] == "…" and line.startswith(short[:-1]) and len(line) > width)


def test_shortened_text_is_cut_at_a_word() -> None:
    assert text.shorten("Waiting lists, again the longest", 20) == "Waiting lists…"
    assert text.shorten("Otorhinolaryngology closes", 10) == "Otorhinol…"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("'http://ann:GE#HEIM@127.0.0.1/x' is none", "'http://***@127.0.0.1/x' is none"),
        ("http://ann:12/HE?IM@h/x@y: refused", "http://ann:12/HE?IM@h/x@y: refused"),  # a host, a port and a path
        ("http://ann:1a/HE IM@h/x@y: refused", "http://***@h/x@y: refused"),
        ("https://e.example:8080/@ann https://e.example:/@ann", "https://e.example:8080/@ann https://e.example:/@ann"),
        ("https://e.example/@ann https://e.example?q=a@b", "https://e.example/@ann https://e.example?q=a@b"),
        ("https://e.example: failed; ask ann@e.example", "https://e.example: failed; ask ann@e.example"),
        ("https://e.example:80: failed; ask ann@e.example", "https://e.example:80: failed; ask ann@e.example"),
        ("http://[::1]:80/@ann http://[::1]/a:b@c", "http://[::1]:80/@ann http://[::1]/a:b@c"),
        ("https://e.example/?client_secret=a1&page=2", "https://e.example/?client_secret=***&page=2"),
        ("https://e.example/?X-Amz-Signature=a1: no", "https://e.example/?X-Amz-Signature=***: no"),
        ("https://e.example/#token=a1", "https://e.example/#token=***"),
        ("https://e.example/?access%5Ftoken=a1&x", "https://e.example/?access%5Ftoken=***&x"),
        ("https://e.example/#key-figures=1", "https://e.example/#key-figures=1"),
        ("https://e.example/?author=a&keyword=b&passage=c", "https://e.example/?author=a&keyword=b&passage=c"),
    ],
)
def test_odd_passwords_and_keys_are_not_told_and_what_is_none_is(message: str, shown: str) -> None:
    assert text.without_secrets(message) == shown


@pytest.mark.parametrize(
    "url", ["http://ann:p#w@e.example/a@b", "ftp://ann:p/w@e.example/a@b", "s://ann:p w@e.example/a@b"]
)
def test_an_odd_login_is_taken_from_a_url(url: str) -> None:
    assert text.without_login(url).partition("://")[2] == "e.example/a@b"


@pytest.mark.parametrize(
    "bait",
    [
        "http://a:b#" * 30_000, "http://a:b#@" * 30_000, "http://a:b#@" + "x" * 300_000, "http://" + ":" * 200_000,
        "http://a:" + "1" * 200_000, "http://ann:x" + " " * 200_000, "http://" + "a:" * 100_000,
        "?" + "a_" * 150_000, "?" + "%5F" * 100_000, "#token=" * 60_000, "?key" * 60_000,
    ],
    ids=lambda bait: bait[:12],
)  # fmt: skip
def test_looking_for_odd_secrets_ends_soon(bait: str) -> None:
    start = time.process_time()
    text.without_secrets(bait + " ://")
    text.without_login(bait)
    assert time.process_time() - start < 2

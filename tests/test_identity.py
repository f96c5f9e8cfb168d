"""Which URLs name one article."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clipper.identity import canonical_url, same_site, url_key

MANY = settings(max_examples=60, deadline=None)
STORY = "https://fenwickecho.example/health/beds"


@pytest.mark.parametrize(
    "other",
    [
        STORY + "/",
        STORY + "#comments",
        STORY + "?utm_source=a&utm_medium=b&fbclid=c",
        STORY + "?CMP=share&at_campaign=x",
        STORY + "/index.html",
        STORY + "/index.html/",
        STORY + "/amp",
        STORY + "/amp/",
        STORY + ".amp",
        STORY + "?",
        " " + STORY + "\n",
        "http://fenwickecho.example/health/beds",
        "https://www.fenwickecho.example/health/beds",
        "https://m.fenwickecho.example/health/beds",
        "https://amp.fenwickecho.example/health/beds",
        "https://FenwickEcho.Example:443/health//beds",
        "http://fenwickecho.example.:80/health/%62eds",
    ],
)
def test_forms_of_one_url_have_one_key(other: str) -> None:
    assert url_key(other) == url_key(STORY) == "fenwickecho.example/health/beds"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (STORY, "https://fenwickecho.example/health/Beds"),
        (STORY, "https://fenwickecho.example:8443/health/beds"),
        (STORY, "https://health.fenwickecho.example/health/beds"),
        (STORY + "?page=1", STORY + "?page=2"),
        (STORY + "?a=b%26c%3Dd", STORY + "?a=b&c=d"),
        (STORY + "?q=caf%E9", STORY + "?q=caf%E8"),  # Latin-1, as old sites have it
        ("https://h.example/caf%E9", "https://h.example/caf%E8"),
        ("https://h.example/100%2525", "https://h.example/100%25"),
        ("https://h.example/revamp", "https://h.example/rev"),
        ("https://m.example/a", "https://example/a"),
        ("https://h.example/a%3Fb", "https://h.example/a?b"),
    ],
)
def test_urls_of_different_articles_have_different_keys(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://WWW.Fenwick.Example/", "http://www.fenwick.example"),
        ("https://h.example/a?z=1&b=2&utm_id=3", "https://h.example/a?b=2&z=1"),
        ("https://h.example/a?empty=", "https://h.example/a?empty="),
        ("https://h.example/%7ehobb/caf%c3%a9", "https://h.example/~hobb/caf%C3%A9"),
        ("https://h.example/café", "https://h.example/caf%C3%A9"),
        ("http://[2001:DB8::1]:8080/a/", "http://[2001:db8::1]:8080/a"),
        ("mailto:desk@fenwick.example", "mailto:desk@fenwick.example"),
        ("http://[broken/x", "http://[broken/x"),
        ("http://h.example:port/x", "http://h.example:port/x"),
        ("", ""),
    ],
)
def test_the_canonical_form_of_a_url(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


PARTS = st.lists(
    st.sampled_from(
        ["/", "a", "amp", ".amp", "index.html", "%25", "25", "%2F", "%61", "%E9", "é",
         "?", "&", "=", "utm_x", "#", " ", "+"]
    ),
    max_size=8,
)  # fmt: skip


@MANY
@given(PARTS)
@example(["/", "a", "/", "index.html", "/"])
@example(["/", "a", "/", "amp", "/", "amp"])
@example(["/", "%25", "25"])
def test_a_canonical_url_is_its_own_canonical_url(parts: list[str]) -> None:
    once = canonical_url("https://h.example" + "".join(parts))
    assert canonical_url(once) == once


@MANY
@given(st.one_of(st.text(st.characters()), st.text(st.characters()).map("http://h.example/".__add__)))
@example("http://h.example/\udcff")
@example("http://h.example/?q=\ud800")
@example("http://\ud800/")
def test_any_text_has_a_canonical_form_and_a_key(text: str) -> None:
    assert isinstance(canonical_url(text), str)
    assert isinstance(url_key(text), str)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (STORY, "http://www.fenwickecho.example/", True),
        (STORY, "https://m.fenwickecho.example?x=1", True),
        (STORY, "https://fenwickecho.example.org/health/beds", False),
        (STORY, "https://fenwickecho.example:8443/", False),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:8001/a", False),
        ("ftp://one.example/a", "ftp://two.example/a", False),
    ],
)
def test_same_site_is_about_the_host(one: str, other: str, same: bool) -> None:
    assert same_site(one, other) is same

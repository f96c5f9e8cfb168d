"""What a worker process tells comes back as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipper.collect.document import Page
from clipper.collect.facts import Facts
from clipper.collect.messages import page_of, to_message
from clipper.errors import FetchFailed, Refused

TEXT = st.text(st.characters(), max_size=60)  # half characters and controls too
SAID = st.none() | TEXT
NAMES = st.lists(TEXT, max_size=3).map(tuple)
FACTS = st.builds(
    Facts, url=SAID, title=SAID, outlet=SAID, authors=NAMES, published=SAID, language=SAID, excerpt=SAID,
    categories=NAMES,
)  # fmt: skip
PAGES = st.builds(Page, text=TEXT, stated=FACTS, guessed=FACTS, extractor=TEXT, partial=st.booleans())


def sent(found: Page | FetchFailed | Refused) -> Any:
    """Return a message after its way through a pipe, as one line."""
    line = json.dumps(to_message(found)).encode("utf-8", "surrogatepass")
    assert b"\n" not in line
    return json.loads(line)


@given(PAGES)
def test_a_page_comes_back_as_it_was(page: Page) -> None:
    found = page_of(sent(page))
    assert found == page
    assert hash(found.stated) == hash(page.stated)


@given(TEXT, st.booleans(), st.booleans())
def test_a_refusal_comes_back_as_it_was(cause: str, lasting: bool, expected: bool) -> None:
    with pytest.raises(Refused) as caught:
        page_of(sent(Refused(cause, lasting=lasting, expected=expected)))
    assert (str(caught.value), caught.value.lasting, caught.value.expected) == (cause, lasting, expected)


@given(TEXT)
def test_a_failure_comes_back_as_it_was(cause: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        page_of(sent(FetchFailed(cause)))
    assert str(caught.value) == cause

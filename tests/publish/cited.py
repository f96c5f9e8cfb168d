"""What the tests of the reference formats share: articles to give out, odd texts, and pandoc."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from clipper.coding.verdicts import Verdict
from clipper.models import Article
from clipper.publish.about import About
from clipper.publish.formats.names import Name
from clipper.publish.selection import Item

THEMES = {"privatisation": "Privatisation", "pay": "Pay, pensions & conditions"}
ABOUT = About(
    title="Clippings: Privatisation", moment="2026-01-02T03:04:05Z", query="theme:privatisation", themes=THEMES
)

needs_pandoc = pytest.mark.skipif(shutil.which("pandoc") is None, reason="pandoc is not installed")


def item(article: Article, *themes: str) -> Item:
    """Return an article as a selection gives it, with themes that people have given it."""
    return Item(article, None, [], [Verdict(theme, True, 0.9, None) for theme in themes], [])


def article(**more: Any) -> Article:
    """Return an article with everything that can be cited."""
    return Article(
        **{
            "id": "28a59fa0b1c2d3e4",
            "url": "https://lantern.example/news/hips_and-knees?page=1&part=50%25#top",
            "title": "Broken hips take the long road after NHS surgeons leave Marlstock: Who pays?",
            "outlet": "The Wexbury & Marlstock Lantern",
            "authors": ["Ian Quinn", "Jan van der Berg", "Press Association", "Al Smith Jr"],
            "published": "2014-11-07",
            "fetched": "2024-03-05T23:07:08Z",
            "language": "en",
            "text": "There were seven surgeons & 50% of them left. There are now two. A third is not given out.",
            "categories": ["Hospitals", "privatisation"],
            **more,
        }
    )


def pandoc(text: str, reader: str, *arguments: str) -> str:
    """Return what pandoc makes of a text."""
    command = ["pandoc", "-f", reader, *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, timeout=120).stdout


def pandoc_items(text: str, reader: str) -> list[dict[str, Any]]:
    """Return the references that pandoc reads in a text."""
    return list(json.loads(pandoc(text, reader, "-t", "csljson")))


# A style that says all that is to be cited, and nothing else; the usual ones leave the day of access out.
STYLE = """<?xml version="1.0" encoding="utf-8"?>
<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0">
  <info><title>All of it</title><id>all-of-it</id><updated>2026-01-01T00:00:00+00:00</updated></info>
  <citation><layout><text variable="title"/></layout></citation>
  <bibliography><layout delimiter=" " suffix=".">
    <names variable="author"><name and="text"/></names>
    <text variable="title" prefix=" | "/>
    <choose><if type="article-newspaper"><text value="in a newspaper" prefix=" | "/></if></choose>
    <text variable="container-title" prefix=" | "/>
    <date variable="issued" form="numeric" prefix=" | "/>
    <text variable="URL" prefix=" | "/>
    <date variable="accessed" form="numeric" prefix=" | seen "/>
  </layout></bibliography>
</style>
"""


def rendered(text: str, reader: str, folder: Path) -> str:
    """Return a list of references as pandoc's citation processor writes it, in one line."""
    style = folder / "all.csl"
    style.write_text(STYLE, "utf-8")
    return " ".join(pandoc(text, reader, "--citeproc", f"--csl={style}", "-t", "plain", "--wrap=none").split())


_ODD = "\\{}$%&#_~^<>|`'\"@=,;:!?()[]*/+-–— \t\n\r\x00\x0b\x1b\x85\u2028\u202e\ufeff\ufffe\uffffäßéÅŁ本語🙂\u0301aBnDé"
odd_text = st.text(st.sampled_from(_ODD), max_size=40) | st.text(max_size=40)
_CASES = (  # what has hurt some reader of these formats
    "ER  - ", "\nER  - \n", "TY  - NEWS\r\nTI  - x", "} @article{a, title={b}", "{", "}{", "{{}", "\\", "100%", "$x_1$",
    "]]>", "&amp; &lt;b&gt;", "<script>alert(1)</script>", "a -- b --- c", "``q'' ''q``", "A {B} c", "a and b",
    "\\end{x}", "=1+1", '"', "it's ‘so’", "@comment{x", "\x1b[31mred", "a,,b", "?`!`",
)  # fmt: skip
texts = st.sampled_from(_CASES) | odd_text
_first, _last = (
    st.sampled_from(("Ann", "Jo", "P. R.", "Jean-Luc", "Zoë")),
    st.sampled_from(("Marsh", "O'Brien", "van der Berg", "De Souza", "Ó Broin", "Smith Jr", "Press")),
)
signed = st.builds("{} {}".format, _first, _last) | st.sampled_from(("Press Association", "Unison"))
dates = st.sampled_from(("2014-11-07", "2014-11", "2014", None))

odd_articles = st.builds(
    functools.partial(article, id="00ff"),
    title=texts,
    outlet=st.none() | texts,
    authors=st.lists(signed, max_size=3, unique=True),
    published=dates,
    text=texts,
    categories=st.lists(texts, max_size=3),
    url=st.sampled_from((None, "https://a.example/x", "https://a.example/é{}|\\^%25?b=~_&c=#d")),
    language=st.none() | st.sampled_from(("en", "cy", "xx")),
)
# An article whose authors' names are anything at all: all but the names has to come through.
oddly_signed = st.builds(functools.partial(article, id="00ff"), authors=st.lists(texts, max_size=3))


def batch(articles: Sequence[Article]) -> list[Item]:
    """Return articles as items, each with an id of its own."""
    return [item(Article(**{**one.to_json(), "id": f"{n:010x}00"}), "pay") for n, one in enumerate(articles)]


def spoken(names: Sequence[Name]) -> tuple[str, ...]:
    """Return names in the order in which they are spoken."""
    return tuple(name.spoken for name in names)

"""A source that has not changed is not sent again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clipper.collect.validators import FULL_EVERY
from conftest import Ended, Project, Reply, Site, article_page

Run = Callable[..., Ended]
DATED = '<meta property="article:published_time" content="2014-11-07T09:00:00Z">'
MODIFIED = "Fri, 07 Nov 2014 09:00:00 GMT"


def _feed(site: Site, *paths: str, etag: str = '"one"') -> None:
    items = "".join(f"<item><link>{site.url(p)}</link></item>" for p in paths)
    body = f'<rss version="2.0"><channel><title>Echo</title>{items}</channel></rss>'.encode()
    full = Reply(body, headers={"ETag": etag, "Last-Modified": MODIFIED})
    site.conditional["/feed.xml"] = etag
    site.replies["/feed.xml"] = full
    for path in paths:
        site.page(path, article_page(f"Story {path}", head=DATED))


@pytest.fixture
def echo(project: Project, site: Site) -> str:
    source = f'[[source]]\nname = "echo"\nurl = "{site.url("/feed.xml")}"\n'
    project.configure(source)
    return source


def _conditions(site: Site) -> list[str | None]:
    """Return the ETags that the feed's requests named, in order."""
    return [h.get("if-none-match") for p, h in zip(site.asked, site.headers, strict=True) if p == "/feed.xml"]


def test_the_second_run_names_what_it_has_and_is_told_that_nothing_changed(
    inline: Run, project: Project, site: Site, echo: str
) -> None:
    _feed(site, "/a")
    assert inline("fetch").err == "clipper: echo: 1 added\n"
    second = inline("fetch")
    assert (second.code, second.err) == (0, "clipper: echo: not changed\n")
    assert _conditions(site) == [None, '"one"']
    assert project.lines("runs.jsonl")[-1]["sources"][0]["unchanged"] is True
    _feed(site, "/a", "/b", etag='"two"')
    assert inline("fetch").err == "clipper: echo: 1 added, 1 seen\n"
    assert len(project.articles()) == 2


def test_what_failed_is_asked_for_again_though_the_feed_has_not_changed(
    inline: Run, project: Project, site: Site, echo: str
) -> None:
    _feed(site, "/a", "/b")
    del site.replies["/b"]
    assert inline("fetch").code == 3
    site.page("/b", article_page("Story /b", head=DATED))
    assert inline("fetch").err == "clipper: echo: 1 added, 1 seen\n"
    assert inline("fetch").err == "clipper: echo: not changed\n"
    assert _conditions(site) == [None, None, '"one"']


def test_another_configuration_asks_for_the_whole_feed(inline: Run, project: Project, site: Site, echo: str) -> None:
    _feed(site, "/a", "/b")
    project.configure(echo + 'match = ["/a"]\n')
    assert inline("fetch").err == "clipper: echo: 1 added\n"
    project.configure(echo)
    assert inline("fetch").err == "clipper: echo: 1 added, 1 seen\n"


def test_now_and_then_the_whole_feed_is_asked_for_and_a_lying_server_is_believed_no_more(
    inline: Run, project: Project, site: Site, echo: str
) -> None:
    _feed(site, "/a")
    inline("fetch")
    _feed(site, "/a", "/b")  # more in it, under the same ETag
    for _ in range(FULL_EVERY):
        assert inline("fetch").err == "clipper: echo: not changed\n"
    assert inline("fetch").err == "clipper: echo: 1 added, 1 seen\n"
    assert _conditions(site)[-1] is None
    assert inline("fetch").err == "clipper: echo: 0 added, 2 seen\n"
    assert _conditions(site)[-1] is None


@pytest.mark.parametrize("stored", ["{", "[]", '{"echo": 5}', '{"echo": {"etag": "a\\r\\nCookie: b"}}', None])
def test_a_damaged_memory_costs_a_full_answer_and_no_more(
    inline: Run, project: Project, site: Site, echo: str, stored: str | None
) -> None:
    _feed(site, "/a")
    inline("fetch")
    path = project.archive / "cache" / "validators.json"
    if stored is None:
        path.write_text(path.read_text().replace('\\"one\\"', "a\\r\\nCookie: b"))
    else:
        path.write_text(stored)
    assert inline("fetch").err == "clipper: echo: 0 added, 1 seen\n"
    assert _conditions(site) == [None, None]
    assert all("cookie" not in h for h in site.headers)

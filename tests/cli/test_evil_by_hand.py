"""Strangers' servers as a person meets them, with ``add`` and ``sources``; and a login that only one host may hear."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from collect.evil import lists, night
from collect.evil.server import Call, Host, Servers
from collect.evil.table import ADDED, ALL, Evil
from conftest import Ended, Project, Site, article_page

Inline = Callable[..., Ended]
PASSWORD = "pa55word"

# Those that show another way through than the run of them all: quick ones, one of each sort.
BY_NAME = {evil.name: evil for evil in ALL}
BY_HAND = [
    "accepts and closes", "headers without end", "10,000 headers", "a body without end", "a gzip bomb of 10 GB",
    "a loop of redirects", "a redirect to the cloud's metadata", "a redirect to a file", "half a million links",
    "two answers to one request",
]  # fmt: skip
AS_SOURCES = ["a feed of 15 MB of entries", "a listing of 500,000 links", "a sitemap of itself", "a feed that is empty"]


def hosts_of(names: list[str]) -> dict[str, Host]:
    return {name: Host({BY_NAME[name].at: BY_NAME[name].answer, **dict(BY_NAME[name].also)}) for name in names}


def test_what_is_added_by_hand_ends_as_in_a_fetch(project: Project, inline: Inline) -> None:
    assert night.FILES
    hosts = hosts_of(BY_HAND)
    with Servers(hosts.values()):
        urls = {host.url(BY_NAME[name].at): BY_NAME[name] for name, host in hosts.items()}
        ended = inline("add", "--json", *urls)
    assert ended.code == 3
    told = {one["target"]: (one["status"], one["cause"] or "") for one in ended.json}
    for url, evil in urls.items():
        status, cause = told[url]
        assert status == evil.status, evil.name
        assert status == ADDED or re.fullmatch(evil.cause, cause), evil.name
    assert len(project.articles()) == 1


@pytest.mark.parametrize("name", AS_SOURCES)
def test_a_source_that_is_looked_at_by_hand_ends_with_a_line(project: Project, inline: Inline, name: str) -> None:
    evil: Evil = BY_NAME[name]
    host = hosts_of([name])[name]
    with Servers([host]):
        url = host.url(evil.at)
        project.configure(f'[[source]]\nname = "evil"\nurl = "{url}"\nkind = "{evil.kind}"\n')
        checked = inline("sources", "check", "--live")
        added = inline("sources", "add", url, "--dry-run")
    assert checked.code in ((4,) if evil.cause else (0,))
    assert re.search(evil.cause, checked.out + checked.err)
    assert added.code in (0, 1, 2, 3, 4, 6)
    assert "unexpected" not in checked.err + added.err


def test_a_login_in_a_stranger_s_link_is_sent_told_and_kept_nowhere(project: Project, inline: Inline) -> None:
    paper = Host({path: lists._story(f"A story behind a login {path}") for path in ("/a", "/b")})

    async def feed(call: Call) -> None:
        login = call.base.replace("://", f"://stranger:{PASSWORD}@")
        await call.reply(
            f'<rss version="2.0"><channel><item><link>{login}/a</link></item></channel></rss>',
            content_type="application/rss+xml",
        )

    paper.answers["/feed"] = feed
    with Servers([paper]):
        project.configure(f'[[source]]\nname = "paper"\nurl = "{paper.url("/feed")}"\n')
        ended = [inline("fetch"), inline("add", paper.url("/b").replace("://", f"://reader:{PASSWORD}@"))]
    assert [one.code for one in ended] == [0, 0]
    assert {a["url"] for a in project.articles()} == {paper.url("/a"), paper.url("/b")}
    assert all(headers["Authorization"] is None for headers in paper.headers)
    for path in project.archive.rglob("*"):
        assert not (path.is_file() and PASSWORD.encode() in path.read_bytes()), path
    for one in ended:
        assert PASSWORD not in one.out + one.err


def test_a_page_that_says_it_is_another_host_s_article_does_not_stand_for_it(
    new_site: Callable[[], Site], project: Project, inline: Inline
) -> None:
    paper, thief = new_site(), new_site()
    real = paper.page("/real", article_page("The real story"))
    link = f'<link rel="canonical" href="{real}"><meta property="og:url" content="{real}">'
    stolen = thief.page(
        "/stolen", article_page("A false story", "Nothing here is what the other paper said.", head=link)
    )
    for order in ((stolen, real), (real, stolen)):
        assert inline("add", *order).code == 0
    found = {a["url"]: a["title"] for a in project.articles()}
    assert found == {real: "The real story", stolen: "A false story"}

"""A password never leaves: it is not printed, not kept and not sent to anybody else."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

from conftest import Ended, Project, Site, article_page

Run = Callable[..., Ended]
SECRET = "s3cr3tw0rd"
BASIC = "YW5uOnMzY3IzdHcwcmQ="  # ann and the word above, as a request would send them


def kept(folder: Path) -> list[str]:
    """Return the files below a folder that hold the secret, plain or packed."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            raw += gzip.decompress(raw) if path.name.endswith(".gz") else b""
            if SECRET.encode() in raw or BASIC.encode() in raw:
                found.append(path.name)
    return found


def test_a_password_in_a_url_is_neither_printed_nor_kept_nor_sent(project: Project, site: Site, inline: Run) -> None:
    login = f"http://ann:{SECRET}@127.0.0.1:{site.port}"
    site.page("/one", article_page("Ward one"))
    site.page("/two", article_page("Ward two"))
    site.page(
        "/feed.xml",
        f"<rss><channel><item><title>Ward one</title><link>{login}/one</link></item>"
        f"<item><title>Lost</title><link>{login}/lost</link></item></channel></rss>",
        content_type="application/rss+xml",
    )
    project.configure(f'[[source]]\nname = "echo"\nurl = "{site.url("/feed.xml")}"\n')
    said = [
        inline("fetch", "--json"),
        inline("add", f"{login}/two", f"{login}/nowhere", "--json"),
        inline("sources", "discover", f"{login}/feed.xml"),
        inline("sources", "add", f"{login}/feed.xml", "--dry-run"),
        inline("search", "ward", "--json"),
        inline("show", project.articles()[0]["id"]),
    ]
    assert [ended.code for ended in said] == [3, 3, 0, 0, 0, 0], said
    assert len(project.articles()) == 2
    assert [ended for ended in said if SECRET in ended.out + ended.err] == []
    assert "without the name and password" in said[1].err
    assert kept(project.folder) == []
    assert not [headers for headers in site.headers if "authorization" in headers]


def test_a_configuration_with_a_password_is_refused_without_telling_it(project: Project, inline: Run) -> None:
    project.configure(f'[[source]]\nname = "echo"\nurl = "https://ann:{SECRET}@echo.example/feed"\n')
    ended = inline("sources")
    assert ended.code == 2
    assert SECRET not in ended.err + ended.out
    assert "config.toml:9: 'url' holds a name or a password" in ended.err


ODD = ("GE#" + SECRET, "GE/" + SECRET, "GE?" + SECRET, "GE " + SECRET)  # what stands in no address unescaped


def test_a_password_that_no_address_may_hold_is_found_all_the_same(project: Project, site: Site, inline: Run) -> None:
    host = f"127.0.0.1:{site.port}"
    site.page("/two", article_page("Ward two"))
    items = "".join(
        f"<item><title>Ward {n}</title><link>http://ann:{one}@{host}/{n}</link></item>" for n, one in enumerate(ODD)
    )
    rss = f"<rss><channel>{items}</channel></rss>"
    site.page("/feed.xml", rss, content_type="application/rss+xml")
    project.configure(f'[[source]]\nname = "echo"\nurl = "{site.url("/feed.xml")}"\n')
    reference = "TY  - NEWS\nTI  - Wards to close at Easter\nUR  - http://ann:{}@{}/{}\nER  - \n"
    (project.folder / "list.ris").write_text("".join(reference.format(one, host, n) for n, one in enumerate(ODD)))
    said = [
        inline("fetch", "--json"),
        *(inline("add", f"http://ann:{one}@{host}/two", "--json") for one in ODD),
        inline("add", f"ftp://ann:{SECRET}@{host}/two", f"ftp://ann:{ODD[0]}@{host}/two", "--json"),
        inline("add", "list.ris", "--json"),
        inline("sources", "discover", f"ftp://ann:{SECRET * 9}@{host}/"),
        inline("sources", "add", f"http://ann:{ODD[0] * 9}@{host}/nowhere"),
    ]
    assert [ended for ended in said if SECRET in ended.out + ended.err] == []
    assert [ended.code for ended in said[1:5]] == [0, 0, 0, 0], said
    assert kept(project.folder / "data") == []
    assert {f"/{number}" for number in range(4)} <= set(site.asked)  # what a feed links to is asked for without it
    assert [one["target"] for one in said[5].json] == [f"ftp://{host}/two"] * 2


def test_a_configuration_with_such_a_password_is_refused_without_telling_it(project: Project, inline: Run) -> None:
    for odd in ODD:
        project.configure(f'[[source]]\nname = "echo"\nurl = "https://ann:{odd}@echo.example/feed"\n')
        ended = inline("sources")
        assert ended.code == 2
        assert SECRET not in ended.err + ended.out
        assert "config.toml:9: 'url' holds a name or a password" in ended.err


def test_one_feed_with_a_password_does_not_keep_the_others_from_being_imported(project: Project, inline: Run) -> None:
    login = f"https://ann:{SECRET}@union.example/feed"
    (project.folder / "feeds.opml").write_text(
        f'<opml version="2.0"><body><outline text="{login}" xmlUrl="{login}"/>'
        '<outline text="The Echo" xmlUrl="https://echo.example/feed"/></body></opml>'
    )
    ended = inline("sources", "import", "feeds.opml")
    assert ended.code == 0, ended.err
    assert "feeds.opml: https://union.example/feed: taken without the name and password in it" in ended.err
    assert SECRET not in ended.out + ended.err + (project.folder / "config.toml").read_text()
    urls = [one["url"] for one in inline("sources", "--json").json]
    assert urls == ["https://union.example/feed", "https://echo.example/feed"]


def test_the_key_of_a_feed_is_not_told_to_whoever_reads_the_messages(project: Project, site: Site, inline: Run) -> None:
    project.configure(f'[[source]]\nname = "echo"\nurl = "{site.url("/feed.xml")}?token={SECRET}"\n')
    ended = inline("fetch")
    assert ended.code == 4
    assert "/feed.xml?token=***" in ended.err or SECRET not in ended.err
    assert SECRET not in ended.err
    assert f"/feed.xml?token={SECRET}" in site.asked  # it is a part of the address, and the host gets it

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


def test_the_key_of_a_feed_is_not_told_to_whoever_reads_the_messages(project: Project, site: Site, inline: Run) -> None:
    project.configure(f'[[source]]\nname = "echo"\nurl = "{site.url("/feed.xml")}?token={SECRET}"\n')
    ended = inline("fetch")
    assert ended.code == 4
    assert "/feed.xml?token=***" in ended.err or SECRET not in ended.err
    assert SECRET not in ended.err
    assert f"/feed.xml?token={SECRET}" in site.asked  # it is a part of the address, and the host gets it

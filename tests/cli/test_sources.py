"""`clipper sources` as its users see it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from conftest import Ended, Project, Site, article_page, wait_until

Run = Callable[..., Ended]

DATED = '<meta property="article:published_time" content="2014-11-07T09:00:00Z">'


def source(name: str, url: str, *more: str) -> str:
    return "\n".join(["[[source]]", f'name = "{name}"', f'url = "{url}"', *more, ""])


def feed(site: Site, path: str = "/feed.xml", title: str = "The Fenwick Echo", ttl: str = "") -> str:
    items = "".join(
        f"<item><title>Story number {n}</title><link>{{base}}/story/{n}</link><guid>{n}</guid>"
        f"<description>{'NHS' if n % 2 else 'Sport'}</description><pubDate>{n:02} Nov 2014 09:00 GMT</pubDate></item>"
        for n in range(1, 9)
    )
    for n in range(1, 9):
        site.page(f"/story/{n}", article_page(f"Story number {n}", head=DATED))
    return site.page(path, f'<rss version="2.0"><channel><title>{title}</title>{ttl}{items}</channel></rss>')


def front(site: Site) -> str:
    feed(site)
    return site.page("/", '<title>Echo</title><link rel="alternate" type="application/rss+xml" href="/feed.xml">')


def config(project: Project) -> str:
    return (project.folder / "config.toml").read_bytes().decode()


# -- list -------------------------------------------------------------------------------------------------


def test_the_list_fits_a_terminal_and_cuts_no_address(inline: Run, project: Project) -> None:
    long = "https://post.example/" + "a" * 55
    project.configure(source("echo", "https://echo.example/feed") + source("the-long-post", long, 'kind = "sitemap"'))
    for ended in (inline("sources"), inline("sources", "list")):
        assert (ended.code, ended.err) == (0, "")
        assert ended.out.splitlines() == [
            "echo           feed     https://echo.example/feed",
            "the-long-post  sitemap",
            f"  {long}",
        ]
        assert max(map(len, ended.out.splitlines())) <= 80


def test_the_list_as_json_has_every_key(inline: Run, project: Project) -> None:
    project.configure(source("echo", "https://echo.example/", 'kind = "listing"', 'links = "h2 a"', 'match = ["a"]'))
    for ended in (inline("sources", "--json"), inline("sources", "list", "--json")):
        assert ended.json == [
            {
                "name": "echo", "url": "https://echo.example/", "kind": "listing", "outlet": None, "match": ["a"],
                "drop": [], "since": None, "full_text": False, "links": "h2 a", "pattern": None, "next": None,
                "pages": 1,
            }
        ]  # fmt: skip


def test_without_sources_the_way_to_one_is_told(inline: Run, project: Project) -> None:
    ended = inline("sources")
    assert (ended.code, ended.out) == (0, "")
    assert "clipper sources add URL" in ended.err
    ended = inline("sources", "check")
    assert (ended.code, "clipper sources add URL" in ended.err) == (2, True)


def test_the_configuration_may_be_named_before_and_after_each_word(
    clipper: Run, project: Project, tmp_path: Path
) -> None:
    project.configure(source("echo", "https://echo.example/feed"))
    named = ["--config", str(project.folder / "config.toml")]
    for words in ([*named, "sources", "list"], ["sources", *named, "list"], ["sources", "list", *named]):
        ended = clipper(*words, cwd=tmp_path)
        assert (ended.code, "echo.example" in ended.out) == (0, True)


def test_a_faulty_selector_is_told_with_its_line(inline: Run, project: Project) -> None:
    project.configure(source("echo", "https://echo.example/", 'kind = "listing"', 'links = "h2 a["'))
    ended = inline("sources")
    assert ended.code == 2
    assert "config.toml:11: 'links' is no CSS selector" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_slip_of_the_pen_is_told_with_the_nearest_word(inline: Run, project: Project) -> None:
    ended = inline("sources", "chekc")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "clipper: no such command 'chekc'; did you mean 'check'? (clipper sources --help)\n"
    ended = inline("sources", "add")
    assert (ended.code, ended.err) == (2, "clipper: Missing argument 'URL' (clipper sources --help)\n")


# -- discover ---------------------------------------------------------------------------------------------


def test_what_a_site_offers_is_listed_and_nothing_is_changed(clipper: Run, project: Project, site: Site) -> None:
    before = config(project)
    url = front(site)
    ended = clipper("sources", "discover", url)
    assert ended.code == 0
    assert ended.out.splitlines() == [
        f"feed     {site.url('/feed.xml')}",
        "         “The Fenwick Echo”, 8 entries, newest 8 November 2014, about 7 a week",
    ]
    assert f"clipper: asking {url}" in ended.err
    assert clipper("sources", "discover", "--json", url).json == [
        {
            "kind": "feed", "url": site.url("/feed.xml"), "title": "The Fenwick Echo", "entries": 8,
            "newest": "2014-11-08", "per_week": 7.0, "sitemaps": 0, "comments": False,
        }
    ]  # fmt: skip
    assert config(project) == before


def test_a_site_without_anything_and_one_that_cannot_be_read(inline: Run, project: Project, site: Site) -> None:
    site.page("/", "<p>Hello")
    ended = inline("sources", "discover", site.url("/"))
    assert (ended.code, ended.out) == (1, "")
    assert "no feed, sitemap or list of headlines found" in ended.err
    ended = inline("sources", "discover", site.url("/gone"))
    assert ended.code == 4
    assert f"{site.url('/gone')}: the server answered 404 Not Found" in ended.err
    ended = inline("sources", "discover", "ftp://echo.example")
    assert (ended.code, "no web address" in ended.err) == (2, True)


def test_a_host_that_is_private_is_refused_unless_it_is_named(inline: Run, project: Project, site: Site) -> None:
    (project.folder / "config.toml").write_text("[clipper]\n")
    ended = inline("sources", "add", front(site))
    assert ended.code == 4
    assert "allow_hosts" in ended.err
    assert site.asked == []


# -- add --------------------------------------------------------------------------------------------------


def test_a_site_is_added_by_its_front_page_and_can_be_fetched(clipper: Run, project: Project, site: Site) -> None:
    before = config(project)
    ended = clipper("sources", "add", front(site))
    assert ended.code == 0
    assert ended.out.splitlines() == [
        f"feed  {site.url('/feed.xml')}",
        "  “The Fenwick Echo”, 8 entries, newest 8 November 2014, about 7 a week",
        *(f"    2014-11-{n:02}  Story number {n}" for n in (8, 7, 6, 5, 4)),
        "",
        "[[source]]",
        'name = "fenwick-echo"',
        f'url = "{site.url("/feed.xml")}"',
    ]
    assert "config.toml: added 'fenwick-echo'; collect from it with: clipper fetch fenwick-echo" in ended.err
    assert config(project) == f'{before}\n[[source]]\nname = "fenwick-echo"\nurl = "{site.url("/feed.xml")}"\n'
    assert clipper("fetch").code == 0
    assert len(project.articles()) == 8


def test_every_option_ends_up_in_the_file(clipper: Run, project: Project, site: Site) -> None:
    url = front(site)
    ended = clipper(
        "sources", "add", url, "--name", "Echo's own", "--outlet", 'The "Fenwick" Echo', "--match", "nhs",
        "--match", "ward", "--drop", "football", "--since", "2014-11-04", "--full-text", "--yes", "--json",
    )  # fmt: skip
    assert ended.code == 0
    assert ended.json[0]["status"] == "added"
    (stored,) = clipper("sources", "--json").json
    assert stored == {
        "name": "Echo's own", "url": site.url("/feed.xml"), "kind": "feed", "outlet": 'The "Fenwick" Echo',
        "match": ["nhs", "ward"], "drop": ["football"], "since": "2014-11-04", "full_text": True, "links": None,
        "pattern": None, "next": None, "pages": 1,
    }  # fmt: skip


def test_the_preview_tells_what_the_words_let_in_and_what_is_there_already(
    clipper: Run, project: Project, site: Site
) -> None:
    front(site)
    assert clipper("add", site.url("/story/1"), site.url("/story/7"), site.url("/story/8")).code == 0
    ended = clipper("sources", "add", site.url("/"), "--match", "NHS", "--dry-run")
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert "  4 of them after --match, --drop and --since" in lines
    assert "  2 in the archive already" in lines
    assert [line for line in lines if line.startswith("    ")] == [
        f"    2014-11-{n:02}  Story number {n}" for n in (7, 5, 3, 1)
    ]


def test_a_dry_run_changes_nothing(inline: Run, project: Project, site: Site) -> None:
    before = config(project)
    ended = inline("sources", "add", front(site), "--dry-run")
    assert (ended.code, config(project)) == (0, before)
    assert "nothing was added (--dry-run)" in ended.err
    assert 'name = "fenwick-echo"' in ended.out


def test_what_is_configured_already_is_not_added_again(inline: Run, project: Project, site: Site) -> None:
    url = front(site)
    project.configure(source("echo", site.url("/feed.xml")))
    before = config(project)
    ended = inline("sources", "add", site.url("/feed.xml?utm_source=x"))
    assert ended.code == 0
    assert "configured already as 'echo'; nothing was added" in ended.err
    assert site.asked == []
    ended = inline("sources", "add", url, "--json")
    assert (ended.code, ended.json[0]["status"], ended.json[0]["name"]) == (0, "there", "echo")
    assert config(project) == before


def test_a_listing_is_added_with_its_selectors(clipper: Run, project: Project, site: Site) -> None:
    teasers = "".join(f'<div class="t"><a href="/story/{n}">No. {n}</a></div>' for n in (1, 2))
    feed(site)
    site.page("/news", f'<title>Echo news</title>{teasers}<a class="older" href="/news?2">Older</a>')
    ended = clipper(
        "sources", "add", site.url("/news"), "--links", ".t", "--pattern", r"/story/\d+", "--next", "a.older",
        "--pages", "3",
    )  # fmt: skip
    assert ended.code == 0, ended.err
    assert "No. 1" in ended.out
    assert ended.out.endswith(
        f'name = "echo-news"\nurl = "{site.url("/news")}"\nkind = "listing"\nlinks = ".t"\n'
        "pattern = '/story/\\d+'\nnext = \"a.older\"\npages = 3\n"
    )
    assert clipper("fetch").code in (0, 3)
    assert len(project.articles()) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "07/11/2014"], "'since' must be a date such as 2014-11-07, not '07/11/2014'"),
        (["--name", "added"], "'name' must be a word of your own"),
        (["--name", "ECHO"], "a source named 'ECHO' is configured already"),
        (["--match", " "], "'match' must be a list of words"),
        (["--links", "a["], "'links' is no CSS selector"),
        (["--pattern", "("], "'pattern' is no regular expression"),
        (["--next", ".older"], "'next' has no effect without 'pages'"),
        (["--kind", "feed", "--links", "a"], "'links' is for kind = \"listing\""),
        (["--kind", "fed"], "'fed'"),
        (["--pages", "51"], "51"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_asked_for(
    inline: Run, project: Project, site: Site, options: list[str], said: str
) -> None:
    project.configure(source("echo", "https://echo.example/feed"))
    before = config(project)
    ended = inline("sources", "add", front(site), *options)
    assert ended.code == 2
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1
    assert (site.asked, config(project)) == ([], before)


def test_what_is_not_of_the_kind_that_was_asked_for_is_told(inline: Run, project: Project, site: Site) -> None:
    before = config(project)
    ended = inline("sources", "add", front(site), "--kind", "sitemap")
    assert ended.code == 4
    assert f"{site.url('/')}: not a sitemap" in ended.err
    assert config(project) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="nobody forbids root to write")
def test_a_folder_that_cannot_be_written_is_told(clipper: Run, project: Project, site: Site) -> None:
    url, before = front(site), config(project)
    project.folder.chmod(0o500)
    ended = clipper("sources", "add", url)
    project.folder.chmod(0o700)
    assert (ended.code, config(project)) == (6, before)
    assert "config.toml: cannot be written (Permission denied); nothing was added" in ended.err


def test_a_file_that_cannot_be_added_to_is_left_as_it_is(inline: Run, project: Project, site: Site) -> None:
    (project.folder / "config.toml").write_text(
        f'source = [{{name = "a", url = "https://a.example"}}]\n[clipper]\n[fetch]\nallow_hosts = ["{site.host}"]\n'
    )
    before = config(project)
    ended = inline("sources", "add", front(site))
    assert (ended.code, config(project)) == (2, before)
    assert "config.toml:" in ended.err


def test_titles_of_strangers_do_not_move_the_cursor(inline: Run, project: Project, site: Site) -> None:
    feed(site, title="Echo&#27;[2J\u202eevil")
    body = site.replies["/feed.xml"].body.decode().replace("Story number 8", "Story\x9b2J &amp;#27;[2J")  # type: ignore[union-attr]
    site.page("/feed.xml", body)
    ended = inline("sources", "add", site.url("/feed.xml"), "--yes")
    assert ended.code == 0
    shown = ended.out + ended.err
    assert not any(c in shown for c in "\x1b\x9b\u202e")
    assert "\x1b" not in config(project)


def answer(words: list[str], typed: bytes, project: Project) -> tuple[int, str]:
    """Run the command on a terminal of its own, type an answer to its question; return its exit code and its screen."""
    main, side = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "clipper", *words], stdin=side, stdout=side, stderr=side, cwd=project.folder
    )
    os.close(side)
    os.set_blocking(main, False)
    seen = b""

    def more() -> bytes:
        nonlocal seen
        try:
            seen += os.read(main, 4096)
        except BlockingIOError:
            pass
        except OSError:  # the other side is closed
            return seen
        return seen

    wait_until(lambda: b"[Y/n]" in more(), 30)
    os.write(main, typed)
    wait_until(lambda: bool(more()) and process.poll() is not None, 30)
    more()
    os.close(main)
    return process.returncode, seen.decode()


@pytest.mark.parametrize(("typed", "added"), [(b"n\n", False), (b"y\n", True), (b"\n", True)])
def test_on_a_terminal_one_is_asked(project: Project, site: Site, typed: bytes, added: bool) -> None:
    code, screen = answer(["sources", "add", front(site)], typed, project)
    assert code == 0, screen
    assert ("fenwick-echo" in config(project)) is added
    assert ("nothing was added" in screen) is not added


# -- check ------------------------------------------------------------------------------------------------


def remember(project: Project, weeks_ago: float, **report: object) -> None:
    at = (datetime.now(UTC) - timedelta(weeks=weeks_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    run = {"command": "fetch", "started": at, "ended": at, "version": "1", "sources": [{"source": "echo", **report}]}
    with (project.archive / "runs.jsonl").open("a") as file:
        file.write(json.dumps(run) + "\n")


def test_how_sources_fare_is_told_from_what_runs_recorded(inline: Run, project: Project) -> None:
    project.configure(source("echo", "https://echo.example/feed") + source("post", "https://post.example/feed"))
    remember(project, 4, added=40)
    remember(project, 2, added=8)
    remember(project, 1, error="https://echo.example/feed: the server\x1b[2J answered 503")
    remember(project, 0.5, error="https://echo.example/feed: the host was not found")
    ended = inline("sources", "check")
    assert (ended.code, ended.err) == (0, "")
    head, echo, cause, post = ended.out.splitlines()
    assert head.split() == ["SOURCE", "LAST", "SUCCESS", "A", "WEEK", "NEXT", "CHECK", "(UTC)"]
    assert echo.split()[0] == "echo"
    assert echo.split()[-2:] == ["2", "now"]
    assert cause.startswith("  failed 2 times in a row, last 20")
    assert cause.endswith(": the host was not found")
    assert post.split() == ["post", "never", "-", "now"]
    assert all(len(line) <= 80 for line in ended.out.splitlines())
    both = inline("sources", "check", "--json").json
    assert [one["source"] for one in both] == ["echo", "post"]
    assert (both[0]["per_week"], both[0]["failures_in_row"], both[0]["cause"]) == (2.0, 2, "the host was not found")
    assert both[1] == {
        "source": "post", "url": "https://post.example/feed", "last_success": None, "last_error": None, "cause": None,
        "failures_in_row": 0, "per_week": None, "next_check": both[1]["next_check"],
    }  # fmt: skip
    assert [one["source"] for one in inline("sources", "check", "POST", "--json").json] == ["post"]
    ended = inline("sources", "check", "pots")
    assert (ended.code, "did you mean 'post'" in ended.err) == (2, True)


def test_what_the_cache_remembers_puts_the_next_check_off(inline: Run, project: Project) -> None:
    from clipper.collect.schedule import States

    project.configure(source("echo", "https://echo.example/feed"))
    states = States(project.archive / "cache")
    now = datetime.now(UTC)
    states.succeeded("echo", now, 7200.0)
    states.save()
    (one,) = inline("sources", "check", "--json").json
    due = datetime.fromisoformat(one["next_check"])
    assert timedelta(minutes=107) < due - now < timedelta(minutes=109)
    assert one["last_success"] is not None


def test_a_fetch_is_told_by_the_check(clipper: Run, project: Project, site: Site) -> None:
    project.configure(source("echo", feed(site)) + source("gone", site.url("/gone.xml")))
    assert clipper("fetch").code == 3
    echo, gone = clipper("sources", "check", "--json").json
    assert (echo["last_success"] is not None, echo["cause"]) == (True, None)
    assert (gone["last_success"], gone["failures_in_row"]) == (None, 1)
    assert gone["cause"] == "the server answered 404 Not Found"


def test_sources_are_asked_now_when_one_wants_it(inline: Run, project: Project, site: Site) -> None:
    project.configure(source("echo", feed(site)) + source("gone", site.url("/gone.xml")))
    ended = inline("sources", "check", "--live")
    assert ended.code == 3
    assert ended.out.splitlines() == [
        "echo: “The Fenwick Echo”, 8 entries, newest 8 November 2014, about 7 a week",
        f"gone: failed: {site.url('/gone.xml')}: the server answered 404 Not Found",
    ]
    assert inline("sources", "check", "--live", "gone").code == 4
    assert inline("sources", "check", "--live", "echo", "--json").json == [
        {"source": "echo", "url": site.url("/feed.xml"), "entries": 8, "cause": None}
    ]
    assert project.articles() == []


# -- import and export ------------------------------------------------------------------------------------

OPML = """<opml version="2.0"><head/><body><outline text="Health"><outline text="Unions">
<outline type="rss" text="Valley Union" xmlUrl="https://union.example/feed"/></outline></outline>
<outline type="rss" text="The Echo" xmlUrl="https://www.echo.example/feed/"/>
<outline type="rss" text="Desk" xmlUrl="mailto:desk@echo.example"/></body></opml>"""


def test_a_feed_readers_export_is_imported_at_once(clipper: Run, project: Project, tmp_path: Path) -> None:
    project.configure("# Zoë's\n" + source("mine", "https://echo.example/feed"))
    before = config(project)
    file = tmp_path / "feeds.opml"
    file.write_text(OPML, "utf-8")
    assert clipper("sources", "import", str(file), "--dry-run").out == "valley-union  https://union.example/feed\n"
    assert config(project) == before
    ended = clipper("sources", "import", str(file))
    assert ended.code == 3
    assert ended.out == "valley-union  https://union.example/feed\n"
    assert "https://www.echo.example/feed/: configured already as 'mine'" in ended.err
    assert f"{file}: left out: no web address: Desk (mailto:desk@echo.example)" in ended.err
    assert "added 1 source; collect from them with: clipper fetch" in ended.err
    assert config(project) == (
        before + "\n[[source]]\n# from the folder Health / Unions\n"
        'name = "valley-union"\nurl = "https://union.example/feed"\n'
    )
    again = clipper("sources", "import", str(file), "--json")
    assert [(one["name"], one["status"]) for one in again.json] == [("valley-union", "there"), ("mine", "there")]
    assert "nothing was added" in again.err


def test_what_is_exported_can_be_imported_elsewhere(clipper: Run, project: Project, tmp_path: Path) -> None:
    both = source("echo", "https://echo.example/feed", 'match = ["NHS"]') + source(
        "list", "https://list.example/", 'kind = "listing"', 'links = "h2 a"'
    )
    project.configure(both)
    stored = clipper("sources", "--json").json
    out = tmp_path / "out.opml"
    ended = clipper("sources", "export", str(out))
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "clipper: 1 source that feed readers will pass over, being no feeds: list\n"
    piped = clipper("sources", "export").out
    project.configure()
    assert clipper("sources", "import", "-", stdin=piped.encode()).code == 0
    assert clipper("sources", "--json").json == stored
    project.configure()
    assert clipper("sources", "import", str(out)).code == 0
    assert clipper("sources", "--json").json == stored


def test_an_export_writes_over_nothing_unless_it_is_told_to(inline: Run, project: Project) -> None:
    project.configure(source("echo", "https://echo.example/feed"))
    file = project.folder / "out.opml"
    file.write_text("precious")
    ended = inline("sources", "export", "out.opml")
    assert (ended.code, file.read_text()) == (6, "precious")
    assert "--force" in ended.err
    assert inline("sources", "export", "out.opml", "--force").code == 0
    assert "echo.example" in file.read_text()


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (None, 6, "no.opml: cannot be read (No such file or directory)"),
        ("<html/>", 6, "no.opml: not OPML: its root is <html>"),
        ("<!DOCTYPE o [<!ENTITY a 'b'>]><opml/>", 6, "no.opml: not read: it declares entities"),
        ("<opml/>", 0, "nothing was added: no feed in no.opml"),
    ],
)
def test_what_is_no_opml_file_is_told_and_nothing_is_changed(
    inline: Run, project: Project, body: str | None, code: int, said: str
) -> None:
    before = config(project)
    if body is not None:
        (project.folder / "no.opml").write_text(body)
    ended = inline("sources", "import", "no.opml")
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1
    assert config(project) == before

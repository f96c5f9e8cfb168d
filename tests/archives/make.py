"""Make a small archive by the real commands, to be kept as what this clipper's schema looks like.

    python tests/archives/make.py tests/archives/schema-N

It is run once for each schema, by the clipper that first writes it; the outcome is committed and never made again,
since that later clippers read what earlier ones wrote is what it is kept for. A small site on loopback is fetched
twice, a month apart; files are added; tags, labels, a sample and a saved search follow.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

PORT = 18471
BASE = f"http://127.0.0.1:{PORT}"
FIRST, SECOND = "2026-10-05T08:30:00+00:00", "2026-11-09T08:30:00+00:00"

# The clock is passed in at the one place where the archive asks for it, before anything else has it by name.
START = """\
import sys
from datetime import datetime
import clipper.archive.store as store
moment = datetime.fromisoformat(sys.argv.pop(1))
store.now = lambda: moment
from clipper.cli.main import run
sys.exit(run(sys.argv[1:]))
"""

PAGE = """<!doctype html><html lang="en"><head><title>{title} - The Tarnbeck Courier</title>
<meta property="og:site_name" content="The Tarnbeck Courier"><meta property="og:title" content="{title}">
<meta name="author" content="Odile Marsh"><meta property="article:published_time" content="{date}T09:00:00Z"></head>
<body><nav><a href="/">Home</a></nav><article><h1>{title}</h1>{text}</article></body></html>"""

ITEM = (
    "<item><title>{title}</title><link>{base}{path}</link><guid>{path}</guid>"
    "<pubDate>Mon, 05 Oct 2026 0{n}:00:00 GMT</pubDate></item>"
)

PORTERS = (
    "Hospital porters at Tarnbeck General are to be moved to a company owned by the trust, the board decided on Monday "
    "after a long meeting.",
    "The union said that its members would be balloted, and called the plan privatisation by another name.",
    "The trust said that pay and pensions would be kept for those who work there now, and that savings were needed.",
)
PORTERS_AGAIN = (*PORTERS, "On Friday the ballot paper was sent out; voting ends in the second week of December.")
CLINIC = (
    "The walk-in clinic at Skelby will shut at Easter because the firm that runs it has handed back its contract.",
    "Patients will be sent to the hospital eleven miles away, where people waited nine hours last winter.",
    "The local commissioners said that they would look for another provider, but that the money was tight.",
)
REPORT = (
    "A think tank has counted forty surgeries that closed in the county in ten years, most of them in small towns.",
    "Its report says that the people who live furthest from a doctor are those who own the fewest cars.",
    "The county's health board called the figures old, and said that two surgeries had opened since.",
)
NOTE = """\
Firm hands Skelby clinic back

Source: Wharfe Evening News

Date: 6 October 2026

By Idris Penhale

The walk-in clinic at Skelby will shut at Easter because the firm that runs it has handed back its contract.

Patients will be sent to the hospital eleven miles away, where people waited nine hours last winter.

The local commissioners said that they would look for another provider, but that the money was tight.
"""
CLIPPINGS = """<!doctype html><html lang="en"><head><title>Cuttings of the week</title></head><body><h1>Cuttings</h1>
<h3>Nurses asked to pay for parking</h3><p><em>Wharfe Evening News, 2 October 2026</em></p>
<p>Nurses at the Alder infirmary must pay four pounds a day to park from next month. The union's branch secretary
said that night staff have no bus to take and cannot stay away.</p>
<h3>Dentists leave the health service</h3><p><em>The Tarnbeck Courier, 1 October 2026</em></p>
<p>Two of the three dentists in Skelby have stopped taking patients under the health service. The third has a list of
eleven hundred people who wait for a first appointment.</p>
<h3>Mental health beds to go</h3><p><em>Wharfe Evening News, 30 September 2026</em></p>
<p>Twelve beds for mental health patients will be lost when the old wing is pulled down in the spring. Families said
that they already travel for two hours to visit.</p></body></html>"""


def _page(title: str, date: str, paragraphs: tuple[str, ...]) -> bytes:
    return PAGE.format(title=title, date=date, text="".join(f"<p>{p}</p>" for p in paragraphs)).encode()


def site(month: int) -> dict[str, tuple[int, str, bytes]]:
    """Return what the small site answers in the first or the second month: status, type (or where to), body."""
    stories = [
        ("/porters", "Porters to be moved to a company of the trust"),
        ("/clinic", "Skelby clinic to shut as firm hands back contract"),
        ("/short/report", "Forty surgeries closed in ten years"),
        ("/gallery", "Pictures of the week"),
    ]
    rows = "".join(ITEM.format(title=title, base=BASE, path=path, n=n) for n, (path, title) in enumerate(stories, 1))
    return {
        "/robots.txt": (404, "text/plain", b"none"),
        "/feed.xml": (
            200,
            "application/rss+xml",
            f'<rss version="2.0"><channel><title>The Tarnbeck Courier</title>{rows}</channel></rss>'.encode(),
        ),
        "/porters": (200, "text/html", _page(stories[0][1], "2026-10-05", (PORTERS, PORTERS_AGAIN)[month])),
        "/clinic": (200, "text/html", _page(stories[1][1], "2026-10-06", CLINIC)),
        "/short/report": (302, "/2026/10/report", b""),
        "/2026/10/report": (200, "text/html", _page(stories[2][1], "2026-10-04", REPORT)),
        "/gallery": (
            200,
            "text/html",
            b"<html><head><title>Pictures</title></head><body><img src=a.jpg></body></html>",
        ),
    }


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, month: list[int], *more: object) -> None:
        self.month = month
        super().__init__(*more)  # type: ignore[arg-type]  # a value out of a table

    def do_GET(self) -> None:
        status, kind, body = site(self.month[0]).get(self.path, (404, "text/plain", b"not here"))
        self.send_response(status)
        self.send_header(*(("Location", kind) if status == 302 else ("Content-Type", f"{kind}; charset=utf-8")))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    """Make the archive in the folder that is named."""
    target = Path(sys.argv[1])
    month = [0]
    server = ThreadingHTTPServer(("127.0.0.1", PORT), partial(_Handler, month))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        made = _made(Path(folder), month)
        target.mkdir(parents=True)
        for path in sorted(p for p in made.rglob("*") if p.is_file() and p.suffix != ".lock"):
            name = path.relative_to(made)
            if name.parts[0] != "cache":
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target / name)
    server.shutdown()


def _made(folder: Path, month: list[int]) -> Path:
    def clipper(moment: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", START, moment, *arguments], cwd=folder, check=False, capture_output=True, text=True
        )
        print(f"$ clipper {' '.join(arguments)}\n{done.stdout}{done.stderr}", end="")
        assert done.returncode in (0, 3), done.returncode  # 3: a page without an article was refused
        return done.stdout

    clipper(FIRST, "init")
    (folder / "config.toml").write_text(
        f'[clipper]\n[fetch]\ndelay = 0.0\nallow_hosts = ["127.0.0.1"]\n'
        f'[[source]]\nname = "courier"\nurl = "{BASE}/feed.xml"\noutlet = "The Tarnbeck Courier"\n',
        encoding="utf-8",
    )
    (folder / "note.txt").write_text(NOTE, encoding="utf-8")
    (folder / "cuttings.html").write_text(CLIPPINGS, encoding="utf-8")
    clipper(FIRST, "fetch")
    clipper(FIRST, "add", "cuttings.html")
    month[0] = 1
    clipper(SECOND, "fetch", "--revisit", "1d")
    clipper(SECOND, "add", "note.txt", f"{BASE}/short/report")
    clipper(SECOND, "tag")
    porters = clipper(SECOND, "search", "--ids", "porters").split()[0]
    dentists = clipper(SECOND, "search", "--ids", "dentists").split()[0]
    clipper(SECOND, "label", porters, "+workforce", "+privatisation", "--coder", "ann")
    clipper(SECOND, "label", porters, "+workforce", "-privatisation", "--coder", "bea")
    clipper(SECOND, "label", dentists, "+access", "--coder", "ann", "--round", "pilot")
    clipper(SECOND, "sample", "-n", "3", "--seed", "7", "--round", "pilot")
    clipper(SECOND, "search", "clinic", "--save", "closures")
    if find_spec("clipper.cli.forget_cmd"):  # since schema 2
        (report,) = clipper(SECOND, "search", "--ids", "think", "tank").split()
        clipper(SECOND, "forget", report, "--yes", "--reason", "asked for by its author")
    return folder / "data" / "archive"


if __name__ == "__main__":
    main()

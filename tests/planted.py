"""An archive in which it is known what rose, what came and what fell silent: for the tests of statistics and charts.

Two years, 2024 and 2025, of invented papers. *Steady Post* and *Old Herald* write all the time; what they write on
``closure`` doubles in the second year. *Weekly Sheaf* writes in every month too, but less. *New Wire* begins in 2025
and writes of nothing but ``robots``, with a foot of its own below each piece. *Gone Gazette* ends with 2024. *Quiet
Courier* is silent from June to September 2025, when its fetches fail.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from clipper.checksums import checksum
from clipper.models import SCHEMA

THEMES = ("closure", "robots")
CODEBOOK = """[codebook]
name = "Planted"
version = 1
[[theme]]
key = "closure"
name = "Closures"
definition = "A service is closed."
phrases = ["closed"]
[[theme]]
key = "robots"
name = "Robots"
definition = "Machines."
phrases = ["robot"]
"""
_FILLER = """
    council ward budget meeting road bridge garden market library school train harbour river farm tower kitchen letter
    window orchard painter winter summer bakery village castle museum choir ferry tunnel bicycle parade festival
""".split()  # noqa: SIM905  # thirty quoted words in a list are harder to read
FOOT = "Subscribe to our daily wire bulletin and unlock premium robots analysis for members."


class Planted:
    """Lines of an archive."""

    def __init__(self) -> None:
        self.articles: list[dict[str, Any]] = []
        self.tags: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self._random = random.Random(5)

    def article(
        self,
        source: str,
        published: str | None,
        text: str,
        *themes: str,
        outlet: str | None = None,
        tagged: bool = True,
        **more: Any,
    ) -> str:
        """Put in an article and its tags; return its id."""
        ident = f"{len(self.articles) + 1:016x}"
        line = {
            "id": ident, "revision": 1, "kind": "article", "url": f"https://papers.example/{ident}",
            "canonical": None, "guid": None, "title": f"Piece {len(self.articles)}", "outlet": outlet or source.title(),
            "authors": [], "published": published, "fetched": "2026-01-10T08:00:00Z", "language": "en", "text": text,
            "excerpt": None, "categories": [], "source": source, "part_of": None, "duplicate_of": None,
            "partial": False, "sha256": checksum(text), "warc": None, "extractor": None, "schema": SCHEMA,
        }  # fmt: skip
        self.articles.append(line | more)
        if tagged:
            self.tags.append(
                {
                    "article": ident, "revision": 1, "tags": [{"theme": t, "probability": 0.9} for t in themes],
                    "scores": dict.fromkeys(themes, 0.9), "model": "lr-0", "codebook": "Planted 1",
                    "tagged": "2026-01-10T09:00:00Z", "schema": SCHEMA,
                }
            )  # fmt: skip
        return ident

    def words(self, *special: str, number: int = 25) -> str:
        """Return a text of common words with some special ones among them."""
        found = [self._random.choice(_FILLER) for _ in range(number)]
        for one in special:
            found.insert(self._random.randrange(len(found)), one)
        return " ".join(found).capitalize() + "."

    def run(self, month: str, **errors: str | None) -> None:
        """Note a run of fetch in a month; a source given with a text could not be read."""
        asked = [{"source": name.replace("_", " "), "added": 0, "error": error} for name, error in errors.items()]
        self.runs.append(
            {
                "command": "fetch", "started": f"{month}-05T06:00:00Z", "ended": f"{month}-05T06:05:00Z",
                "version": "0", "sources": asked, "not_archived": [], "targets": [], "redirected": [],
                "interrupted": False, "unchanged": [], "schema": SCHEMA,
            }
        )  # fmt: skip

    def write(self, archive: Path) -> None:
        """Write the lines into an archive."""
        (archive / "articles").mkdir(parents=True, exist_ok=True)
        for name, lines in (
            ("articles/2026-01.jsonl", self.articles), ("tags.jsonl", self.tags), ("runs.jsonl", self.runs)
        ):  # fmt: skip
            (archive / name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def planted() -> Planted:
    """Return the archive that the head of this file tells of."""
    made = Planted()
    for month in [f"{year}-{number:02}" for year in (2024, 2025) for number in range(1, 13)]:
        second, number = month >= "2025", int(month[5:])
        for source, each in (("steady post", 12), ("old herald", 10), ("weekly sheaf", 3)):
            for n in range(each):
                closes = source != "weekly sheaf" and n % 6 < (2 if second else 1)
                special = ("walk", "in", "centre") if closes and second else ()
                themes = ("closure",) if closes else ("robots",) if n == each - 1 else ()
                row = " ".join(special)
                text = made.words(*([row] if row else []), *(["closed"] if closes else []))
                made.article(source, f"{month}-{n + 1:02}", text, *themes)
        if second:
            for n in range(15):
                text = made.words("robots", "automation") + "\n\n" + FOOT
                made.article("new wire", f"{month}-{n + 1:02}", text, "robots")
        else:
            for n in range(6):
                made.article("gone gazette", f"{month}-{n + 1:02}", made.words("gaslight"))
        if not (second and 6 <= number <= 9):
            made.article("quiet courier", f"{month}-20", made.words())
        errors: dict[str, str | None] = {"steady_post": None, "quiet_courier": None}
        if second and 6 <= number <= 9:
            errors["quiet_courier"] = "HTTP 500"
        made.run(month, **errors)
    made.run("2026-01", steady_post=None)
    return made

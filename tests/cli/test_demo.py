from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from conftest import Ended

Run = Callable[..., Ended]


def test_the_demo_shows_each_command_and_leaves_nothing_behind(
    clipper: Run, tmp_path: Path, starter_model: Callable[[], None]
) -> None:
    starter_model()  # which is made use of, and shortens the wait
    here = tmp_path / "here"
    scratch = tmp_path / "scratch"
    here.mkdir()
    scratch.mkdir()
    cache = Path(os.environ["CLIPPER_CACHE"])
    before = {p.name for p in (cache / "models").glob("*")}
    ended = clipper("demo", cwd=here, TMPDIR=str(scratch))
    assert ended.code == 0
    for command in ("init", "fetch", "tag", "search", "digest", "export", "publish"):
        assert f"$ clipper {command}" in ended.out
    assert "lantern: 12 added, 1 refused" in ended.err
    assert "lantern: 0 added, 12 seen, 1 refused" in ended.err
    assert "members/interview.html: refused: robots.txt forbids it" in ended.err
    assert "Broken hips take the long road after surgeons leave Marlstock" in ended.out
    assert list(here.iterdir()) == list(scratch.iterdir()) == []
    assert {p.name for p in (cache / "models").glob("*")} == before


def test_the_demo_s_project_can_be_kept_and_is_right(clipper: Run, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    assert clipper("demo", "--keep", str(kept)).code == 0
    (path,) = (kept / "data" / "archive" / "articles").glob("*.jsonl")
    articles = {a["title"]: a for a in map(json.loads, path.read_text("utf-8").splitlines())}
    assert len(articles) == 12
    assert {a["outlet"] for a in articles.values()} == {"The Wexbury Lantern"}
    assert all(a["authors"] and a["published"] and a["categories"] and a["language"] == "en" for a in articles.values())
    porters = articles["Porters walk out over plan to move them off the hospital’s books"]
    assert porters["published"] == "2018-06-13"  # just after midnight in London, the day before in UTC
    tagged = [json.loads(line) for line in (kept / "data" / "archive" / "tags.jsonl").read_text("utf-8").splitlines()]
    assert len(tagged) == 12
    assert len({tag["theme"] for t in tagged for tag in t["tags"]}) == 14
    assert "Broken hips take the long road" in (kept / "site" / "index.html").read_text("utf-8")
    again = clipper("demo", "--keep", str(kept))
    assert again.code == 6
    assert "not empty" in again.err
